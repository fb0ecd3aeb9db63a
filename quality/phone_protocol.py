"""The words between a phone process and whoever drives it: one JSON object a line, commands in, events out.

Both phones (quality.softphone, quality.portable_phone) speak them, so that the GPL libraries stay in processes of
their own. Nothing here imports either library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Register:
    """Add an account; with a `registrar` it registers there, without one it only takes calls to `uri`.

    `play` is a 16-bit PCM WAV, played in a loop to the other side of every call of this account; `record` is a folder
    for what the other side says in its incoming calls (`<call id>.wav`).
    """

    id: str
    uri: str
    registrar: str | None = None
    user: str = ""
    password: str = ""
    auto_answer_after_s: float | None = None
    play: str | None = None
    record: str | None = None
    expires_s: int = 120
    do: Literal["register"] = "register"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Unregister:
    id: str
    do: Literal["unregister"] = "unregister"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call `to` (a SIP URI). `call` is the driver's own name for the call; `caller` is the number shown in From.

    `headers` are added to the INVITE: names and values.
    """

    call: str
    to: str
    caller: str | None = None
    account: str | None = None
    play: str | None = None
    record: str | None = None  # WAV file for what the other side says
    headers: tuple[tuple[str, str], ...] = ()
    do: Literal["call"] = "call"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Answer:
    call: str
    do: Literal["answer"] = "answer"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class SendDtmf:
    """Digits as RFC 4733 telephone events, `duration_ms` each."""

    call: str
    digits: str
    duration_ms: int = 160
    do: Literal["dtmf"] = "dtmf"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a call; an incoming one that is not yet answered is refused with `code`."""

    call: str
    code: int = 486
    do: Literal["hangup"] = "hangup"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold (`on`) or take back a call by re-INVITE (RFC 3264 §8.4)."""

    call: str
    on: bool = True
    do: Literal["hold"] = "hold"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand a call over by REFER [RFC 3515]: to a SIP URI, or to the other side of our call `to_call` [RFC 3891]."""

    call: str
    to: str | None = None
    to_call: str | None = None
    do: Literal["transfer"] = "transfer"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Quit:
    do: Literal["quit"] = "quit"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Ready:
    """The process is up; SIP over UDP on `sip_port`."""

    kind: str  # pjsua2, pyvoip
    sip_port: int
    event: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class AccountAdded:
    """An account without a registrar is ready to take and place calls."""

    id: str
    event: Literal["account_added"] = "account_added"


@dataclass(frozen=True, slots=True)
class Registered:
    id: str
    expires_s: int
    event: Literal["registered"] = "registered"


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    id: str
    code: int  # SIP status; 0 when nothing could be sent
    reason: str
    event: Literal["registration_failed"] = "registration_failed"


@dataclass(frozen=True, slots=True)
class Unregistered:
    id: str
    event: Literal["unregistered"] = "unregistered"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call came in for `account`; `caller` is the From URI as received."""

    call: str
    account: str
    caller: str
    event: Literal["incoming"] = "incoming"


@dataclass(frozen=True, slots=True)
class Ringing:
    call: str
    event: Literal["ringing"] = "ringing"


@dataclass(frozen=True, slots=True)
class Answered:
    call: str
    event: Literal["answered"] = "answered"


@dataclass(frozen=True, slots=True)
class DtmfHeard:
    """One digit from the other side; `method` is rfc4733 or sip_info."""

    call: str
    digit: str
    method: str
    event: Literal["dtmf"] = "dtmf"


@dataclass(frozen=True, slots=True)
class Media:
    """Figures of one RTP stream so far: `received` as this side counts, `sent` as RTCP from the far end tells.

    A re-INVITE (hold, another codec) ends a stream (`final`) and begins the next.
    None where nothing is known: no RTCP report has come (`sent_*`), or no round trip was measured.
    """

    call: str
    codec: str
    received_packets: int
    received_lost: int
    received_jitter_ms: float
    sent_packets: int
    sent_lost: int | None
    sent_jitter_ms: float | None
    rtt_ms: float | None
    final: bool = False
    event: Literal["media"] = "media"


@dataclass(frozen=True, slots=True)
class HungUp:
    """The call is over; `code` is the SIP status of its end (200 after a talk), `talk_s` its length from answer."""

    call: str
    code: int
    reason: str
    talk_s: float
    event: Literal["hungup"] = "hungup"


@dataclass(frozen=True, slots=True)
class Failed:
    """A command could not be carried out; `call` or `id` says which call or account it was about."""

    reason: str
    call: str | None = None
    id: str | None = None
    event: Literal["error"] = "error"


Command = Register | Unregister | PlaceCall | Answer | SendDtmf | HangUp | Hold | Transfer | Quit
CallEvent = Incoming | Ringing | Answered | DtmfHeard | Media | HungUp
AccountEvent = AccountAdded | Registered | RegistrationFailed | Unregistered
Event = Ready | AccountEvent | CallEvent | Failed

_commands: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="do")])
_events: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def parse_command(line: bytes) -> Command:
    """Errors: ValueError saying which field is wrong, without quoting its value (it may be a password)."""
    try:
        return _commands.validate_json(line)
    except ValidationError as error:
        raise ValueError(_without_values(error)) from None


def parse_event(line: bytes) -> Event:
    try:
        return _events.validate_json(line)
    except ValidationError as error:
        raise ValueError(_without_values(error)) from None


def command_line(command: Command) -> bytes:
    return _commands.dump_json(command) + b"\n"


def event_line(event: Event) -> bytes:
    return _events.dump_json(event) + b"\n"


def _without_values(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, item['loc'])) or 'line'}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False)
    )
