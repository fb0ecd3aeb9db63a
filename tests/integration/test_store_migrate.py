from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telephony.store.connection import Postgres
from telephony.store.errors import StoreError
from telephony.store.migrate import Migration, migrate, shipped

FIRST = Migration(1, "0001_a.sql", "CREATE TABLE a (x integer)")
SECOND = Migration(2, "0002_b.sql", "CREATE TABLE b (x integer)")


@pytest_asyncio.fixture
async def postgres(empty_database_url: str) -> AsyncIterator[Postgres]:
    opened = await Postgres.open(empty_database_url)
    yield opened
    await opened.close()


async def tables(postgres: Postgres) -> set[str]:
    rows = await postgres.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row[0] for row in rows}


async def test_each_migration_is_applied_once(postgres: Postgres) -> None:
    assert await migrate(postgres, [FIRST]) == 1
    assert await migrate(postgres, [FIRST, SECOND]) == 1
    assert await migrate(postgres, [FIRST, SECOND]) == 0
    assert await tables(postgres) == {"migration", "a", "b"}


async def test_the_shipped_ones_have_a_number_each_and_apply_to_a_database_in_use(postgres: Postgres) -> None:
    numbers = [migration.number for migration in shipped()]
    assert numbers == sorted(set(numbers))
    await migrate(postgres, shipped()[:1])
    await postgres.pool.execute("INSERT INTO customer VALUES ('1', 'Łucja Żak', 'ul. Długa 1', '{}', '2020-01-01')")
    await migrate(postgres)
    assert await postgres.pool.fetchval("SELECT folded FROM customer") == " lucja zak"


async def test_servers_that_start_at_once_wait_for_one_another(empty_database_url: str) -> None:
    servers = await asyncio.gather(*(Postgres.open(empty_database_url) for _ in range(6)))
    applied = await asyncio.gather(*(migrate(server) for server in servers))
    assert sorted(applied) == [0, 0, 0, 0, 0, len(shipped())]
    for server in servers:
        await server.close()


async def test_a_changed_old_migration_is_refused(postgres: Postgres) -> None:
    await migrate(postgres, [FIRST])
    with pytest.raises(StoreError, match=r"0001_a.sql was changed .* put it back"):
        await migrate(postgres, [Migration(1, FIRST.name, FIRST.sql + " "), SECOND])
    assert "b" not in await tables(postgres)


async def test_a_newer_database_is_left_alone(postgres: Postgres) -> None:
    await migrate(postgres, [FIRST, SECOND])
    with pytest.raises(StoreError, match=r"newer version \(migration 2\)"):
        await migrate(postgres, [FIRST])


async def test_a_migration_that_fails_leaves_nothing(postgres: Postgres) -> None:
    broken = Migration(2, "0002_b.sql", "CREATE TABLE b (x integer); SELECT no_such_function()")
    with pytest.raises(StoreError, match="no_such_function"):
        await migrate(postgres, [FIRST, broken])
    assert await tables(postgres) == set()
    assert await migrate(postgres, [FIRST, SECOND]) == 2
