"""A person as the hotline's data knows one, and how a mention of the person in a text is recognised.

The patterns are regular expressions that Python's `re` and PostgreSQL's `~` [PostgreSQL §9.7.3] read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ERASED = "(usunięto)"
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CUSTOMER = re.compile(r"[0-9A-Za-z][0-9A-Za-z/_.-]{0,39}")
_BETWEEN = "[ ()/.-]{0,2}"
_SHORTEST_NAME = 6


class UnknownPersonError(ValueError):
    """What was given is neither a customer number nor an E.164 number."""


@dataclass(frozen=True, slots=True)
class Person:
    """All that leads to somebody; `names` are those that nobody else has."""

    customers: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    tickets: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    shared_names: int = field(default=0, compare=False)  # names that others have, too: no proof of anybody

    @property
    def numbers(self) -> tuple[str, ...]:
        """Customer numbers and telephone numbers: whoever knows one of them can ask for the person."""
        return tuple(sorted(self.customers | self.phones))

    @property
    def empty(self) -> bool:
        return not (self.calls or self.tickets or self.names)


def told(given: Iterable[str]) -> Person:
    """Of customer numbers and E.164 numbers as somebody has typed them. Errors: UnknownPersonError."""
    customers, phones = set(), set()
    for each in (text.strip() for text in given):
        if E164.fullmatch(each):
            phones.add(each)
        elif _CUSTOMER.fullmatch(each):
            customers.add(each)
        else:
            raise UnknownPersonError("a person is a customer number, or a telephone number such as +48221234567")
    return Person(frozenset(customers), frozenset(phones))


def mentions(person: Person) -> str:
    """A pattern for any mention of the person by number or name; matches nothing for nobody."""
    return "|".join(_patterns(person)) or "(?!)"


def numbers_in_logs(person: Person) -> str:
    """A pattern for the telephone numbers alone, for files that hold nothing else of anybody."""
    return "|".join(_phone(each) for each in sorted(person.phones)) or "(?!)"


def _patterns(person: Person) -> Iterator[str]:
    for phone in sorted(person.phones):
        yield _phone(phone)
    for customer in sorted(person.customers):
        yield f"(?<![0-9A-Za-z]){_quoted(customer)}(?![0-9A-Za-z])"
    for name in sorted(person.names):
        if len(name) >= _SHORTEST_NAME and " " in name:
            yield " +".join(_quoted(word) for word in name.split())


def _phone(e164: str) -> str:
    """However it is written: with the country's code or without it, with spaces or hyphens."""
    digits = e164.removeprefix("+")
    if digits.startswith("48") and len(digits) == 11:  # the Polish plan is closed: nine digits name a subscriber
        return rf"(?<![0-9])(?:(?:\+|00)?48{_BETWEEN})?{_BETWEEN.join(digits[2:])}(?![0-9])"
    return rf"(?<![0-9])(?:\+|00)?{_BETWEEN.join(digits)}(?![0-9])"


def _quoted(text: str) -> str:
    """Each character that could mean something stands in brackets of its own."""
    return "".join(each if each.isalnum() else f"[{each}]" if each not in "^\\]" else f"\\{each}" for each in text)
