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
        return await self._filed(
            await self._connection.rows("open_complaints" if open_only else "complaints", most=most)
        )

    async def due(self, today: date, most: int) -> tuple[FiledComplaint, ...]:
        """Those that are to be looked at today."""
        return await self._filed(await self._connection.rows("due_complaints", today=today, most=most))

    async def _filed(self, rows: Sequence[Row]) -> tuple[FiledComplaint, ...]:
        names = [str(row["interaction"]) for row in rows]
        taken: dict[object, list[Row]] = {name: [] for name in names}
        for step in await self._connection.rows("complaint_steps", interactions=names):
            taken[step["interaction"]].append(step)
        return tuple(_filed(row, taken[row["interaction"]]) for row in rows)

    async def one(self, interaction: str) -> FiledComplaint | None:
        rows = await self._connection.rows("complaint", interaction=interaction)
        taken = await self._connection.rows("complaint_steps", interactions=[interaction])
        return _filed(rows[0], taken) if rows else None

    async def take_all(self, steps: Sequence[tuple[str, int, Step]]) -> None:
        """All or none, each as `take`."""
        many = [_values(interaction, number, step) for interaction, number, step in steps]
        await self._connection.run_many("take_complaint_step", many)

    async def look(self, nexts: Mapping[str, date | None], rules: str) -> None:
        """When each is to be looked at next, by these rules; None: never."""
        many = [{"interaction": name, "next": day, "rules": rules} for name, day in nexts.items()]
        await self._connection.run_many("look_at_complaint", many)

    async def look_anew(self, rules: str, most: int) -> int:
        """At those whose next look was reckoned by other rules; how many that were."""
        (row,) = await self._connection.rows("look_anew", rules=rules, most=most)
        return cast(int, row["anew"])

    async def take(self, interaction: str, number: int, step: Step) -> None:
        """Step number `number`, from 0. Errors: StoreRefusedError where somebody has taken it meanwhile."""
        await self._connection.run("take_complaint_step", **_values(interaction, number, step))

    async def complete(self, interaction: str, elements: Mapping[str, str]) -> None:
        await self._connection.run("complete_complaint", interaction=interaction, elements=dict(elements))

    async def over(self, interaction: str, at: float | None) -> None:
        """None: something is owed again."""
        await self._connection.run("complaint_over", interaction=interaction, at=at)


def _values(interaction: str, number: int, step: Step) -> dict[str, object]:
    return {
        "interaction": interaction, "number": number, "act": str(step.act), "at": step.at, "taken_on": step.on,
        "actor": step.actor, "facts": dict(step.facts),
    }  # fmt: skip


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
