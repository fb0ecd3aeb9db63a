"""SQL made of the catalogue of personal data: every name in it is ours, every value is a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from telephony.core.personal_data.model import EXPORTED, KEYS, Holds, Table
from telephony.core.personal_data.person import Person, mentions

_TYPES: Final = {Holds.TICKET: "bigint[]"}
PART: Final = 5_000  # rows forgotten at a time: nobody waits for a long lock


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """`calls_by_law_s`: how long the law keeps call records."""

    now: float
    calls_by_law_s: float


def by_law(table: Table, at: Moment) -> str:
    """SQL that is true of rows which the law keeps."""
    if not table.by_law:
        return "false"
    told = table.by_law.format(table=table.name, now=repr(at.now), calls_by_law_s=repr(at.calls_by_law_s))
    return f"coalesce({told}, false)"


def keys_of(table: Table, person: Person, first: int = 1) -> Statement:
    """SQL that is true of the person's rows by their keys; places of parameters begin with `first`."""
    values: dict[Holds, Sequence[object]] = {
        Holds.CUSTOMER: sorted(person.customers),
        Holds.PHONE: sorted(person.phones),
        Holds.CALL: sorted(person.calls),
        Holds.TICKET: sorted(person.tickets),
    }
    wanted = [(column, holds) for column, holds in table.columns.items() if holds in KEYS and values[holds]]
    used = list(dict.fromkeys(holds for _, holds in wanted))
    place = {holds: f"${first + number}::{_TYPES.get(holds, 'text[]')}" for number, holds in enumerate(used)}
    sql = " OR ".join(f"{table.name}.{column} = ANY({place[holds]})" for column, holds in wanted)
    return Statement(f"coalesce({sql}, false)" if sql else "false", tuple(values[holds] for holds in used))


def words_of(table: Table, person: Person, place: int, *holds: Holds) -> Statement:
    """SQL that is true of rows where a column that holds one of these mentions the person."""
    searched = table.of(*(holds or (Holds.TEXT,)))
    if not searched or (person.empty and not person.numbers):
        return Statement("false")
    sql = " OR ".join(f"{table.name}.{column}::text ~* ${place}" for column in searched)
    return Statement(f"coalesce({sql}, false)", (mentions(person),))


def rows_of(table: Table, person: Person) -> Statement:
    """What the person may have of it: by its keys, and where it has none by its words."""
    found = keys_of(table, person) if table.of(*KEYS) else words_of(table, person, 1)
    columns = ", ".join(table.of(*EXPORTED))
    return Statement(f"SELECT {columns} FROM {table.name} WHERE {found.sql}", found.values)


def keys_found(table: Table, person: Person) -> Iterator[tuple[Holds, Statement]]:
    """Which calls and tickets the person's rows lead to."""
    found = keys_of(table, person)
    if found.sql == "false":
        return
    for column, holds in table.columns.items():
        if holds in (Holds.CALL, Holds.TICKET):
            sql = f"SELECT DISTINCT {column} FROM {table.name} WHERE ({found.sql}) AND {column} IS NOT NULL"
            yield holds, Statement(sql, found.values)


def counted(table: Table, person: Person, at: Moment) -> Statement:
    """How many rows would go (`gone`), and how many the law keeps (`kept`)."""
    found = keys_of(table, person) if table.of(*KEYS) else words_of(table, person, 1)
    law = by_law(table, at)
    sql = f"SELECT count(*) FILTER (WHERE NOT {law}) AS gone, count(*) FILTER (WHERE {law}) AS kept FROM {table.name}"
    return Statement(f"{sql} WHERE {found.sql}", found.values)


def erased(table: Table, person: Person, at: Moment) -> Statement:
    """Deletes the person's rows but for those that the law keeps."""
    found = keys_of(table, person) if table.of(*KEYS) else words_of(table, person, 1)
    sql = f"WITH gone AS (DELETE FROM {table.name} WHERE ({found.sql}) AND NOT {by_law(table, at)} RETURNING 1)"
    return Statement(f"{sql} SELECT count(*) AS gone FROM gone", found.values)


def replaced(table: Table, column: str, type_: str, person: Person, by: str, at: Moment) -> Statement:
    """Replaces mentions of the person in a column of text, but for rows that the law keeps."""
    sql = (
        f"WITH changed AS (UPDATE {table.name} SET {column} = regexp_replace({column}::text, $1, $2, 'gi')::{type_}"
        f" WHERE {column}::text ~* $1 AND NOT {by_law(table, at)} RETURNING 1) SELECT count(*) AS gone FROM changed"
    )
    return Statement(sql, (mentions(person), by))


def traces(table: Table, person: Person, at: Moment) -> Statement:
    """How many rows lead to the person by key or by word: those the law keeps (`kept`), and others (`left`)."""
    keys = keys_of(table, person)
    words = words_of(table, person, 1 + len(keys.values), Holds.TEXT)
    law = by_law(table, at)
    sql = f'SELECT count(*) FILTER (WHERE NOT {law}) AS "left", count(*) FILTER (WHERE {law}) AS kept FROM {table.name}'
    return Statement(f"{sql} WHERE {keys.sql} OR {words.sql}", (*keys.values, *words.values))


def old(table: Table, before: float, held: Person | None, at: Moment, *, only_count: bool) -> Statement:
    """Deletes a part of what is older and neither held nor kept by law; or counts all of it."""
    age = table.age.format(table=table.name)
    conditions = [f"{age} < $1", f"NOT {by_law(table, at)}"]
    values: list[object] = [before]
    if held:
        keys = keys_of(table, held, 2)
        words = words_of(table, held, 2 + len(keys.values))
        conditions += [f"NOT ({keys.sql})", f"NOT ({words.sql})"]
        values += [*keys.values, *words.values]
    where = " AND ".join(conditions)
    if only_count:
        return Statement(f"SELECT count(*) AS gone FROM {table.name} WHERE {where}", tuple(values))
    part = f"SELECT ctid FROM {table.name} WHERE {where} LIMIT {PART}"
    sql = f"WITH gone AS (DELETE FROM {table.name} WHERE ctid = ANY(ARRAY({part})) RETURNING 1)"
    return Statement(f"{sql} SELECT count(*) AS gone FROM gone", tuple(values))
