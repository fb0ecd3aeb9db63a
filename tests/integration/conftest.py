"""Fixtures of the integration tests: one embedded PostgreSQL for all, an empty database of its own for each test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from telephony.store.embedded import EmbeddedPostgres
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


@pytest_asyncio.fixture
async def database_url(postgres_server: str) -> AsyncIterator[str]:
    """The URL of an empty database that is gone after the test."""
    name = f"test_{next(_counter)}"
    connection = await asyncpg.connect(postgres_server)
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/hotline?", f"/{name}?")
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
