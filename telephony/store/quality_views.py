"""How calls sounded over time, as a distribution, and the worst of them, in the store."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from telephony.core.quality_record import QualityRecord
from telephony.core.quality_views import EDGES, Measure, QualityPoint, ScoredLeg, SpreadBin, WorstCall
from telephony.store.connection import Connection, Row

_RECORD = tuple(each.name for each in dataclasses.fields(QualityRecord))
_LEG = tuple(each.name for each in dataclasses.fields(ScoredLeg) if each.name != "record")
PIECE = 500  # rows at a time


class QualityViews:
    """Every method may raise StoreError. `from_at` belongs to the time, `to_at` does not; trunk None: all of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def over_time(self, from_at: float, to_at: float, step_s: float) -> tuple[QualityPoint, ...]:
        rows = await self._connection.rows("quality_over_time", from_at=from_at, to_at=to_at, step=step_s)
        return tuple(QualityPoint(**_values(row)) for row in rows)

    async def spread(
        self, measure: Measure, from_at: float, to_at: float, trunk: str | None = None
    ) -> tuple[SpreadBin, ...]:
        """Bins that hold anything."""
        rows = await self._connection.rows(
            "quality_spread",
            measure=str(measure),
            edges=list(EDGES[measure]),
            from_at=from_at,
            to_at=to_at,
            trunk=trunk,
        )
        return tuple(SpreadBin(**_values(row)) for row in rows)

    async def worst(
        self, from_at: float, to_at: float, trunk: str | None = None, most: int = 50
    ) -> tuple[WorstCall, ...]:
        """Those with the longest bad time first, then those with the lowest MOS."""
        rows = await self._connection.rows("worst_calls", from_at=from_at, to_at=to_at, trunk=trunk, most=most)
        return tuple(
            WorstCall(**{**_values(row), "verdicts": tuple(cast("list[str]", row["verdicts"]))}) for row in rows
        )

    async def customer_of(self, interaction: str) -> str | None:
        """Whose call it was: who has proven to be somebody, else whose number it is."""
        rows = await self._connection.rows("customer_of_call", interaction=interaction)
        return cast("str | None", rows[0]["customer"]) if rows else None

    async def legs(self, from_at: float, to_at: float, trunk: str | None = None) -> AsyncIterator[list[ScoredLeg]]:
        """Of calls that arrived in this time, in order, some at a time."""
        after: tuple[float, str, str, str] = (from_at, "", "", "")
        while True:
            rows = await self._connection.rows(
                "scored_legs", to_at=to_at, trunk=trunk, most=PIECE, after_at=after[0], after=after[1],
                after_leg=after[2], after_direction=after[3],
            )  # fmt: skip
            if rows:
                yield [_leg(row) for row in rows]
            if len(rows) < PIECE:
                return
            last = _leg(rows[-1])
            after = (last.arrived_at, last.record.interaction, last.record.leg, last.record.direction)


def _leg(row: Row) -> ScoredLeg:
    known = _values(row)
    record = QualityRecord(**{name: known[name] for name in _RECORD})
    return ScoredLeg(**{name: known[name] for name in _LEG}, record=record)


def _values(row: Row) -> dict[str, Any]:
    return dict(cast(Mapping[str, Any], row))
