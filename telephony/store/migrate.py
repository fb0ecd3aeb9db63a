"""The schema as numbered SQL files, applied once each under an advisory lock."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from telephony.store.connection import Postgres
from telephony.store.errors import StoreError

LOCK = 4_573_001  # any constant of ours: two servers that start at once wait for one another
MIGRATION_S = 300.0  # a large table takes its time, and another server's migration too
LEDGER = """
CREATE TABLE IF NOT EXISTS migration (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> list[Migration]:
    """The migrations of this version, in order."""
    found = (entry for entry in (files("telephony.store") / "migrations").iterdir() if entry.name.endswith(".sql"))
    return sorted(
        (Migration(int(entry.name[:4]), entry.name, entry.read_text("utf-8")) for entry in found),
        key=lambda migration: migration.number,
    )


async def migrate(postgres: Postgres, migrations: Sequence[Migration] | None = None) -> int:
    """Apply what is missing and return how many that was. Errors: StoreError; the schema is as it was before."""
    wanted = shipped() if migrations is None else migrations
    try:
        async with postgres.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK, timeout=MIGRATION_S)
            await connection.execute(LEDGER)
            return await _apply(connection, wanted)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise StoreError(f"the schema could not be brought up to date: {error}") from error


async def _apply(connection: asyncpg.Connection, wanted: Sequence[Migration]) -> int:
    done = {row["number"]: row["sha256"] for row in await connection.fetch("SELECT number, sha256 FROM migration")}
    if unknown := set(done) - {migration.number for migration in wanted}:
        raise StoreError(f"the database is of a newer version (migration {max(unknown)}): start that version instead")
    applied = 0
    for migration in wanted:
        if done.get(migration.number, migration.sha256) != migration.sha256:
            raise StoreError(f"migration {migration.name} was changed after it had been applied: put it back")
        if migration.number not in done:
            await connection.execute(migration.sql, timeout=MIGRATION_S)
            await connection.execute(
                "INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)",
                migration.number, migration.name, migration.sha256,
            )  # fmt: skip
            applied += 1
    return applied
