"""The way to PostgreSQL: a pool, time limits on everything, and one kind of error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import asyncpg

from telephony.store.errors import StoreError, StoreRefusedError
from telephony.store.queries import queries

Row = Mapping[str, object]

CONNECT_S = 5.0
STATEMENT_S = 5.0


class Connection(Protocol):
    """Runs named queries. The in-memory twin passes the same contract tests."""

    async def rows(self, query: str, **values: object) -> Sequence[Row]: ...

    async def run(self, query: str, **values: object) -> None: ...

    async def close(self) -> None: ...


class Postgres:
    """A pool of connections; a lost database is found again by itself."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def open(cls, dsn: str) -> Postgres:
        """Errors: StoreError when the database cannot be reached."""
        with_errors = _said_plainly("connect")
        async with with_errors:
            pool = await asyncpg.create_pool(
                dsn, min_size=1, max_size=8, timeout=CONNECT_S, command_timeout=STATEMENT_S, init=_prepare
            )
        return cls(pool)

    async def rows(self, query: str, **values: object) -> Sequence[Row]:
        """Errors: StoreError."""
        known = queries()[query]
        async with _said_plainly(query):
            rows: Sequence[Row] = await self.pool.fetch(known.sql, *known.arguments(values))
            return rows

    async def run(self, query: str, **values: object) -> None:
        """Errors: StoreError."""
        known = queries()[query]
        async with _said_plainly(query):
            await self.pool.execute(known.sql, *known.arguments(values))

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self.pool.close(), CONNECT_S)
        except TimeoutError:
            self.pool.terminate()


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


@asynccontextmanager
async def _said_plainly(what: str) -> AsyncIterator[None]:
    """Everything that can go wrong out there becomes a StoreError, without the values that were sent."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        if _is_final(error):
            raise StoreRefusedError(f"PostgreSQL refuses `{what}`: {type(error).__name__}") from error
        reason = error.args[0] if error.args and isinstance(error, asyncpg.PostgresError) else type(error).__name__
        raise StoreError(f"PostgreSQL could not do `{what}`: {reason}; is it running, and is its URL right?") from error


def _is_final(error: Exception) -> bool:
    """Data, constraint and syntax errors [SQLSTATE classes 22, 23, 42] stay, however often one tries."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in {"22", "23", "42"}
    return isinstance(error, ValueError)  # asyncpg could not write the value down
