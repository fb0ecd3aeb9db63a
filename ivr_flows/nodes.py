"""The nodes of the flow language and the file they stand in: what an author writes is what the engine runs.

One frozen record for both: pydantic checks it once, when the file is read. Wherever a node leads by itself (silence,
mistakes, `0`), an exit that is not written is the flow's person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ivr_flows.conditions import FACTS
from ivr_flows.fields import (
    CallerId,
    Constants,
    DepartmentName,
    If,
    Key,
    Levels,
    Name,
    Next,
    Queue,
    Reason,
    Target,
    TransferName,
    Words,
    scope_of,
    variable,
)
from ivr_flows.lookups import CATALOGUE
from ivr_flows.texts import Text
from ivr_flows.variables import Kind

Where = tuple[str | int, ...]  # keys and places from the top of the file, or of the node, downwards

MIN_TIMEOUT_S = 3.0
KEYED = (Kind.DIGITS, Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.AMOUNT, Kind.MINUTES, Kind.TICKET, Kind.SECRET)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Strict):
    """A node in a consultant's words: the console is in Polish and in English."""

    pl: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)


class _Node(_Strict):
    note: str = Field(default="", max_length=400, description="for the reader; the engine does not look at it")
    title: Title | None = Field(default=None, description="what a consultant reads of a caller who has been here")


class _Asking(_Node):
    """Waits for keys. The time is the standard caller's; who needs more gets twice as much."""

    timeout_s: float = Field(default=6.0, ge=MIN_TIMEOUT_S, le=60.0)
    attempts: int = Field(default=2, ge=1, le=5)
    without_person: Reason | None = Field(default=None, description="why 0 does not reach a person here")
    without_repeat: Reason | None = Field(default=None, description="why * does not repeat here")


class SayNode(_Node):
    type: Literal["say"]
    say: Words
    next: Next


class Choice(_Strict):
    say: Words
    next: Next


class MenuNode(_Asking):
    """One key out of some."""

    type: Literal["menu"]
    say: Words | None = None
    choices: dict[Key, Choice] = Field(min_length=1)
    on_timeout: Next | None = None


class CollectNode(_Asking):
    """Digits into a variable. `*` begins anew, a lone `0` reaches a person, silence accepts what is enough."""

    type: Literal["collect"]
    say: Words
    into: Annotated[Name, variable(*KEYED)]
    min_digits: int = Field(default=2, ge=1, le=32)
    max_digits: int = Field(ge=1, le=32)
    terminator: Literal["#"] | None = "#"
    confirm: Words | None = Field(default=None, description="says the value; 1 is right, 2 is wrong")
    next: Next
    on_failure: Next | None = None

    @model_validator(mode="after")
    def _limits(self) -> CollectNode:
        if self.min_digits > self.max_digits:
            raise ValueError("min_digits is more than max_digits")
        if self.min_digits == 1 and not self.without_person:
            raise ValueError("a lone 0 reaches a person: ask for 2 digits at least, or say why not (without_person)")
        return self


class IdentifyNode(_Asking):
    """Who calls: by the number that calls, or by customer number and PIN. A proven identity is not asked for again."""

    type: Literal["identify"]
    by: Literal["number", "pin"]
    customer_number: Words | None = None
    pin: Words | None = None
    next: Next
    on_unknown: Next | None = None

    @model_validator(mode="after")
    def _asks(self) -> IdentifyNode:
        if self.by == "pin" and not (self.customer_number and self.pin):
            raise ValueError("by: pin asks in words: customer_number and pin are needed")
        return self


class Case(_Strict):
    if_: If = Field(alias="if")
    next: Next


class BranchNode(_Node):
    """The first case of which all conditions hold."""

    type: Literal["branch"]
    when: tuple[Case, ...] = Field(min_length=1, max_length=20)
    otherwise: Next


class HoursNode(_Node):
    """Open or closed by the calendar; a holiday and an emergency lead where `closed` does unless told otherwise."""

    type: Literal["hours"]
    department: DepartmentName
    open: Next
    closed: Next
    holiday: Next | None = None
    emergency: Next | None = None


class AnnounceNode(_Node):
    """What is known to be out of order where the caller lives, before anything is asked."""

    type: Literal["announce"]
    of: Literal["outages"]
    budget_s: float = Field(default=1.0, ge=0.1, le=3.0)
    next: Next
    affected: Next | None = Field(default=None, description="after an announcement was made; `next` unless given")


class LineNode(_Node):
    """The caller waits for a person of `queue`; `after` the talk, such as a survey."""

    type: Literal["line"]
    say: Words | None = None
    queue: Queue
    accessibility: bool = False
    requires: Levels = Field(default_factory=dict)
    wishes: Levels = Field(default_factory=dict)
    boost: Literal["outage", "repeat", "complaint"] | None = None
    on_overflow: Next | None = None
    after: Next | None = None


class CallBackNode(_Node):
    """The caller's place in the line is kept, and we call: the number that calls, or one keyed in before."""

    type: Literal["callback"]
    queue: Queue
    purpose: Literal["talk", "test_call"] = Field(
        default="talk", description="test_call: to try the caller's telephone"
    )
    number: Annotated[Name, variable(Kind.DIGITS)] | None = None
    caller_id: CallerId | None = Field(default=None, description="the number we show; the number called unless given")
    next: Next
    on_refused: Next | None = None


class VoicemailNode(_Node):
    """The caller speaks: a message, a survey's comment, the grounds of a complaint. `#` or silence ends it."""

    type: Literal["voicemail"]
    say: Words
    purpose: Literal["message", "comment", "complaint"] = "message"
    queue: Queue | None = None
    max_s: int = Field(default=120, ge=10, le=300)
    into: Annotated[Name, variable(Kind.RECORDING)] | None = None
    next: Next
    on_nothing: Next | None = None


class ComplaintNode(_Node):
    """A complaint is filed with what was gathered before; its number is said and confirmed in writing later."""

    type: Literal["complaint"]
    kind: Literal["service_quality", "billing", "contract", "other"] = "other"
    elements: dict[Name, Annotated[Name, variable()]] = Field(default_factory=dict)
    into: Annotated[Name, variable(Kind.TICKET)]
    next: Next
    on_unavailable: Next | None = None


class AppointmentNode(_Node):
    """What the customer says to a visit that we have called about; it is entered in the visit's ticket."""

    type: Literal["appointment"]
    answer: Literal["confirmed", "move"]
    next: Next
    on_unavailable: Next | None = None


class EchoNode(_Node):
    """The caller speaks and hears it back; `#` ends it. The way on is how the line of this call has sounded so far."""

    type: Literal["echo"]
    say: Words
    seconds: int = Field(default=15, ge=8, le=60)
    good: Next
    fair: Next
    bad: Next
    on_unavailable: Next | None = None


class TransferNode(_Node):
    """To a number outside, by its name among the permitted ones."""

    type: Literal["transfer"]
    say: Words | None = None
    to: TransferName
    on_failure: Next | None = None


class SurveyNode(_Asking):
    """One question: satisfaction (csat, 1 to 5) or recommendation (nps, 0 to 10). No answer is no mistake."""

    type: Literal["survey"]
    kind: Literal["csat", "nps"]
    say: Words
    into: Annotated[Name, variable(Kind.NUMBER)] | None = None
    next: Next


class LookUpNode(_Node):
    """A question to the operator's systems; `into` names a variable for each field of the answer that is wanted."""

    type: Literal["lookup"]
    what: Literal["balance", "last_invoice", "open_ticket", "line_diagnosis", "appointment"]
    into: dict[Name, Annotated[Name, variable()]] = Field(min_length=1)
    secrets: dict[Name, Annotated[Name, variable(Kind.SECRET)]] = Field(default_factory=dict)
    budget_s: float = Field(default=1.0, ge=0.1, le=3.0)
    next: Next
    on_missing: Next | None = None
    on_unavailable: Next | None = None

    @field_validator("into")
    @classmethod
    def _answers(cls, into: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        fields = CATALOGUE[info.data["what"]].fields if "what" in info.data else {}
        for name, kept in into.items() if fields else ():
            if name not in fields:
                raise ValueError(f"it does not tell `{name}`; it tells {', '.join(fields)}")
            kind = scope_of(info).variables.get(kept)
            if kind is not fields[name]:
                raise ValueError(f"`{name}` is of type {fields[name]}, `{kept}` of type {kind}")
        return into


class SetNode(_Node):
    type: Literal["set"]
    accessibility: bool | None = None
    language: Literal["pl", "en", "uk"] | None = None
    values: Constants = Field(default_factory=dict)
    next: Next


class RecordNode(_Asking):
    """The talk is recorded from here on, after it was announced and not refused."""

    type: Literal["record"]
    say: Words
    refuse_key: Key
    timeout_s: float = Field(default=3.0, ge=MIN_TIMEOUT_S, le=60.0)
    next: Next
    on_refused: Next | None = None


class SubFlowNode(_Node):
    type: Literal["sub_flow"]
    flow: Name
    next: Next


class ReturnNode(_Node):
    """The end of a sub-flow: on with the flow that called it."""

    type: Literal["return"]


class HangUpNode(_Node):
    type: Literal["hang_up"]
    say: Words | None = None
    reason: Literal["self_served", "closed"] = "self_served"


Node = (
    SayNode | MenuNode | CollectNode | IdentifyNode | BranchNode | HoursNode | AnnounceNode | LineNode | CallBackNode
    | VoicemailNode | ComplaintNode | AppointmentNode | EchoNode | TransferNode | SurveyNode | LookUpNode | SetNode
    | RecordNode | SubFlowNode | ReturnNode | HangUpNode
)  # fmt: skip


def _own_name(name: str) -> str:
    if name in FACTS:
        raise ValueError("this is known of every call by itself; choose another name")
    return name


class MenuWords(_Strict):
    """What menus and questions say by themselves."""

    closing: Words
    wrong_key: Words
    collecting: Words | None = Field(default=None, description="at the end of every question for digits")
    wrong_digits: Words | None = Field(default=None, description="digits that cannot be used; wrong_key unless given")


class FlowFile(_Strict):
    """One flow as it stands in its file."""

    flow: Name
    language: Literal["pl", "en", "uk"] = "pl"
    accessibility: bool = False
    start: Next
    person: Next
    menu_words: MenuWords
    variables: dict[Annotated[Name, AfterValidator(_own_name)], Kind] = Field(default_factory=dict, max_length=100)
    nodes: dict[Name, Annotated[Node, Field(discriminator="type")]] = Field(min_length=1, max_length=500)


def json_schema() -> dict[str, object]:
    """The JSON Schema [draft 2020-12] of a flow file; what needs the rest of the file is left to `check`."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:hotline:flow",
        "title": "A flow of hotline",
    }
    return head | {key: value for key, value in FlowFile.model_json_schema().items() if key != "title"}


def inside(value: object, where: Where = ()) -> Iterator[tuple[Where, object]]:
    """Everything in a node with its key path in the file, however deep."""
    match value:
        case BaseModel():
            for name, field in type(value).model_fields.items():
                yield from inside(getattr(value, name), (*where, field.alias or name))
        case Mapping():
            for key, each in value.items():
                yield from inside(each, (*where, str(key)))
        case tuple():
            for place, each in enumerate(value):
                yield from inside(each, (*where, place))
        case _:
            yield where, value


def exits(node: Node) -> Iterator[tuple[Where, str]]:
    """`(key path, node)` for every exit that is written in the node."""
    return ((where, value) for where, value in inside(node) if isinstance(value, Target))


def texts(node: Node | MenuWords) -> Iterator[tuple[Where, Text]]:
    return ((where, value) for where, value in inside(node) if isinstance(value, Text))
