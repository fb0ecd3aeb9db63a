"""Fixtures of the integration tests: one embedded PostgreSQL for all, a database of its own for each test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store
from tests import browser
from tests.integration.console_house import endpoints, house, http, rules  # noqa: F401 - fixtures of both console modules

_counter = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def built_pages() -> None:
    """What a console serves; built anew where a source has changed."""
    browser.build()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of a running PostgreSQL."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = EmbeddedPostgres(folder)
    url = await server.start()
    yield url
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated(postgres_server: str) -> str:
    """The name of a database with all our tables and no row: a copy of it is there in a tenth of the time."""
    connection = await asyncpg.connect(postgres_server)
    await connection.execute("CREATE DATABASE migrated")
    await connection.close()
    await (await Store.open(postgres_server.replace("/hotline?", "/migrated?"))).close()
    return "migrated"


@pytest_asyncio.fixture
async def database_url(postgres_server: str, migrated: str) -> AsyncIterator[str]:
    """The URL of a database without rows that is gone after the test."""
    async with _gone_afterwards(postgres_server, migrated) as url:
        yield url


@pytest_asyncio.fixture
async def empty_database_url(postgres_server: str) -> AsyncIterator[str]:
    """The URL of a database without tables that is gone after the test."""
    async with _gone_afterwards(postgres_server, "template1") as url:
        yield url


@asynccontextmanager
async def _gone_afterwards(server: str, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_counter)}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.replace("/hotline?", f"/{name}?")
    await _dropped(connection, name)
    await connection.close()


async def _dropped(connection: asyncpg.Connection, name: str) -> None:
    """Autovacuum may be at work there for a moment, and is nobody's to be ended."""
    async with asyncio.timeout(10):
        while True:
            try:
                await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            except asyncpg.InsufficientPrivilegeError:
                await asyncio.sleep(0.1)
            else:
                return
