"""The way to PostgreSQL: a pool, time limits on everything, and one kind of error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import asyncpg

from telephony.store.errors import StoreError, StoreRefusedError
from telephony.store.queries import queries

Row = Mapping[str, object]

CONNECT_S = 5.0
STATEMENT_S = 5.0
WHOLE_S = 15.0  # waiting for a free connection included


class Connection(Protocol):
    """Runs named queries. The in-memory twin passes the same contract tests."""

    async def rows(self, query: str, **values: object) -> Sequence[Row]: ...

    async def run(self, query: str, **values: object) -> None: ...

    async def run_many(self, query: str, many: Sequence[Mapping[str, object]]) -> None:
        """All or none."""

    def together(self) -> AbstractAsyncContextManager[Connection]:
        """A connection whose work is done at the end of the block: all of it, or nothing after an error."""

    async def close(self) -> None: ...


class _Session:
    """Named queries over whatever runs SQL: a pool, or one connection inside a transaction."""

    def __init__(self, runs: asyncpg.Pool | asyncpg.Connection) -> None:
        self._runs = runs

    async def rows(self, query: str, **values: object) -> Sequence[Row]:
        """Errors: StoreError."""
        known = queries()[query]
        async with said_plainly(query):
            rows: Sequence[Row] = await self._runs.fetch(known.sql, *known.arguments(values))
            return rows

    async def run(self, query: str, **values: object) -> None:
        """Errors: StoreError."""
        known = queries()[query]
        async with said_plainly(query):
            await self._runs.execute(known.sql, *known.arguments(values))

    async def run_many(self, query: str, many: Sequence[Mapping[str, object]]) -> None:
        """Errors: StoreError."""
        if not many:
            return
        known = queries()[query]
        async with said_plainly(query):
            await self._runs.executemany(known.sql, [known.arguments(values) for values in many])

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Connection]:
        """Errors: StoreError."""
        assert isinstance(self._runs, asyncpg.Pool), "a transaction has no transactions"
        acquired = self._runs.acquire(timeout=CONNECT_S)
        async with said_plainly("transaction"), acquired as connection, connection.transaction():
            yield _Session(connection)

    async def close(self) -> None:
        """A session inside a transaction has nothing to close."""


class Postgres(_Session):
    """A pool of connections; a lost database is found again by itself."""

    def __init__(self, pool: asyncpg.Pool, dsn: str) -> None:
        super().__init__(pool)
        self.pool = pool
        self._dsn = dsn

    @classmethod
    async def open(cls, dsn: str) -> Postgres:
        """Errors: StoreError when the database cannot be reached."""
        if not dsn:
            raise StoreError(
                "no database is set: HOTLINE_DATABASE_URL has to be its URL (postgresql://user:…@host/name)"
            )
        async with said_plainly("connect"):
            pool = await asyncpg.create_pool(
                dsn,
                min_size=0,  # asyncpg logs a trace for each connection it keeps ready and cannot
                max_size=8,
                timeout=CONNECT_S,
                command_timeout=STATEMENT_S,
                init=_prepare,
                server_settings={"application_name": "hotline"},
            )
            try:
                await pool.fetchval("SELECT 1")
            except BaseException:
                pool.terminate()
                raise
        return cls(pool, dsn)

    async def another(self) -> asyncpg.Connection:
        """A connection beside the pool's, for whoever stays on it. Errors: StoreError."""
        async with said_plainly("connect"):
            return await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_S,
                command_timeout=STATEMENT_S,
                server_settings={"application_name": "hotline"},
            )

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self.pool.close(), CONNECT_S)
        except TimeoutError:
            self.pool.terminate()


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


@asynccontextmanager
async def said_plainly(what: str, whole_s: float = WHOLE_S) -> AsyncIterator[None]:
    """Everything that can go wrong out there becomes a StoreError, without the values that were sent."""
    cancelled = _cancelled()
    try:
        async with asyncio.timeout(whole_s):
            yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        # asyncpg may answer a cancellation with an error of its own where the link breaks at the same moment: the task
        # would go on for ever.
        if _cancelled() > cancelled:
            raise asyncio.CancelledError from error
        if what != "connect" and _is_final(error):
            raise StoreRefusedError(f"PostgreSQL refuses `{what}`: {type(error).__name__}") from error
        reason = error.args[0] if error.args and isinstance(error, asyncpg.PostgresError) else type(error).__name__
        raise StoreError(f"PostgreSQL could not do `{what}`: {reason}; is it running, and is its URL right?") from error


def _cancelled() -> int:
    """How often this task has been asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _is_final(error: Exception) -> bool:
    """Data, constraint and syntax errors [SQLSTATE classes 22, 23, 42] stay, however often one tries."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in {"22", "23", "42"}
    return isinstance(error, ValueError)  # asyncpg could not write the value down
