"""How calls sounded, in the store: whole legs, and intervals of about ten seconds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, cast

from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.trunk_sound import TrunkSound
from telephony.store.connection import Connection, Row
from telephony.store.quality_views import QualityViews


class QualityStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def views(self) -> QualityViews:
        return QualityViews(self._connection)

    async def record(self, records: Iterable[QualityRecord]) -> None:
        """All or none; a later word on a leg replaces an earlier one."""
        await self._connection.run_many("record_quality", [_values(record) for record in records])

    async def of(self, interaction: str) -> tuple[QualityRecord, ...]:
        rows = await self._connection.rows("quality_of", interaction=interaction)
        return tuple(QualityRecord(**cast(Mapping[str, Any], row)) for row in rows)

    async def record_intervals(self, intervals: Iterable[QualityInterval]) -> None:
        """All or none."""
        values = [{**_values(each), "verdicts": list(each.verdicts)} for each in intervals]
        await self._connection.run_many("record_quality_interval", values)

    async def intervals_of(self, interaction: str) -> tuple[QualityInterval, ...]:
        """In the order of their beginnings."""
        rows = await self._connection.rows("quality_intervals_of", interaction=interaction)
        return tuple(map(interval_of, rows))

    async def by_trunk(self, from_at: float) -> tuple[TrunkSound, ...]:
        """By trunk and scale, since then."""
        rows = await self._connection.rows("quality_by_trunk", from_at=from_at)
        return tuple(TrunkSound(**cast(Mapping[str, Any], row)) for row in rows)


def interval_of(row: Row) -> QualityInterval:
    given = cast(Mapping[str, Any], row)
    return QualityInterval(**{**given, "verdicts": tuple(given["verdicts"])})


def _values(record: QualityRecord | QualityInterval) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in dataclasses.fields(record)}
