"""The AMI actions we use, typed: what is not here cannot be sent.

An account that may originate may name almost any application. Our Originate has no such field, leads to a fixed choice
of contexts only, and rings a phone of ours or a number at a trunk; the Local channels are those of PagePhone and
JudgeTrunk, and lead to where a password or a judgement is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from telephony.asterisk.trunk_actions import JudgeTrunk, ShowRegistrations, TrunkFigure

Fields = tuple[tuple[str, str], ...]

# A right of a manager account, and the actions that show that an account has it; ListCommands names only what the
# account may use (main/manager.c, action_listcommands).
FORBIDDEN_RIGHTS: dict[str, frozenset[str]] = {
    "command": frozenset({"Command"}),
    "config": frozenset({"GetConfig", "GetConfigJSON", "UpdateConfig", "CreateConfig", "ListCategories"}),
    "agi": frozenset({"AGI"}),
    "system": frozenset({"Reload", "ModuleLoad", "DBPut", "DBDel"}),
}


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    secret: str
    name: ClassVar[str] = "Login"
    listing: ClassVar[bool] = False

    def __repr__(self) -> str:  # the secret belongs in no log
        return f"Login({self.username!r})"

    def fields(self) -> Fields:
        return (("Username", self.username), ("Secret", self.secret), ("Events", "on"))


@dataclass(frozen=True, slots=True)
class Ping:
    name: ClassVar[str] = "Ping"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return ()


@dataclass(frozen=True, slots=True)
class ListCommands:
    """Answers with the actions this account may use, each with the rights it needs."""

    name: ClassVar[str] = "ListCommands"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return ()


@dataclass(frozen=True, slots=True)
class CoreShowChannels:
    name: ClassVar[str] = "CoreShowChannels"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return ()


@dataclass(frozen=True, slots=True)
class DeviceStateList:
    name: ClassVar[str] = "DeviceStateList"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return ()


@dataclass(frozen=True, slots=True)
class PlayDtmf:
    """Play a digit into what Asterisk hears from the channel: wakes a session in WAIT FOR DIGIT."""

    channel: str
    digit: str
    duration_ms: int = 50
    name: ClassVar[str] = "PlayDTMF"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (
            ("Channel", self.channel),
            ("Digit", self.digit),
            ("Duration", str(self.duration_ms)),
            ("Receive", "true"),
        )


@dataclass(frozen=True, slots=True)
class Hangup:
    """Hang one channel up; `channel` is a full name, never a pattern."""

    channel: str
    cause: int = 16  # Q.850 normal clearing
    name: ClassVar[str] = "Hangup"
    listing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.channel.startswith("/"):  # Asterisk reads /…/ as a regular expression
            raise ValueError("a channel's name does not begin with a slash")

    def fields(self) -> Fields:
        return (("Channel", self.channel), ("Cause", str(self.cause)))


@dataclass(frozen=True, slots=True)
class ReadsEnvironment:
    """Asks for a variable of Asterisk's own environment: whoever gets it has func_env, which also writes files."""

    name: ClassVar[str] = "Getvar"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Variable", "ENV(PATH)"),)


_ENDPOINT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PAGE_PHONE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}-page")
_PAGE_SECRET = re.compile(r"[A-Za-z0-9]{32,64}")
_CHANNEL_ID = re.compile(r"[a-z0-9][a-z0-9.-]{7,99}")


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's registered phone. Errors: ValueError for what is no endpoint's name."""

    endpoint: str

    def __post_init__(self) -> None:
        if not _ENDPOINT.fullmatch(self.endpoint):
            raise ValueError("not the name of an endpoint")

    @property
    def channel(self) -> str:
        return f"PJSIP/{self.endpoint}"


@dataclass(frozen=True, slots=True)
class Outside:
    """A number in E.164 over one trunk. Errors: ValueError, without the number."""

    number: str
    trunk: str

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.number):
            raise ValueError("not a number in E.164")
        if not _ENDPOINT.fullmatch(self.trunk):
            raise ValueError("not the name of a trunk")

    def __repr__(self) -> str:  # a caller's number belongs in no log
        return f"Outside(trunk={self.trunk!r})"

    @property
    def channel(self) -> str:
        return f"PJSIP/{self.number}@{self.trunk}"


class Entry(Enum):
    """Where a call that we begin may go once it is answered: contexts of our dialplan, each entered at `s`."""

    PROBE = "hotline-probe"  # hears itself for a minute at most
    CALL_BACK_AGENT = "hotline-call-back-agent"  # whose session then calls the customer
    CALL_BACK_CUSTOMER = "hotline-call-back-customer"  # whose session then dials the agent
    VISIT = "hotline-visit"  # a customer whom a flow leads


@dataclass(frozen=True, slots=True)
class Originate:
    """Ring `target`; who answers enters `entry`. Asterisk answers at once (Async), the call itself shows in events.

    `channel_id` becomes the Uniqueid, so that the call can be known and hung up before anything was heard of it.
    Errors: ValueError for what is no such id or time.
    """

    target: Phone | Outside
    entry: Entry
    channel_id: str
    ring_s: float = 20.0
    shown: str = ""  # the caller that whoever is rung sees, E.164
    name: ClassVar[str] = "Originate"
    listing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not _CHANNEL_ID.fullmatch(self.channel_id):
            raise ValueError(f"{self.channel_id!r} is no id for a channel")
        if not 1 <= self.ring_s <= 120:
            raise ValueError(f"nobody is rung for {self.ring_s} s")
        if self.shown and not _E164.fullmatch(self.shown):
            raise ValueError("not a number in E.164 to be shown")

    def fields(self) -> Fields:
        shown: Fields = (("CallerID", f"<{self.shown}>"),) if self.shown else ()
        if shown and isinstance(self.target, Outside):  # a customer, who may be handed over as if having called there
            shown = (*shown, ("Variable", f"__HOTLINE_DID={self.shown}"))
        return (
            ("Channel", self.target.channel),
            ("Context", self.entry.value),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Timeout", str(round(self.ring_s * 1000))),
            ("ChannelId", self.channel_id),
            ("Async", "true"),
            *shown,
        )


@dataclass(frozen=True, slots=True)
class PagePhone:
    """The password of a page's phone for one log-in, kept by the dialplan in Asterisk's database; empty: its end.

    An Originate to one fixed place of ours, because DBPut needs a right with which Asterisk could be stopped.
    Errors: ValueError for what is no page's phone or no password.
    """

    endpoint: str
    secret: str = field(default="", repr=False)
    name: ClassVar[str] = "Originate"
    listing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not _PAGE_PHONE.fullmatch(self.endpoint):
            raise ValueError("not the name of a page's phone")
        if self.secret and not _PAGE_SECRET.fullmatch(self.secret):
            raise ValueError("not a password of a page's phone")

    def fields(self) -> Fields:
        return (
            ("Channel", "Local/s@hotline-page/n"),
            ("Context", "hotline-page"),
            ("Exten", "done"),
            ("Priority", "1"),
            ("Async", "true"),
            # One line, as an action has each header once; Asterisk parts it at the comma.
            ("Variable", f"__HOTLINE_PAGE={self.endpoint},__HOTLINE_PAGE_SECRET={self.secret}"),
        )


@dataclass(frozen=True, slots=True)
class BlindTransfer:
    """Whoever talks with `channel` goes where `to` says, and `channel` is hung up: as if its phone had done it.

    Back to us, as a call that follows the one before, or to a number outside that stands in the dialplan. Errors:
    ValueError for what is no number.
    """

    channel: str
    number: str = field(default="", repr=False)  # outside, E.164; empty: back to us
    name: ClassVar[str] = "BlindTransfer"
    listing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.number and not _E164.fullmatch(self.number):
            raise ValueError("not a number in E.164")

    def fields(self) -> Fields:
        context, extension = ("hotline-agents", self.number) if self.number else ("hotline-again", "s")
        return (("Channel", self.channel), ("Context", context), ("Exten", extension))


@dataclass(frozen=True, slots=True)
class MuteRecording:
    """Silence in place of both voices in the recording of a channel, or no more; refused where none is running."""

    channel: str
    muted: bool
    name: ClassVar[str] = "MixMonitorMute"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Channel", self.channel), ("Direction", "both"), ("State", "1" if self.muted else "0"))


@dataclass(frozen=True, slots=True)
class StopRecording:
    """No more of a channel is recorded; refused where nothing is."""

    channel: str
    name: ClassVar[str] = "StopMixMonitor"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Channel", self.channel),)


QUEUE = "hotline-fallback"  # the one that Asterisk runs by itself (queues.conf)


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Answers with the members of the fallback queue and those who wait in it."""

    name: ClassVar[str] = "QueueStatus"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return (("Queue", QUEUE),)


@dataclass(frozen=True, slots=True)
class QueueAdd:
    """A phone serves the fallback queue. Errors of all three: ValueError for what is no endpoint's name."""

    endpoint: str
    name: ClassVar[str] = "QueueAdd"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Queue", QUEUE), ("Interface", Phone(self.endpoint).channel))


@dataclass(frozen=True, slots=True)
class QueueRemove:
    """Only a phone that was added so."""

    endpoint: str
    name: ClassVar[str] = "QueueRemove"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        return (("Queue", QUEUE), ("Interface", Phone(self.endpoint).channel))


@dataclass(frozen=True, slots=True)
class QueuePause:
    endpoint: str
    paused: bool
    name: ClassVar[str] = "QueuePause"
    listing: ClassVar[bool] = False

    def fields(self) -> Fields:
        paused = "true" if self.paused else "false"
        return (("Queue", QUEUE), ("Interface", Phone(self.endpoint).channel), ("Paused", paused))


Action = (
    Login | Ping | ListCommands | CoreShowChannels | DeviceStateList | PlayDtmf | Hangup | Originate | ReadsEnvironment
    | QueueStatus | QueueAdd | QueueRemove | QueuePause | PagePhone | BlindTransfer
    | MuteRecording | StopRecording | JudgeTrunk | ShowRegistrations | TrunkFigure
)  # fmt: skip
OfTalks = PagePhone | MuteRecording | StopRecording | Originate  # what is asked for beside the calls the core leads


def forbidden_right(commands: frozenset[str]) -> str | None:
    """The first right that an account with these commands has and must not have."""
    for right, shown_by in FORBIDDEN_RIGHTS.items():
        if commands & shown_by:
            return right
    return None
