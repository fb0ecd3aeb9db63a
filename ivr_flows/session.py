"""What passes between a flow and whoever plays it: facts in, actions and waits out, and the session in between.

All of it is plain data; a session can be written down as JSON and read back by another process. Secrets are not
written down: a session that was read back has forgotten them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from pydantic import SecretStr, TypeAdapter, ValidationError

from ivr_flows.errors import SessionError
from ivr_flows.lookups import Identity
from ivr_flows.variables import Value

KEYPAD = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call before the flow starts."""

    did: str  # E.164, the number that was called
    accessibility: bool = False  # the number called or a remembered preference asks for more time
    customer: str | None = None  # the customer number that belongs to the number that calls; proves nothing
    language: str = "pl"  # ISO 639-1
    repeat: bool = False  # the last call from this number, a short while ago, was in vain
    survey: bool = True  # may be asked after the talk: has not objected, and was not asked lately

    @property
    def caller_known(self) -> bool:
        return self.customer is not None


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    language: str
    slow: bool


# -- what is to be done --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Play the prompts one after the other; `interruptible`: a key of the following wait ends all of it at once."""

    prompts: tuple[Prompt, ...]
    interruptible: bool


@dataclass(frozen=True, slots=True)
class EnterLine:
    queue: str
    accessibility: bool
    requires: Mapping[str, int] = field(default_factory=dict)  # skill → lowest level
    wishes: Mapping[str, int] = field(default_factory=dict)
    boost: str | None = None
    overflows: bool = False  # the flow knows another way, where the line is too long


class Ending(StrEnum):
    """Why a flow hangs up."""

    SELF_SERVED = "self_served"
    CLOSED = "closed"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    TRANSFERRED_OUT = "transferred_out"
    SERVED = "served"  # a person has spoken with the caller


@dataclass(frozen=True, slots=True)
class HangUp:
    reason: Ending


@dataclass(frozen=True, slots=True)
class StartRecording:
    """One file per direction; it was announced and not refused."""


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """A secret is going to be asked for; the actions that follow wait until the recording is silent."""


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    pass


@dataclass(frozen=True, slots=True)
class KeepAnswer:
    """A survey's answer: `csat` 1 to 5, `nps` 0 to 10."""

    survey: str
    value: int


# -- questions: each is the last action before `WaitResult` -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookUp:
    """`what` of `ivr_flows.lookups.CATALOGUE`, of this customer; answered by `Result` with its fields as values."""

    what: str
    customer: str
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckIdentity:
    """Answered by OK or REFUSED; a customer or a caller who may not try any more is REFUSED with `blocked` true."""

    customer: str
    pin: SecretStr


@dataclass(frozen=True, slots=True)
class FindOutages:
    """What is out of order where the customer lives (None: anywhere that is announced to all); answered by texts."""

    customer: str | None


@dataclass(frozen=True, slots=True)
class RequestCallBack:
    """Keep the caller's place and call `number` (None: the number that calls). REFUSED: not this number, not now."""

    queue: str
    accessibility: bool
    number: str | None
    caller_id: str | None
    purpose: str = "talk"  # or test_call


@dataclass(frozen=True, slots=True)
class TakeVoicemail:
    """Record what the caller says until `max_s`, `#` or silence; answered by `recording`. REFUSED: nothing said."""

    purpose: str  # message, comment, complaint
    queue: str | None
    max_s: int


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """File it with these elements; answered by `number`, the ticket's, in digits."""

    complaint: str
    customer: str | None
    elements: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class AnswerAppointment:
    """What the customer says to the visit that the call is about: `confirmed` or `move`. REFUSED: it is settled."""

    answer: str


@dataclass(frozen=True, slots=True)
class HearEcho:
    """Let the caller hear what they say for so long; answered by `verdict`: good, fair or bad. UNAVAILABLE: unknown."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Dial this E.164 number; OK once somebody there has talked with the caller, REFUSED when nobody answered."""

    number: str


# -- waits ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitDigits:
    """Wait for keys of `keys`; `timeout_s` counts from the end of what is said, and anew after each key.

    `terminator` ends the wait and is not given; a key of `enders` ends it and is given as the last one. The digits of a
    `secret` are never logged and not recorded.
    """

    max_digits: int
    timeout_s: float
    terminator: str | None
    keys: str
    enders: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class WaitLine:
    """Wait until the line is done with the caller."""


@dataclass(frozen=True, slots=True)
class WaitResult:
    """Wait for the `Result` of the question; UNAVAILABLE after `budget_s` (None: a person takes part, no limit)."""

    budget_s: float | None


# -- what the caller, the line and the house answer -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Digits:
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TimedOut:
    pass


@dataclass(frozen=True, slots=True)
class HungUp:
    pass


@dataclass(frozen=True, slots=True)
class LineResult:
    """How the line ended for the caller; `answered`: a person has spoken with them, `overflow`: nobody will."""

    status: str


class Status(StrEnum):
    OK = "ok"
    REFUSED = "refused"  # the answer is no, or there is none to give
    UNAVAILABLE = "unavailable"  # nobody could say, or not in time


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a question; `texts`: announcements, each by language."""

    status: Status
    values: Mapping[str, Value] = field(default_factory=dict, repr=False)
    texts: tuple[Mapping[str, str], ...] = field(default=(), repr=False)


Question = (
    LookUp
    | CheckIdentity
    | FindOutages
    | RequestCallBack
    | TakeVoicemail
    | OpenComplaint
    | AnswerAppointment
    | HearEcho
    | Transfer
)
Action = Say | EnterLine | HangUp | StartRecording | PauseRecording | ResumeRecording | KeepAnswer | Question
Wait = WaitDigits | WaitLine | WaitResult
Given = Digits | TimedOut | HungUp | LineResult | Result


class Recording(StrEnum):
    OFF = "off"
    ON = "on"
    PAUSED = "paused"
    REFUSED = "refused"


class Stage(StrEnum):
    """What a node that asks more than once is waiting for."""

    FIRST = "first"
    CUSTOMER = "customer"
    PIN = "pin"
    CHECK = "check"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a sub-flow returns to."""

    flow: str
    node: str
    by: str = ""  # the node that called the sub-flow


@dataclass(frozen=True, slots=True)
class Session:
    """Where one caller stands in one flow."""

    flow: str
    revision: str
    node: str
    facts: Facts
    accessibility: bool  # the slow profile is on
    started_at: float  # seconds since the epoch
    within: str  # the flow the node belongs to: `flow` itself or one of its sub-flows
    language: str
    identity: Identity = Identity.NONE
    customer: str | None = None  # whose things are spoken about, as sure as `identity` says
    variables: Mapping[str, Value] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    stack: tuple[Frame, ...] = ()
    stage: Stage = Stage.FIRST
    gathered: str = field(default="", repr=False)  # keyed in at an earlier stage of the node
    failures: int = 0  # time-outs and mistakes in the node that is playing
    repeats: int = 0
    waits: int = 0
    opens_at: float | None = None  # when the department asked about opens again
    recording: Recording = Recording.OFF
    ending: Ending = Ending.SELF_SERVED
    ended: bool = False

    def to_json(self) -> str:
        return _adapter().dump_json(self, exclude={"secrets"}).decode()

    @classmethod
    def from_json(cls, text: str) -> Session:
        """The session written by `to_json`; raises SessionError for anything else."""
        try:
            return _adapter().validate_json(text)
        except ValidationError as error:
            raise SessionError(f"not a session: {error.error_count()} fields are wrong") from error


@dataclass(frozen=True, slots=True)
class Step:
    """Do the actions in order, then wait.

    `wait` is None when the flow has ended. Where no `HangUp` came before that, the caller has not been served:
    leave the session and let Asterisk's own dialplan go on with the call. `unsaid` names values that were to be said
    and could not be: the sentence was left out.
    """

    session: Session
    actions: tuple[Action, ...]
    wait: Wait | None
    unsaid: tuple[str, ...] = ()


@cache
def _adapter() -> TypeAdapter[Session]:
    return TypeAdapter(Session)
