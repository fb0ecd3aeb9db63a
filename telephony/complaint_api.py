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
from telephony.core.complaint_letters import Letter, NoLetterError, letter
from telephony.core.complaints import LEVEL_OF, Act, Clock, NotPossibleError, Standing, State, allowed
from telephony.core.ids import InteractionId
from telephony.store.complaints import FiledComplaint
from telephony.store.errors import StoreError
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


class WholeComplaint(ComplaintNow):
    customer: str | None
    elements: Mapping[str, str]
    missing: tuple[str, ...]
    decision: Mapping[str, str]
    proposed_by: str
    steps: tuple[StepNow, ...]
    may: tuple[Act, ...]  # what this person may do now


class NewComplaint(Wire):
    """`customer`: the customer number, where it is known. `once`: the same word files the same complaint once."""

    kind: Kind
    customer: str | None = Field(default=None, max_length=40)
    elements: Elements
    once: str = Field(default="", max_length=100)


class NewStep(Wire):
    """`facts` by act: ask: missing; complete: the elements; propose: decision, reasons, …; answer, confirm: way."""

    act: Literal["ask", "complete", "confirm", "escalate", "propose", "return", "approve", "answer"]
    facts: Elements = Field(default_factory=dict)


class LetterAsked(Wire):
    """What is asked for, in words, where it is a request; else it stands in the complaint."""

    act: Literal["ask", "confirm", "answer"]


class LetterText(Wire):
    text: str


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
        unit: str,
    ) -> None:
        self._complaints = complaints
        self._seen = seen
        self._new_id = new_id
        self._unit = unit

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

        yield Endpoint(
            "GET", f"{one}/letter", "the letter for this step, for a durable medium", STAFF, self._letter,
            query=LetterAsked, gives=LetterText, refuses=(404, 409, 503),
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
        async with _told():
            known = await self._complaints.all()
        today = self._complaints.today
        return ComplaintsNow(today=today, complaints=tuple(ComplaintNow(**_standing(*each, today)) for each in known))

    async def _file(self, asked: Asked) -> Filed:
        new = asked.body_as(NewComplaint)
        interaction = interaction_of(f"{asked.by}\n{new.once}") if new.once else self._new_id()
        async with _told():
            number = await self._complaints.file(interaction, new.kind, new.customer, new.elements)
        return Filed(interaction=interaction, ticket=number, missing=self._complaints.rules.missing(new.elements))

    async def _one(self, asked: Asked) -> WholeComplaint:
        async with _told():
            return self._whole(asked, *await self._complaints.one(asked.path["interaction"]))

    async def _take(self, asked: Asked) -> WholeComplaint:
        new, interaction = asked.body_as(NewStep), asked.path["interaction"]
        async with _told():
            facts = dict(new.facts)
            if new.act == "escalate":
                _, now = await self._complaints.one(interaction)
                facts = {**facts, "level": str(now.level + 1)}
            await self._complaints.take(interaction, Act(new.act), asked.by, asked.account.role, facts)
            return self._whole(asked, *await self._complaints.one(interaction))

    async def _letter(self, asked: Asked) -> LetterText:
        act = Act(asked.query_as(LetterAsked).act)
        async with _told():
            known, now = await self._complaints.one(asked.path["interaction"])
        complaint, account = known.complaint, asked.account
        self._seen(asked.by, complaint.customer or "", complaint.interaction)
        elements = {name: str(value) for name, value in complaint.elements.items()}
        number, today = known.ticket or complaint.interaction, self._complaints.today
        level = LEVEL_OF[account.role]
        about = Letter(self._unit, number, complaint.kind, known.filed, today, account.display_name, level, elements)
        last = next((step for step in reversed(known.steps) if step.act is Act.ASK), None)
        try:
            return LetterText(text=letter(about, act, now, last.facts.get("missing", "") if last else ""))
        except NoLetterError:
            raise ProblemError(409, "complaint_no_letter") from None

    def _whole(self, asked: Asked, known: FiledComplaint, now: Standing) -> WholeComplaint:
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


def _standing(known: FiledComplaint, now: Standing, today: date) -> dict[str, Any]:
    def clock(each: Clock) -> ClockNow:
        return ClockNow(due=each.due, done=each.done, left=each.left(today))

    return {
        "interaction": known.complaint.interaction,
        "ticket": known.ticket,
        "kind": known.complaint.kind,
        "filed": known.filed,
        "state": now.state,
        "level": int(now.level),
        "confirmation": clock(now.confirmation),
        "answer": clock(now.answer),
        "law": clock(now.law),
        "completion": clock(now.completion) if now.completion else None,
    }


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
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
