"""The AMI actions we use, typed: what is not here cannot be sent.

There is no Originate: an account that may originate may name almost any application, so the day it is needed it gets
a type without that field and with a fixed choice of contexts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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


Action = Login | Ping | ListCommands | CoreShowChannels | DeviceStateList | PlayDtmf | Hangup


def forbidden_right(commands: frozenset[str]) -> str | None:
    """The first right that an account with these commands has and must not have."""
    for right, shown_by in FORBIDDEN_RIGHTS.items():
        if commands & shown_by:
            return right
    return None
