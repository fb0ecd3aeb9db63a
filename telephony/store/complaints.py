"""Complaints in the store: what was filed, and each step since."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from ivr_flows.calendar import local
from telephony.core.complaints import Act, Step
from telephony.core.ids import InteractionId
from telephony.core.promises import Complaint
from telephony.core.ticket import ticket_number
from telephony.store.connection import Connection, Row

_NAMES = tuple(each.name for each in dataclasses.fields(Complaint))


@dataclass(frozen=True, slots=True)
class FiledComplaint:
    """`ticket` is the number that the customer knows, None where there is none."""

    complaint: Complaint
    ticket: str | None
    steps: tuple[Step, ...]

    @property
    def filed(self) -> date:
        """The day, in Polish time."""
        return local(self.complaint.filed_at).date()


class ComplaintStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, *, open_only: bool, most: int = 500) -> tuple[FiledComplaint, ...]:
        """Those of which something is owed first, the oldest first."""
        rows = await self._connection.rows("complaints", open=open_only, most=most)
        names = [str(row["interaction"]) for row in rows]
        taken = await self._connection.rows("complaint_steps", interactions=names)
        return tuple(_filed(row, [step for step in taken if step["interaction"] == row["interaction"]]) for row in rows)

    async def one(self, interaction: str) -> FiledComplaint | None:
        rows = await self._connection.rows("complaint", interaction=interaction)
        taken = await self._connection.rows("complaint_steps", interactions=[interaction])
        return _filed(rows[0], taken) if rows else None

    async def take(self, interaction: str, number: int, step: Step) -> None:
        """Step number `number`, from 0. Errors: StoreRefusedError where somebody has taken it meanwhile."""
        await self._connection.run(
            "take_complaint_step", interaction=interaction, number=number, act=str(step.act), at=step.at,
            taken_on=step.on, actor=step.actor, facts=dict(step.facts),
        )  # fmt: skip

    async def complete(self, interaction: str, elements: Mapping[str, str]) -> None:
        await self._connection.run("complete_complaint", interaction=interaction, elements=dict(elements))

    async def over(self, interaction: str, at: float) -> None:
        await self._connection.run("complaint_over", interaction=interaction, at=at)


def _filed(row: Row, steps: Sequence[Row]) -> FiledComplaint:
    sequence = cast(int | None, row["ticket"])
    complaint = Complaint(**{name: row[name] for name in _NAMES})  # type: ignore[arg-type]
    complaint = dataclasses.replace(complaint, interaction=InteractionId(complaint.interaction))
    number = None if sequence is None else ticket_number(sequence)
    return FiledComplaint(complaint, number, tuple(map(_step, steps)))


def _step(row: Row) -> Step:
    facts = cast(Mapping[str, Any], row["facts"])
    act, on = Act(str(row["act"])), cast(date, row["taken_on"])
    return Step(act, on, str(row["actor"]), facts, cast(float, row["at"]))
