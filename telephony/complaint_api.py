"""Complaints in the console and for other programs: who works on them, what may be done next, and doing it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from telephony.complaints import Complaints, UnknownComplaintError, UnknownCustomerError
from telephony.console.api.endpoint import STAFF, Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.core.account import Role
from telephony.core.complaints import Act, Clock, NotPossibleError, Standing, State, allowed
from telephony.core.ids import InteractionId
from telephony.store.complaints import FiledComplaint
from telephony.store.errors import StoreError
from telephony.store.letters import LetterState, SentLetter
from telephony.web_messages import interaction_of

MOST_ELEMENTS = 20

Kind = Literal["service_quality", "billing", "contract", "other"]


def _storable(text: str) -> str:
    """PostgreSQL keeps any text but U+0000, which nobody types."""
    return text.replace("\x00", "")


Text = Annotated[str, Field(max_length=4000), AfterValidator(_storable)]
Element = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
Elements = Annotated[dict[Element, Text], Field(max_length=MOST_ELEMENTS)]


class ClockNow(Wire):
    """`left`: days to the last one; negative: late."""

    due: date
    done: date | None
    left: int


class ComplaintNow(Wire):
    interaction: str
    ticket: str | None
    kind: str
    filed: date
    state: State
    level: int  # 1 consultant, 2 service engineer, 3 operations manager
    confirmation: ClockNow
    answer: ClockNow
    law: ClockNow  # silence past it is an acceptance
    completion: ClockNow | None


class ComplaintsNow(Wire):
    today: date
    complaints: tuple[ComplaintNow, ...]


class StepNow(Wire):
    """`actor` empty: the hotline itself."""

    act: Act
    at: float
    actor: str
    facts: Mapping[str, str]


class LetterNow(Wire):
    """`at`: when it was sent, or written where it is still to be; `why` nobody took it."""

    id: str
    act: Act
    way: str
    at: float
    actor: str
    state: LetterState
    why: str


class WholeComplaint(ComplaintNow):
    """`mail`: e-mails about it are sent from here."""

    customer: str | None
    elements: Mapping[str, str]
    missing: tuple[str, ...]
    decision: Mapping[str, str]
    proposed_by: str
    steps: tuple[StepNow, ...]
    letters: tuple[LetterNow, ...]
    copy_clock: ClockNow | None  # of the answer that is wanted again
    mail: bool
    may: tuple[Act, ...]  # what this person may do now


class NewComplaint(Wire):
    """`customer`: the customer number, where it is known. `once`: the same word files the same complaint once."""

    kind: Kind
    customer: str | None = Field(default=None, max_length=40)
    elements: Elements
    once: str = Field(default="", max_length=100)


class NewStep(Wire):
    """`facts` by act: ask: missing; complete: the elements; propose: decision, reasons, …; answer, confirm: way.

    What goes by e-mail is a step once somebody has taken it (`letters` says where it is).
    """

    act: Literal["ask", "complete", "confirm", "escalate", "propose", "return", "approve", "answer", "want", "resend"]
    facts: Elements = Field(default_factory=dict)


class Filed(Wire):
    interaction: str
    ticket: str
    missing: tuple[str, ...]


class ComplaintApi:
    """`seen(login, customer, interaction)` is told who has read what of whom."""

    def __init__(
        self,
        complaints: Complaints,
        seen: Callable[[str, str, str], None],
        new_id: Callable[[], InteractionId],
    ) -> None:
        self._complaints = complaints
        self._seen = seen
        self._new_id = new_id

    def endpoints(self) -> Iterator[Endpoint]:
        yield from self.filing()
        one = "/complaints/{interaction}"
        yield Endpoint(
            "GET", one, "a complaint, with its steps", STAFF, self._one, gives=WholeComplaint, refuses=(404, 503)
        )
        yield Endpoint(
            "POST", f"{one}/steps", "take a step", STAFF, self._take, takes=NewStep, gives=WholeComplaint,
            refuses=(404, 409, 503),
        )  # fmt: skip

    def filing(self) -> Iterator[Endpoint]:
        """For programs, too: no customer is told there."""
        yield Endpoint(
            "GET", "/complaints", "complaints of which something is owed, with their clocks", STAFF, self._list,
            gives=ComplaintsNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/complaints", "file a complaint", STAFF, self._file, takes=NewComplaint, gives=Filed,
            refuses=(503,),
        )  # fmt: skip

    async def _list(self, _: Asked) -> ComplaintsNow:
        async with told_plainly():
            known = await self._complaints.all()
        today = self._complaints.today
        return ComplaintsNow(today=today, complaints=tuple(ComplaintNow(**_standing(*each, today)) for each in known))

    async def _file(self, asked: Asked) -> Filed:
        new = asked.body_as(NewComplaint)
        interaction = interaction_of(f"{asked.by}\n{new.once}") if new.once else self._new_id()
        async with told_plainly():
            number = await self._complaints.file(interaction, new.kind, new.customer, new.elements, asked.by)
        return Filed(interaction=interaction, ticket=number, missing=self._complaints.rules.missing(new.elements))

    async def _one(self, asked: Asked) -> WholeComplaint:
        async with told_plainly():
            return await self._whole(asked, asked.path["interaction"])

    async def _take(self, asked: Asked) -> WholeComplaint:
        new, interaction = asked.body_as(NewStep), asked.path["interaction"]
        async with told_plainly():
            facts = dict(new.facts)
            if new.act == "escalate":
                _, now = await self._complaints.one(interaction)
                facts = {**facts, "level": str(now.level + 1)}
            account = asked.account
            await self._complaints.take(interaction, Act(new.act), asked.by, account.role, facts, account.display_name)
            return await self._whole(asked, interaction)

    async def _whole(self, asked: Asked, interaction: str) -> WholeComplaint:
        known, now = await self._complaints.one(interaction)
        letters = await self._complaints.letters(interaction)
        complaint, today = known.complaint, self._complaints.today
        self._seen(asked.by, complaint.customer or "", complaint.interaction)
        steps = (StepNow(act=each.act, at=each.at, actor=each.actor, facts=each.facts) for each in known.steps)
        return WholeComplaint(
            **_standing(known, now, today),
            customer=complaint.customer,
            elements={name: str(value) for name, value in complaint.elements.items()},
            missing=self._complaints.rules.missing(complaint.elements),
            decision=now.decision,
            proposed_by=now.proposed_by,
            steps=tuple(steps),
            letters=tuple(map(_letter, letters)),
            copy_clock=_clock(now.copy, today) if now.copy else None,
            mail=self._complaints.post.address(known) is not None,
            may=tuple(_may(now, asked.by, asked.account.role)),
        )


def _may(now: Standing, actor: str, role: Role) -> Iterator[Act]:
    for act in Act:
        try:
            allowed(now, act, actor, role)
        except NotPossibleError:
            continue
        if act is not Act.REMIND:
            yield act


def _letter(sent: SentLetter) -> LetterNow:
    letter = sent.letter
    return LetterNow(
        id=letter.id, act=letter.act, way=letter.way, at=sent.sent_at or letter.made_at, actor=letter.actor,
        state=sent.state, why=sent.why,
    )  # fmt: skip


def _clock(each: Clock, today: date) -> ClockNow:
    return ClockNow(due=each.due, done=each.done, left=each.left(today))


def _standing(known: FiledComplaint, now: Standing, today: date) -> dict[str, Any]:
    return {
        "interaction": known.complaint.interaction,
        "ticket": known.ticket,
        "kind": known.complaint.kind,
        "filed": known.filed,
        "state": now.state,
        "level": int(now.level),
        "confirmation": _clock(now.confirmation, today),
        "answer": _clock(now.answer, today),
        "law": _clock(now.law, today),
        "completion": _clock(now.completion, today) if now.completion else None,
    }


@asynccontextmanager
async def told_plainly() -> AsyncIterator[None]:
    """Errors: ProblemError in place of those of complaints and the store."""
    try:
        yield
    except UnknownComplaintError:
        raise ProblemError(404, detail="there is no such complaint") from None
    except NotPossibleError as error:
        raise ProblemError(409, f"complaint_{error}") from None
    except UnknownCustomerError:
        raise ProblemError(422, detail="there is no such customer") from None
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
