"""Which accounts have changed, as PostgreSQL tells it: LISTEN on a connection of its own [PostgreSQL, NOTIFY].

A pooler between that hands out a connection for one transaction only (PgBouncer so set up) lets nothing be heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from telephony.store.connection import Postgres, said_plainly
from telephony.store.errors import StoreError

CHANNEL = "hotline_account"


class AccountNews:
    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._connection: asyncpg.Connection | None = None
        self._changed: dict[str, None] = {}
        self._something = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """What changes inside the block is heard. Errors: StoreError."""
        connection = await self._postgres.another()
        try:
            connection.add_termination_listener(self._lost)
            async with said_plainly("listen"):
                await connection.add_listener(CHANNEL, self._hear)
            self._connection = connection
            yield
        finally:
            self._connection = None
            connection.terminate()

    def _lost(self, _connection: object) -> None:
        """`check` will find it out."""
        self._something.set()

    def _hear(self, _connection: object, _pid: int, _channel: str, login: object) -> None:
        self._changed[str(login)] = None
        self._something.set()

    async def changed(self, within_s: float) -> tuple[str, ...]:
        """The logins of accounts that have changed, each once; none where nothing was heard in time."""
        try:
            async with asyncio.timeout(within_s):
                await self._something.wait()
        except TimeoutError:
            return ()
        self._something.clear()
        found = tuple(self._changed)
        self._changed.clear()
        return found

    async def check(self) -> None:
        """Errors: StoreError where the connection is worth nothing any more."""
        if self._connection is None:
            raise StoreError("PostgreSQL is not listened to")
        async with said_plainly("listen"):
            await self._connection.fetchval("SELECT 1")
