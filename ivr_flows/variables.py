"""What a flow can remember of a call: typed variables, and secrets that are none of them.

A secret (PIN, PESEL, BLIK code, card number) is a `SecretStr`: it can be handed to a check or a look-up and to nothing
else. It cannot be said, compared, written down or copied into a variable of another type.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from ivr_flows.spoken import known_format

T = TypeVar("T")

Value = str | int | bool  # date as ISO 8601, time as HH:MM, amount in whole grosze, minutes and numbers as they are


class Kind(StrEnum):
    """The type of a variable."""

    TEXT = "text"
    NUMBER = "number"
    DIGITS = "digits"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    MINUTES = "minutes"
    TICKET = "ticket"
    BOOLEAN = "boolean"
    RECORDING = "recording"
    SECRET = "secret"  # noqa: S105 - the name of a type


ORDERED = frozenset({Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.AMOUNT, Kind.MINUTES})
MAX_TEXT = 200

# How a value may be said (`ivr_flows.spoken`), the usual way first. What is not here cannot be said.
FORMATS = MappingProxyType(
    {
        Kind.TEXT: ("text",),
        Kind.NUMBER: ("number", "digits", "count:"),
        Kind.DIGITS: ("digits", "phone"),
        Kind.DATE: ("date", "date_year"),
        Kind.TIME: ("time", "at_time"),
        Kind.AMOUNT: ("amount",),
        Kind.MINUTES: ("minutes", "number"),
        Kind.TICKET: ("ticket",),
    }
)


def format_fits(kind: Kind, form: str) -> bool:
    """Whether a value of this type can be said in this format."""
    name, colon, _ = form.partition(":")
    return name + colon in FORMATS.get(kind, ()) and known_format(form)


def written(kind: Kind, text: str) -> Value:  # noqa: PLR0911 - one for each type
    """A constant as an author writes it; an amount like `12.50`. Raises ValueError saying what is expected."""
    match kind:
        case Kind.SECRET:
            raise ValueError("a secret cannot be set or compared")
        case Kind.BOOLEAN:
            return _choice(text)
        case Kind.NUMBER | Kind.MINUTES:
            return _whole(text)
        case Kind.AMOUNT:
            return _amount(text)
        case Kind.DATE:
            return _iso(text, "2026-12-24", date.fromisoformat).isoformat()
        case Kind.TIME:
            return _iso(text, "08:30", time.fromisoformat).isoformat("minutes")
        case Kind.DIGITS | Kind.TICKET:
            return _digits(text)
        case Kind.TEXT | Kind.RECORDING:
            if len(text) > MAX_TEXT or not text.isprintable():
                raise ValueError(f"a line of at most {MAX_TEXT} letters is expected")
            return text


def keyed(kind: Kind, digits: str) -> Value:
    """What a caller has keyed in: a date as DDMMYYYY, a time as HHMM, an amount in whole złotys. Raises ValueError."""
    match kind:
        case Kind.DATE:
            return datetime.strptime(_digits(digits, 8), "%d%m%Y").date().isoformat()  # noqa: DTZ007 - a date alone
        case Kind.TIME:
            return written(kind, f"{_digits(digits, 4)[:2]}:{digits[2:]}")
        case Kind.BOOLEAN | Kind.RECORDING | Kind.SECRET:
            raise ValueError(f"a {kind} cannot be keyed in")
        case _:
            return written(kind, digits)


def fits(kind: Kind, value: object) -> bool:
    """Whether a value from outside (a look-up's answer) is one of this type."""
    match kind:
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.NUMBER | Kind.MINUTES | Kind.AMOUNT:
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12
        case Kind.SECRET:
            return False
        case _:
            return isinstance(value, str) and _rereads(kind, value)


def _rereads(kind: Kind, text: str) -> bool:
    try:
        return written(kind, text) == text
    except ValueError:
        return False


def _choice(text: str) -> bool:
    if text not in ("true", "false", "yes", "no"):
        raise ValueError("true or false is expected")
    return text in ("true", "yes")


def _whole(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 12):
        raise ValueError("a whole number is expected")
    return int(text)


def _amount(text: str) -> int:
    zlotys, point, grosze = text.partition(".")
    if point and not (len(grosze) == 2 and grosze.isascii() and grosze.isdigit()):
        raise ValueError("an amount such as 12.50 is expected")
    return _whole(zlotys) * 100 + (-1 if zlotys.startswith("-") else 1) * int(grosze or 0)


def _digits(text: str, count: int | None = None) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= 32) or (count and len(text) != count):
        raise ValueError(f"{count or 'at most 32'} digits are expected")
    return text


def _iso(text: str, example: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"it is written like {example}") from None
