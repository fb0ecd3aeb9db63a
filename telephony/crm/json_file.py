"""A customer out of another system's JSON: where each thing stands is a JSONPath [RFC 9535]; nothing there is believed.

Texts are cut and freed of control characters, lists are bounded, what is no date or no amount is left out. A customer
without number or name is none: the answer is then refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Literal, TypeVar

from jsonpath import JSONPath
from jsonpath import compile as compiled
from jsonpath.exceptions import JSONPathError

from telephony.core.customer import Contract, Customer, CustomerFile, Device, Invoice
from telephony.crm.breaker import SourceError

T = TypeVar("T")
MOST_TEXT = 200  # characters
MOST_PARTS = 30  # contracts, devices, invoices, services, numbers: of each
MOST_GROSZE = 10**11
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)

Amounts = Literal["zloty", "grosze"]
Paths = Mapping[str, str]
Known = Mapping[str, JSONPath]

CUSTOMER = ("number", "name", "address", "since", "accessibility", "services", "phones")
PARTS = {
    "contracts": ("number", "services", "since", "until", "monthly"),
    "devices": ("kind", "model", "serial"),
    "invoices": ("number", "amount", "due", "paid"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """`customer` leads to the customers in an answer; the others on from there, `each` to the entries of a list."""

    customer: str = "$"
    fields: Paths = field(default_factory=dict)
    contracts: Paths = field(default_factory=dict)
    devices: Paths = field(default_factory=dict)
    invoices: Paths = field(default_factory=dict)
    amounts: Amounts = "zloty"


class Reader:
    """Errors of the making: ValueError for a path that is none, or leads to what no customer has."""

    def __init__(self, layout: Layout) -> None:
        self._customers = _path(layout.customer)
        self._fields = _paths("fields", layout.fields, CUSTOMER)
        self._parts = {name: _paths(name, getattr(layout, name), ("each", *known)) for name, known in PARTS.items()}
        self._scale = 100 if layout.amounts == "zloty" else 1
        if missing := {"number", "name"} - self._fields.keys():
            raise ValueError(f"fields: `{min(missing)}` is missing")

    def read(self, answer: object) -> CustomerFile | None:
        """None where nobody is in it, and where there are several: nobody is guessed. Errors: SourceError."""
        try:
            found = list(islice((each for each in _all(self._customers, answer) if each is not None), 2))
            return self._file(found[0]) if len(found) == 1 else None
        except RecursionError:
            raise SourceError("the answer is nested too deeply") from None

    def read_all(self, answer: object, most: int) -> tuple[Customer, ...]:
        """Everybody in it who has a number and a name, so many at most. Errors: SourceError."""
        try:
            found = filter(self._named, _all(self._customers, answer))
            return tuple(self._file(each).customer for each in islice(found, most))
        except RecursionError:
            raise SourceError("the answer is nested too deeply") from None

    def _named(self, here: object) -> bool:
        return bool(self._text("number", here) and self._text("name", here))

    def _file(self, here: object) -> CustomerFile:
        if not self._named(here):
            raise SourceError("an answer without number or name of the customer")
        customer = Customer(
            self._text("number", here),
            self._text("name", here),
            tuple(each for each in self._texts("phones", here) if _E164.fullmatch(each)),
            self._text("address", here),
            self._texts("services", here),
            _day(_first(self._fields, "since", here)),
            accessibility=_first(self._fields, "accessibility", here) is True,
        )
        return CustomerFile(
            customer,
            self._each("contracts", here, self._contract),
            self._each("devices", here, self._device),
            self._each("invoices", here, self._invoice),
        )

    def _text(self, name: str, here: object) -> str:
        return _text(_first(self._fields, name, here))

    def _texts(self, name: str, here: object) -> tuple[str, ...]:
        return _texts(self._fields, name, here)

    def _each(self, name: str, here: object, made: Callable[[Known, object], T | None]) -> tuple[T, ...]:
        paths = self._parts[name]
        entries = _all(paths["each"], here) if "each" in paths else ()
        return tuple(each for entry in islice(entries, MOST_PARTS) if (each := made(paths, entry)) is not None)

    def _contract(self, paths: Known, here: object) -> Contract | None:
        number, since = _text(_first(paths, "number", here)), _day(_first(paths, "since", here))
        if not number or since is None:
            return None
        until, monthly = _day(_first(paths, "until", here)), self._grosze(_first(paths, "monthly", here))
        return Contract(number, _texts(paths, "services", here), since, until, monthly)

    def _device(self, paths: Known, here: object) -> Device | None:
        kind, model, serial = (_text(_first(paths, name, here)) for name in PARTS["devices"])
        return Device(kind, model, serial) if kind or model else None

    def _invoice(self, paths: Known, here: object) -> Invoice | None:
        number, amount = _text(_first(paths, "number", here)), self._grosze(_first(paths, "amount", here))
        if not number or amount is None:
            return None
        paid = _first(paths, "paid", here)
        return Invoice(number, amount, _day(_first(paths, "due", here)), paid if isinstance(paid, bool) else None)

    def _grosze(self, value: object) -> int | None:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            return None
        try:
            grosze = Decimal(str(value)[:40].replace(",", ".")) * self._scale
        except InvalidOperation:
            return None
        return int(grosze) if grosze.is_finite() and abs(grosze) <= MOST_GROSZE else None


def _path(text: str) -> JSONPath:
    try:
        found = compiled(text)
    except JSONPathError as error:
        raise ValueError(f"`{text}` is no JSONPath: {str(error).splitlines()[0]}") from None
    if not isinstance(found, JSONPath):
        raise ValueError(f"`{text}` is more than one JSONPath")  # noqa: TRY004 - the file is wrong, not our code
    return found


def _paths(where: str, texts: Paths, known: Iterable[str]) -> Known:
    if strange := sorted(texts.keys() - set(known)):
        raise ValueError(f"{where}: there is no `{strange[0]}`; known are {', '.join(sorted(known))}")
    return {name: _path(text) for name, text in texts.items()}


def _all(path: JSONPath, here: object) -> Iterable[object]:
    if not isinstance(here, dict | list):
        return ()
    try:
        return (match.obj for match in path.finditer(here))
    except JSONPathError:
        return ()


def _first(paths: Known, name: str, here: object) -> object:
    return next(iter(_all(paths[name], here)), None) if name in paths else None


def _texts(paths: Known, name: str, here: object) -> tuple[str, ...]:
    found = _all(paths[name], here) if name in paths else ()
    return tuple(text for each in islice(found, MOST_PARTS) if (text := _text(each)))


def _text(value: object) -> str:
    """Of a text or a whole number; nothing of anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return _UNSEEN.sub(" ", str(value)[: 4 * MOST_TEXT]).strip()[:MOST_TEXT]


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
