"""The catalogue of personal data is that of the real schema: a column nobody has thought of fails here."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from telephony.core.personal_data.schema import differences
from telephony.core.personal_data.tables import TABLES
from telephony.store.connection import Postgres
from telephony.store.migrate import migrate

SCHEMA = """
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name"""


@pytest_asyncio.fixture
async def postgres(database_url: str) -> AsyncIterator[Postgres]:
    opened = await Postgres.open(database_url)
    await migrate(opened)
    yield opened
    await opened.close()


async def test_every_column_has_an_entry_and_every_entry_a_column(postgres: Postgres) -> None:
    real = {row["table_name"]: row["columns"] for row in await postgres.pool.fetch(SCHEMA)}
    found = differences(real, TABLES)
    assert not found, "\n".join(found)


async def test_the_sql_of_the_catalogue_is_sql(postgres: Postgres) -> None:
    for table in TABLES:
        for sql in filter(None, (table.age, table.by_law, table.department)):
            told = sql.format(table=table.name, now="0", calls_by_law_s="0")
            await postgres.pool.fetch(f"SELECT {told} FROM {table.name} LIMIT 0")  # noqa: S608 - our own text
