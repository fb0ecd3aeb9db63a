"""A house made up for a played call: customers, balances and outages from a file, answered as the real house would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr_flows import source
from ivr_flows.errors import FlowError
from ivr_flows.lookups import CATALOGUE
from ivr_flows.session import (
    AnswerAppointment,
    CheckIdentity,
    FindOutages,
    HearEcho,
    LookUp,
    OpenComplaint,
    Question,
    RequestCallBack,
    Result,
    Status,
    Transfer,
)
from ivr_flows.variables import Value, written

Texts = dict[str, str]  # by language
Asked = Literal[
    "check_identity", "look_up", "find_outages", "request_call_back", "open_complaint", "answer_appointment",
    "hear_echo", "transfer",
]  # fmt: skip

ANSWERED_S = 0.2  # what an answer takes unless told otherwise
REFUSED = Result(Status.REFUSED)
UNAVAILABLE = Result(Status.UNAVAILABLE)
NAMES: Mapping[type, Asked] = {
    CheckIdentity: "check_identity",
    LookUp: "look_up",
    FindOutages: "find_outages",
    RequestCallBack: "request_call_back",
    OpenComplaint: "open_complaint",
    AnswerAppointment: "answer_appointment",
    HearEcho: "hear_echo",
    Transfer: "transfer",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Strict):
    """A customer; look-ups by the fields of the catalogue, amounts such as 123.50."""

    number: str
    phones: tuple[str, ...] = ()
    pin: str | None = None
    accessibility: bool = False
    outages: tuple[Texts, ...] = ()
    look_ups: dict[str, dict[str, str]] = Field(default_factory=dict)


class Crm(_Strict):
    """What the house knows, and which questions it does not answer at all."""

    customers: tuple[Person | str, ...] = ()
    outages: tuple[Texts, ...] = ()
    ticket: str = "000013"
    blocked: bool = False  # too many PINs were wrong
    call_backs: bool = True
    transfers: bool = True
    appointment: dict[str, str] = Field(default_factory=dict)  # the visit that the call is about
    sounds: Literal["good", "fair", "bad"] = "good"  # what an echo says of the line
    unavailable: tuple[Asked, ...] = ()
    slow: dict[Asked, Annotated[float, Field(ge=0, le=60)]] = Field(default_factory=dict)  # seconds to the answer


@dataclass(frozen=True, slots=True)
class Pretended:
    """Answers every question but those of the caller's own voice."""

    crm: Crm = field(default_factory=Crm)

    def person(self, phone: str | None) -> Person | None:
        """The customer whose number calls; a bare number in the file is a customer of that number."""
        for each in self.crm.customers:
            if isinstance(each, str) and each == phone:
                return Person(number=each.removeprefix("+"))
            if isinstance(each, Person) and phone in each.phones:
                return each
        return None

    def answers_after_s(self, question: Question) -> float:
        """How long the house takes; how long the caller waits for it is the flow's budget."""
        if isinstance(question, HearEcho):
            return question.seconds
        name = NAMES.get(type(question))
        return self.crm.slow.get(name, ANSWERED_S) if name else ANSWERED_S

    def answer(self, question: Question) -> Result:  # noqa: PLR0911 - one for each question
        if NAMES.get(type(question)) in self.crm.unavailable:
            return UNAVAILABLE
        match question:
            case CheckIdentity():
                person = self._of(question.customer)
                right = not self.crm.blocked and person is not None and person.pin == question.pin.get_secret_value()
                return Result(Status.OK) if right else Result(Status.REFUSED, {"blocked": self.crm.blocked})
            case LookUp():
                return self._look_up(question)
            case FindOutages():
                person = self._of(question.customer)
                return Result(Status.OK, texts=((person.outages if person else ()) + self.crm.outages))
            case RequestCallBack():
                return Result(Status.OK) if self.crm.call_backs else REFUSED
            case AnswerAppointment():
                return Result(Status.OK) if self.crm.appointment else REFUSED
            case HearEcho():
                return Result(Status.OK, {"verdict": self.crm.sounds})
            case OpenComplaint():
                return Result(Status.OK, {"number": self.crm.ticket})
            case Transfer():
                return Result(Status.OK) if self.crm.transfers else REFUSED
            case _:
                return UNAVAILABLE

    def _of(self, customer: str | None) -> Person | None:
        people = (each for each in self.crm.customers if isinstance(each, Person))
        return next((each for each in people if each.number == customer), None)

    def _look_up(self, question: LookUp) -> Result:
        person = self._of(question.customer)
        told = person.look_ups.get(question.what) if person else None
        told = self.crm.appointment if question.what == "appointment" else told
        return Result(Status.OK, values(question.what, told)) if told else REFUSED


EMPTY = Pretended()  # nobody is known and nothing is out of order


def values(what: str, told: Mapping[str, str]) -> Mapping[str, Value]:
    """The answer of a look-up from words in a file. Raises FlowError for a field that it does not have."""
    fields = CATALOGUE[what].fields if what in CATALOGUE else {}
    try:
        return {name: written(fields[name], text) for name, text in told.items()}
    except KeyError as error:
        raise FlowError(f"`{what}` does not tell {error}; it tells {', '.join(fields) or 'nothing'}") from None
    except ValueError as error:
        raise FlowError(f"`{what}`: {error}") from None


def read_crm(path: Path) -> Pretended:
    """The house of a file. Raises FlowError with the place of the first mistake."""
    file = source.read(path)
    return crm_of(file.tree, file)


def crm_of(tree: object, file: source.Source, below: tuple[str | int, ...] = ()) -> Pretended:
    """The house of a part of a file. Raises FlowError with the place of the first mistake."""
    try:
        crm = Crm.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        # Pydantic tells which of two kinds it tried, after the place in the list.
        where = tuple(step for step in first["loc"] if step not in ("Person", "str"))
        raise FlowError(first["msg"], file.place((*below, *where)), "wrong-value") from None
    for place, person in enumerate(crm.customers):
        for what, told in person.look_ups.items() if isinstance(person, Person) else ():
            try:
                values(what, told)
            except FlowError as error:
                where = (*below, "customers", place, "look_ups", what)
                raise FlowError(error.message, file.place(where), "wrong-value") from None
    try:
        values("appointment", crm.appointment)
    except FlowError as error:
        raise FlowError(error.message, file.place((*below, "appointment")), "wrong-value") from None
    return Pretended(crm)
