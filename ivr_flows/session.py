"""What passes between a flow and whoever plays it: facts in, actions and waits out, and the session in between.

All of it is plain data; a session can be written down as JSON and read back by another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import TypeAdapter, ValidationError

from ivr_flows.errors import SessionError

KEYPAD = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call before the flow starts."""

    did: str  # E.164, the number that was called
    caller_known: bool
    accessibility: bool  # the number called or a remembered preference asks for more time
    language: str = "pl"  # ISO 639-1


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    language: str
    slow: bool


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


@dataclass(frozen=True, slots=True)
class HangUp:
    reason: str


@dataclass(frozen=True, slots=True)
class WaitDigits:
    """Wait for keys of `keys`; `timeout_s` counts from the end of what is said."""

    max_digits: int
    timeout_s: float
    terminator: str | None
    keys: str


@dataclass(frozen=True, slots=True)
class WaitLine:
    """Wait until the line is done with the caller."""


@dataclass(frozen=True, slots=True)
class Digits:
    digits: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    pass


@dataclass(frozen=True, slots=True)
class HungUp:
    pass


@dataclass(frozen=True, slots=True)
class LineResult:
    """How the line ended for the caller; `answered` means that a person has spoken with them."""

    status: str


Action = Say | EnterLine | HangUp
Wait = WaitDigits | WaitLine
Given = Digits | TimedOut | HungUp | LineResult


@dataclass(frozen=True, slots=True)
class Session:
    """Where one caller stands in one flow."""

    flow: str
    revision: str
    node: str
    facts: Facts
    accessibility: bool  # the slow profile is on
    started_at: float  # seconds since the epoch
    failures: int = 0  # time-outs and wrong keys in the menu that is playing
    repeats: int = 0
    ended: bool = False

    def to_json(self) -> str:
        return _adapter().dump_json(self).decode()

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
    leave the session and let Asterisk's own dialplan go on with the call.
    """

    session: Session
    actions: tuple[Action, ...]
    wait: Wait | None


@cache
def _adapter() -> TypeAdapter[Session]:
    return TypeAdapter(Session)
