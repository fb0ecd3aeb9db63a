"""Complaints at work: filed, taken on step by step by people, reminded of and escalated by the hotline itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

import structlog

from ivr_flows.calendar import holidays_of, local
from telephony.complaint_post import BY_MAIL, BY_POST, DONE_WHEN_SENT, WRITTEN, ComplaintPost, Signer, waits
from telephony.core.account import Role
from telephony.core.complaint_letters import NoLetterError
from telephony.core.complaints import (
    LEVEL_OF,
    Act,
    ComplaintRules,
    NotPossibleError,
    Standing,
    Step,
    allowed,
    next_look,
    owed,
    proper,
    standing,
)
from telephony.core.ids import InteractionId
from telephony.core.promises import COMPLAINT_SUBJECTS, Complaint
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.store.complaints import FiledComplaint
from telephony.store.errors import StoreError, StoreRefusedError
from telephony.store.letters import KeptLetter, SentLetter
from telephony.store.store import Store

log = structlog.get_logger()

EVERY_S = 600.0
SATURDAY = 5
TOGETHER = 500  # complaints that are looked at in one transaction
ANEW_TOGETHER = 20_000

# Told of each step once it is kept: who has done what of which complaint, and more in words without values.
Audited = Callable[[str, str, Complaint, tuple[str, ...]], None]


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
        post: ComplaintPost,
        audited: Audited = lambda _actor, _act, _complaint, _fields: None,
    ) -> None:
        self.rules = rules
        self.post = post
        self._store = store
        self._clock = clock
        self._audited = audited
        self._reckoned_by = hashlib.sha256(repr(rules).encode()).hexdigest()[:12]
        self._all_by_these_rules = False
        self._something = asyncio.Event()

    @property
    def now(self) -> float:
        return self._clock()

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

    async def letters(self, interaction: str) -> tuple[SentLetter, ...]:
        """In order."""
        return await self._store.letters.of(interaction)

    def stands(self, known: FiledComplaint) -> Standing:
        return standing(known.complaint.kind, known.filed, known.steps, self.today, self.rules, free_day)

    async def file(
        self, interaction: InteractionId, kind: str, customer: str | None, elements: Mapping[str, str], by: str = ""
    ) -> str:
        """Once for each interaction; returns its ticket's number, which the customer is told. `by`: who has taken it.

        Errors: UnknownCustomerError.
        """
        now = self._clock()
        told = [f"{name}: {value}" for name, value in sorted(elements.items())]
        body = "\n".join([f"Złożono: {local(now).date().isoformat()}", *told])
        ticket = OpenTicket(interaction, None, COMPLAINT_SUBJECTS[kind], body)
        complaint = Complaint(interaction, kind, customer, dict(elements), now)
        try:
            async with self._store.together() as store:
                await store.file_complaint(complaint)
                number = await store.open_ticket(ticket, now)
        except StoreRefusedError:
            raise UnknownCustomerError from None
        self._audited(by, "file", complaint, ())
        self.look_soon()
        return number

    def answer_due(self, kind: str) -> date:
        """The last day for the answer to what is filed now."""
        return self.rules.answer_due(kind, self.today)

    async def take(
        self, interaction: str, act: Act, actor: str, role: Role, facts: Mapping[str, str], name: str = ""
    ) -> bool:
        """False: its letter is on its way, and the step follows once somebody has taken it. `name`: who signs it.

        Errors: UnknownComplaintError; NotPossibleError, also (`meanwhile`) where somebody else has acted first.
        """
        known, now = await self.one(interaction)
        allowed(now, act, actor, role)
        proper(act, facts)
        step = Step(act, self.today, actor, facts, self._clock())
        try:
            async with self._store.together() as store:
                taken = await self._take(store, known, step, Signer(actor, name, LEVEL_OF[role]))
        except StoreRefusedError:
            raise NotPossibleError("meanwhile") from None
        self._tell(known, taken or step, sent=taken is not None)
        self.look_soon()
        return taken is not None

    async def _take(self, store: Store, known: FiledComplaint, step: Step, signer: Signer) -> Step | None:
        if step.act in WRITTEN:
            letter = await self._letter(store, known, step, signer)
            if letter.entered_at is None and step.act in DONE_WHEN_SENT:
                return None
            step = replace(step, facts={**step.facts, **_of(letter)})
        await self._write(store, known, step)
        return step

    async def _letter(self, store: Store, known: FiledComplaint, step: Step, signer: Signer) -> KeptLetter:
        """Errors: NotPossibleError while one is on its way, and where there is nothing to be written."""
        if waits(await self.post.written(store, known.complaint.interaction, step.act)):
            raise NotPossibleError("queued")
        text = await self._text(store, replace(known, steps=(*known.steps, step)), step.act, signer)
        way = step.facts.get("way", BY_POST)
        letter = await self.post.keep(store, known, step.act, way, text, signer, self._clock())
        assert letter is not None, "nothing holds up what a person sends"
        return letter

    async def _text(self, store: Store, known: FiledComplaint, act: Act, signer: Signer) -> str:
        """An answer that is sent again is the same."""
        answers = await self.post.written(store, known.complaint.interaction, Act.ANSWER) if act is Act.RESEND else []
        if answers:
            return answers[-1].letter.text
        act = Act.ANSWER if act is Act.RESEND else act
        try:
            return self.post.text(known, self.stands(known), act, self._clock(), signer)
        except NoLetterError:
            raise NotPossibleError("decision") from None

    def look_soon(self) -> None:
        """Something has happened that may be owed an answer of ours."""
        self._something.set()

    async def run(self) -> None:
        """Until cancelled: what is owed by itself."""
        while True:
            self._something.clear()
            try:
                await self.look()
            except StoreError as error:
                log.warning("complaints.not_looked_at", reason=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._something.wait(), EVERY_S)

    async def look(self) -> None:
        """Enter what was sent, confirm, remind and escalate; what another server does meanwhile is left to it."""
        for sent in await self._store.letters.sent():
            with suppress(StoreRefusedError):
                await self._enter(sent)
        while not self._all_by_these_rules:
            anew = await self._store.complaints.look_anew(self._reckoned_by, ANEW_TOGETHER)
            self._all_by_these_rules = anew < ANEW_TOGETHER
        while due := await self._store.complaints.due(self.today, TOGETHER):
            if not await self._look_at(due):
                return

    async def _enter(self, sent: SentLetter) -> None:
        """The step that a letter is, once somebody has taken the letter."""
        letter, at = sent.letter, sent.sent_at or self._clock()
        known, _ = await self.one(letter.interaction)
        step = Step(letter.act, local(at).date(), letter.actor, {"way": letter.way, **_of(letter)}, at)
        async with self._store.together() as store:
            if not await store.letters.entered(letter.id, at):
                return
            if letter.act in DONE_WHEN_SENT:
                await self._write(store, known, step)
        self._tell(known, step, sent=True)

    async def _look_at(self, due: Sequence[FiledComplaint]) -> bool:
        """False where somebody else was faster with one of them: the others are done, that one is for the next time."""
        try:
            await self._look_at_together(due)
        except StoreRefusedError:
            for each in due:
                with suppress(StoreRefusedError):
                    await self._look_at_together([each])
            return False
        return True

    async def _look_at_together(self, due: Sequence[FiledComplaint]) -> None:
        today, at = self.today, self._clock()
        standings = [(known, self.stands(known)) for known in due]
        made = [
            (known, number, replace(step, at=at))
            for known, now in standings
            for number, step in enumerate(owed(now, known.steps, today, self.rules), len(known.steps))
        ]
        async with self._store.together() as store:
            for known, now in standings:
                if now.over:  # by the passing of time
                    await store.complaints.over(known.complaint.interaction, at)
                elif now.confirmation.done is None and self.post.wants_mail(known):
                    await self._confirm(store, known, now)
            await store.complaints.take_all(
                [(known.complaint.interaction, number, step) for known, number, step in made]
            )
            nexts: dict[str, date | None] = {
                known.complaint.interaction: next_look(now, today, self.rules) for known, now in standings
            }
            await store.complaints.look(nexts, self._reckoned_by)
        for known, _, step in made:
            self._audited("", str(step.act), known.complaint, ())
            log.warning("complaint.owed", interaction=known.complaint.interaction, act=str(step.act), **step.facts)

    async def _confirm(self, store: Store, known: FiledComplaint, now: Standing) -> None:
        """By itself, once; what nobody took, and whom we may not write to any more today, is for people."""
        if not await self.post.written(store, known.complaint.interaction, Act.CONFIRM):
            text = self.post.text(known, now, Act.CONFIRM, self._clock(), Signer())
            await self.post.keep(store, known, Act.CONFIRM, BY_MAIL, text, Signer(), self._clock())

    async def _write(self, store: Store, known: FiledComplaint, step: Step) -> None:
        """The step, and what follows from it in other places."""
        interaction = known.complaint.interaction
        await store.complaints.take(interaction, len(known.steps), step)
        if step.act is Act.COMPLETE:
            await store.complaints.complete(interaction, step.facts)
        if step.act is Act.ANSWER:
            await store.set_ticket_status(interaction, TicketStatus.CLOSED)
        over = self.stands(replace(known, steps=(*known.steps, step))).over
        await store.complaints.over(interaction, self._clock() if over else None)
        await store.complaints.look({interaction: self.today}, self._reckoned_by)

    def _tell(self, known: FiledComplaint, step: Step, *, sent: bool) -> None:
        fields = [f"{name}:{step.facts[name]}" for name in ("way", "to") if name in step.facts]
        self._audited(step.actor, str(step.act), known.complaint, (*fields, *(() if sent else ("queued",))))
        log.info("complaint.step", interaction=known.complaint.interaction, act=str(step.act), by=step.actor, sent=sent)


def _of(letter: KeptLetter) -> dict[str, str]:
    """Which letter it was, and to which address, as a pseudonym."""
    return {"letter": letter.id, **({"to": letter.recipient} if letter.recipient else {})}
