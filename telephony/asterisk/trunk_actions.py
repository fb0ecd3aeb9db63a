"""The AMI actions about trunks that the server's own account may do: it reads, and keeps its judgement of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

Fields = tuple[tuple[str, str], ...]

_TRUNK = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TRUNK_FIGURE = re.compile(
    rf"PJSIP_CONTACT\({_TRUNK.pattern}@@[0-9a-f]{{32}},(?:status|rtt)\)"
    rf"|GROUP_COUNT\({_TRUNK.pattern}@trunk(?:_in)?\)|DB_EXISTS\(hotline_trunk_ill/{_TRUNK.pattern}\)"
)


@dataclass(frozen=True, slots=True)
class JudgeTrunk:
    """Whether a trunk is put last, kept in Asterisk's database by the applied trunks' dialplan, like `PagePhone`.

    Errors: ValueError for what is no trunk's name.
    """

    trunk: str
    ill: bool
    name: ClassVar[str] = "Originate"
    listing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not _TRUNK.fullmatch(self.trunk):
            raise ValueError("not the name of a trunk")

    def fields(self) -> Fields:
        return (
            ("Channel", "Local/s@hotline-trunk-judged/n"),
            ("Context", "hotline-trunk-judged"),
            ("Exten", "done"),
            ("Priority", "1"),
            ("Async", "true"),
            ("Variable", f"__HOTLINE_JUDGED={self.trunk},__HOTLINE_ILL={int(self.ill)}"),
        )


@dataclass(frozen=True, slots=True)
class ShowRegistrations:
    """Where we register. Asterisk tells the passwords, too: only what is named in `WANTED` leaves the parser."""

    name: ClassVar[str] = "PJSIPShowRegistrationsOutbound"
    listing: ClassVar[bool] = True

    def fields(self) -> Fields:
        return ()


@dataclass(frozen=True, slots=True)
class TrunkFigure:
    """One figure of a trunk: a function of the dialplan that only reads. Errors: ValueError for any other."""

    function: str
    name: ClassVar[str] = "Getvar"
    listing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not _TRUNK_FIGURE.fullmatch(self.function):
            raise ValueError("not a figure of a trunk")

    def fields(self) -> Fields:
        return (("Variable", self.function),)
