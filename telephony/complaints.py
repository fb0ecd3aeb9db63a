"""Complaints at work: filed, taken on step by step by people, reminded of and escalated by the hotline itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date

import structlog

from ivr_flows.calendar import holidays_of, local
from telephony.core.account import Role
from telephony.core.complaints import (
    Act,
    ComplaintRules,
    NotPossibleError,
    Standing,
    Step,
    allowed,
    owed,
    standing,
)
from telephony.core.ids import InteractionId
from telephony.core.promises import COMPLAINT_SUBJECTS, Complaint
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.store.complaints import FiledComplaint
from telephony.store.errors import StoreError, StoreRefusedError
from telephony.store.store import Store

log = structlog.get_logger()

EVERY_S = 600.0
SATURDAY = 5


class UnknownComplaintError(LookupError):
    """There is none of that interaction."""


class UnknownCustomerError(LookupError):
    """A complaint cannot be of somebody who is no customer; without a customer number it can."""


def free_day(day: date) -> bool:
    """A day on which no limit of the customer's ends: Saturday, Sunday, a public holiday [Civil Code art. 115]."""
    return day.weekday() >= SATURDAY or day in holidays_of(day.year)


class Complaints:
    """`clock` gives seconds since the epoch. Every method may raise StoreError."""

    def __init__(
        self,
        rules: ComplaintRules,
        store: Store,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.rules = rules
        self._store = store
        self._clock = clock
        self._pause = pause

    @property
    def today(self) -> date:
        """In Polish time."""
        return local(self._clock()).date()

    async def all(self, *, open_only: bool = True) -> list[tuple[FiledComplaint, Standing]]:
        """Those of which something is owed first, the oldest first."""
        return [(each, self.stands(each)) for each in await self._store.complaints.all(open_only=open_only)]

    async def one(self, interaction: str) -> tuple[FiledComplaint, Standing]:
        """Errors: UnknownComplaintError."""
        known = await self._store.complaints.one(interaction) if interaction.isprintable() else None
        if known is None:
            raise UnknownComplaintError
        return known, self.stands(known)

    def stands(self, known: FiledComplaint) -> Standing:
        return standing(known.complaint.kind, known.filed, known.steps, self.today, self.rules, free_day)

    async def file(
        self, interaction: InteractionId, kind: str, customer: str | None, elements: Mapping[str, str]
    ) -> str:
        """Once for each interaction; returns its ticket's number, which the customer is told.

        Errors: UnknownCustomerError.
        """
        now = self._clock()
        told = [f"{name}: {value}" for name, value in sorted(elements.items())]
        body = "\n".join([f"Złożono: {local(now).date().isoformat()}", *told])
        ticket = OpenTicket(interaction, None, COMPLAINT_SUBJECTS[kind], body)
        try:
            async with self._store.together() as store:
                await store.file_complaint(Complaint(interaction, kind, customer, dict(elements), now))
                return await store.open_ticket(ticket, now)
        except StoreRefusedError:
            raise UnknownCustomerError from None

    def answer_due(self, kind: str) -> date:
        """The last day for the answer to what is filed now."""
        return self.rules.answer_due(kind, self.today)

    async def take(self, interaction: str, act: Act, actor: str, role: Role, facts: Mapping[str, str]) -> None:
        """Errors: UnknownComplaintError; NotPossibleError, also (`meanwhile`) where somebody else has acted first."""
        known, now = await self.one(interaction)
        allowed(now, act, actor, role)
        step = Step(act, self.today, actor, facts, self._clock())
        try:
            async with self._store.together() as store:
                await _write(store, known, [step])
                await self._settle(store, replace(known, steps=(*known.steps, step)))
        except StoreRefusedError:
            raise NotPossibleError("meanwhile") from None
        log.info("complaint.step", interaction=interaction, act=str(act), by=actor)

    async def run(self) -> None:
        """Until cancelled: what is owed by itself."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("complaints.not_looked_at", reason=str(error))
            await self._pause(EVERY_S)

    async def look(self) -> None:
        """Remind and escalate; what another server does in the same moment is left to it."""
        for known in await self._store.complaints.all(open_only=True):
            steps = [
                replace(each, at=self._clock())
                for each in owed(self.stands(known), known.steps, self.today, self.rules)
            ]
            if not steps:
                if self.stands(known).over:  # by the passing of time
                    await self._store.complaints.over(known.complaint.interaction, self._clock())
                continue
            try:
                async with self._store.together() as store:
                    await _write(store, known, steps)
            except StoreRefusedError:
                continue
            for step in steps:
                log.warning("complaint.owed", interaction=known.complaint.interaction, act=str(step.act), **step.facts)

    async def _settle(self, store: Store, known: FiledComplaint) -> None:
        """What follows from the last step in other places."""
        step, interaction = known.steps[-1], known.complaint.interaction
        if step.act is Act.COMPLETE:
            await store.complaints.complete(interaction, step.facts)
        if step.act is Act.ANSWER:
            await store.set_ticket_status(interaction, TicketStatus.CLOSED)
        if self.stands(known).over:
            await store.complaints.over(interaction, self._clock())


async def _write(store: Store, known: FiledComplaint, steps: list[Step]) -> None:
    for number, step in enumerate(steps, len(known.steps)):
        await store.complaints.take(known.complaint.interaction, number, step)
