"""Persons in the database, by the catalogue: found, exported, erased, searched for, and forgotten in time.

It asks PostgreSQL itself, and has no twin in memory: what is proven here is what the real database holds.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import asyncpg

from telephony.core.personal_data.model import KEYS, Erase, Holds, Keep, Table
from telephony.core.personal_data.person import ERASED, Person
from telephony.core.personal_data.tables import TABLES
from telephony.core.privacy import Kept
from telephony.store.catalogue_sql import (
    PART,
    Moment,
    Statement,
    counted,
    erased,
    keys_found,
    old,
    replaced,
    rows_of,
    traces,
)
from telephony.store.connection import Connection, Postgres, said_plainly

SEARCH_S: Final = 300.0  # all texts are read

_PHONES_OF = "SELECT e164 FROM customer_phone WHERE customer = ANY($1::text[])"
_CUSTOMERS_OF = "SELECT customer FROM customer_phone WHERE e164 = ANY($1::text[])"
_NAMES_OF = """
SELECT DISTINCT name, EXISTS (SELECT FROM customer AS other WHERE other.name = customer.name AND
    other.number <> ALL($1::text[])) AS shared
FROM customer WHERE number = ANY($1::text[])"""
_EVERYBODY = "SELECT number AS one FROM customer UNION SELECT e164 FROM customer_phone"
_CALLERS = "SELECT DISTINCT caller AS one FROM interaction WHERE caller IS NOT NULL"
_TYPES = """
SELECT table_name, column_name, CASE data_type WHEN 'ARRAY' THEN 'text[]' ELSE data_type END AS type
FROM information_schema.columns WHERE table_schema = 'public'"""


@dataclass(frozen=True, slots=True)
class Left:
    """What a search has found: rows that the law keeps, and tables where others are left."""

    kept: tuple[Kept, ...]
    left: Mapping[str, int]
    searched: tuple[str, ...]


class PersonalData:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    @classmethod
    def of(cls, connection: Connection) -> PersonalData | None:
        """None in memory: only a database is searched by the catalogue."""
        return cls(connection) if isinstance(connection, Postgres) else None

    async def find(self, told: Person) -> Person:
        """All that leads to the same person."""
        async with self._asking() as connection:
            customers, phones = set(told.customers), set(told.phones)
            customers |= set(await _column(connection, _CUSTOMERS_OF, sorted(phones)))
            phones |= set(await _column(connection, _PHONES_OF, sorted(customers)))
            names = await connection.fetch(_NAMES_OF, sorted(customers), timeout=SEARCH_S)
            person = dataclasses.replace(
                told,
                customers=frozenset(customers),
                phones=frozenset(phones),
                names=told.names | {row["name"] for row in names if not row["shared"]},
                shared_names=sum(row["shared"] for row in names),
            )
            return await _followed(connection, person)

    async def everybody(self) -> frozenset[str]:
        """All customer numbers and telephone numbers that are known."""
        async with self._asking() as connection:
            return frozenset([*await _column(connection, _EVERYBODY), *await _column(connection, _CALLERS)])

    async def rows(self, person: Person) -> dict[str, list[dict[str, Any]]]:
        """The person's rows by table."""
        async with self._asking() as connection:
            found = {}
            for table in _of_persons():
                if rows := await _fetch(connection, rows_of(table, person)):
                    found[table.name] = [dict(row) for row in rows]
            return found

    async def count(self, person: Person, at: Moment) -> tuple[dict[str, int], tuple[Kept, ...]]:
        """How many rows would be erased, and what the law keeps."""
        gone: dict[str, int] = {}
        kept: list[Kept] = []
        async with self._asking() as connection:
            for table in _of_persons():
                (row,) = await _fetch(connection, counted(table, person, at))
                if row["gone"]:
                    gone[table.name] = row["gone"]
                if row["kept"]:
                    kept.append(Kept(table.name, row["kept"], table.law))
        return gone, tuple(kept)

    async def erase(self, person: Person, at: Moment, erasure: str, so_far: Mapping[str, int]) -> dict[str, int]:
        """All or nothing, noted with the erasure: how many rows are gone or changed, by table, with those so far."""
        gone = Counter(so_far)
        async with self._asking() as connection, connection.transaction():
            types = {(row["table_name"], row["column_name"]): row["type"] for row in await connection.fetch(_TYPES)}
            for table in _of_persons():
                (row,) = await _fetch(connection, erased(table, person, at))
                gone[table.name] += row["gone"]
            for table in (each for each in TABLES if each.erase is not Erase.STAYS):
                for column in table.of(Holds.TEXT):
                    type_ = types[table.name, column]
                    (row,) = await _fetch(connection, replaced(table, column, type_, person, ERASED, at))
                    gone[table.name] += row["gone"]
            counts = {name: count for name, count in gone.items() if count}
            await connection.execute("UPDATE privacy_erasure SET counts = $2 WHERE id = $1", erasure, counts)
        return counts

    async def search(self, person: Person, at: Moment) -> Left:
        """Whether anything leads to the person still, in any table."""
        kept, left = [], {}
        places = [each for each in TABLES if each.of(*KEYS, Holds.TEXT) and each.erase is not Erase.STAYS]
        async with self._asking() as connection:
            for table in places:
                (row,) = await _fetch(connection, traces(table, person, at))
                if row["left"]:
                    left[table.name] = row["left"]
                if row["kept"]:
                    kept.append(Kept(table.name, row["kept"], table.law))
        return Left(tuple(kept), left, tuple(each.name for each in places))

    async def kept_calls(self, person: Person) -> frozenset[str]:
        """Those of the person's calls that have a record."""
        async with self._asking() as connection:
            sql = "SELECT interaction FROM interaction WHERE interaction = ANY($1::text[])"
            return frozenset(await _column(connection, sql, sorted(person.calls)))

    async def calls_of_open_complaints(self) -> frozenset[str]:
        async with self._asking() as connection:
            return frozenset(await _column(connection, "SELECT interaction FROM complaint WHERE over_at IS NULL"))

    async def forget(
        self, days: Mapping[Keep, float], held: Person | None, at: Moment, *, only_count: bool = False
    ) -> dict[str, int]:
        """What is older than its rule wants goes, unless somebody holds it or the law keeps it; how many, by table.

        `days` are those of the rules that have a figure.
        """
        gone: dict[str, int] = {}
        aging = (each for each in TABLES if each.age and each.keep in days)
        for table in (each for each in aging if only_count or not each.with_files):
            statement = old(table, at.now - days[table.keep] * 86_400.0, held, at, only_count=only_count)
            while count := await self._counted(statement):
                gone[table.name] = gone.get(table.name, 0) + count
                if only_count or count < PART:
                    break
        return gone

    async def _counted(self, statement: Statement) -> int:
        async with self._asking() as connection:
            return cast(int, (await _fetch(connection, statement))[0]["gone"])

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for long work."""
        async with said_plainly("personal data", SEARCH_S), self._postgres.pool.acquire() as connection:
            yield connection


def _of_persons() -> Iterable[Table]:
    return (each for each in TABLES if each.erase is Erase.ROWS)


async def _followed(connection: asyncpg.Connection, person: Person) -> Person:
    """With all calls and tickets that lead to one another."""
    while True:
        calls, tickets = set(person.calls), set(person.tickets)
        for table in _of_persons():
            for holds, statement in keys_found(table, person):
                found = {row[0] for row in await _fetch(connection, statement)}
                (calls if holds is Holds.CALL else tickets).update(found)
        if (calls, tickets) == (set(person.calls), set(person.tickets)):
            return person
        person = dataclasses.replace(person, calls=frozenset(calls), tickets=frozenset(tickets))


async def _fetch(connection: asyncpg.Connection, statement: Statement) -> Sequence[Mapping[Any, Any]]:
    found: Sequence[Mapping[Any, Any]] = await connection.fetch(statement.sql, *statement.values, timeout=SEARCH_S)
    return found


async def _column(connection: asyncpg.Connection, sql: str, *values: object) -> list[Any]:
    return [row[0] for row in await connection.fetch(sql, *values, timeout=SEARCH_S)]
