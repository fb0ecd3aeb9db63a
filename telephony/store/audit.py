"""The audit in the store: lines are added, in one order whoever adds them, and read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import cast

from telephony.core.audit import Entry, Head, Line, chained
from telephony.store.connection import Connection, Row

PART = 5_000  # lines read at a time


class AuditStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, entries: Sequence[Entry]) -> None:
        """All or none, in this order; what is there already is left out."""
        async with self._connection.together() as connection:
            await connection.rows("lock_audit")
            written = await connection.rows("audit_known", ids=[each.id for each in entries])
            known = {row["id"] for row in written}
            new = [each for each in entries if each.id not in known]
            head = _head(await connection.rows("audit_head"))
            await connection.run_many("add_audit", [_values(line) for line in chained(head, new)])

    async def lines(self) -> AsyncIterator[list[Line]]:
        """All of them, in parts."""
        after = 0
        while part := [_line(row) for row in await self._connection.rows("audit_lines", after=after, most=PART)]:
            yield part
            after = part[-1].sequence

    async def of(
        self, subject: str | None = None, actor: str | None = None, since: float = 0.0, most: int = 100
    ) -> tuple[Line, ...]:
        """The latest first."""
        rows = await self._connection.rows("audit_of", subject=subject, actor=actor, since=since, most=most)
        return tuple(map(_line, rows))

    async def head(self) -> Head:
        return _head(await self._connection.rows("audit_head"))


def _head(rows: Sequence[Row]) -> Head:
    return Head(cast(int, rows[0]["sequence"]), str(rows[0]["seal"])) if rows else Head()


def _values(line: Line) -> dict[str, object]:
    entry = line.entry
    return {
        "sequence": line.sequence,
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "act": str(entry.act),
        "subject": entry.subject,
        "fields": list(entry.fields),
        "why": entry.why,
        "seal": line.seal,
    }


def _line(row: Row) -> Line:
    entry = Entry(
        str(row["id"]),
        cast(float, row["at"]),
        str(row["actor"]),
        str(row["act"]),
        str(row["subject"]),
        tuple(cast(Sequence[str], row["fields"])),
        str(row["why"]),
    )
    return Line(cast(int, row["sequence"]), entry, str(row["seal"]))
