"""Dispositions in the store: what is owed by whom, and what came of each talk."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from telephony.core.disposition import Disposition
from telephony.store.connection import Connection, Row

_NAMES = tuple(each.name for each in dataclasses.fields(Disposition))


class DispositionStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def record(self, dispositions: Sequence[Disposition]) -> None:
        """All or none; one that was given is never owed again, and the last word counts."""
        values = [{name: getattr(each, name) for name in _NAMES} for each in dispositions]
        await self._connection.run_many("record_disposition", values)

    async def owed(self) -> tuple[Disposition, ...]:
        """What no agent has given yet, the oldest first."""
        return _all(await self._connection.rows("owed_dispositions"))

    async def of(self, interaction: str) -> tuple[Disposition, ...]:
        return _all(await self._connection.rows("dispositions_of", interaction=interaction))


def _all(rows: Sequence[Row]) -> tuple[Disposition, ...]:
    return tuple(Disposition(**{name: row[name] for name in _NAMES}) for row in rows)  # type: ignore[arg-type]
