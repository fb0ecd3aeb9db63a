"""Who has seen what of whom, and why: a chain of lines, each sealed with the one before it.

A line tells groups of fields, never values, and its subject is a pseudonym: who reads the audit learns nothing of the
customer, and who has the key finds a person's lines [GDPR art. 4(5), art. 5(2)]. Each seal is SHA-256 over the seal
before it and the line: a line that was changed, taken away, put in or moved breaks the chain at its place. Lines cut
off the end leave a chain that is whole, and are found by whoever has noted a later head.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

SUBJECT_DIGITS = 20  # 80 bits: no two customers share them, and they are short enough to be compared by eye


class Act(StrEnum):
    AUDIT_SHOWN = "audit_shown"
    CARD_SHOWN = "card_shown"  # on a consultant's page
    COMPLAINT_SHOWN = "complaint_shown"
    ERASED = "erased"
    EXPORTED = "exported"
    HELD = "held"  # nothing of the customer is erased or forgotten
    RECORDING_HEARD = "recording_heard"  # `why` is the interaction and the reason that was given
    RELEASED = "released"
    REQUEST_SHOWN = "request_shown"  # what a person asks about own data
    TICKET_CHANGED = "ticket_changed"  # here, or in another system by somebody there
    TICKET_SHOWN = "ticket_shown"
    QUALITY_SHOWN = "quality_shown"  # how calls sounded: the list of the worst, one call, its evidence, records
    COMPLAINT_STEP = "complaint_step"  # filed, written, decided, …: the act is the first of the fields
    TRUNKS_CHANGED = "trunks_changed"  # applied or rolled back, at which nodes; `why` says begun, done or failed
    SEARCH_SHOWN = "search_shown"  # among the customers that a search has found


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened. `id` is its own, however often it is written; `at` in seconds since the epoch."""

    id: str
    at: float
    actor: str  # the login
    act: str  # an Act; a newer version may know others
    subject: str = ""  # a pseudonym; empty: nobody
    fields: tuple[str, ...] = ()  # which groups, sorted
    why: str = ""  # the interaction, or another reason


@dataclass(frozen=True, slots=True)
class Line:
    sequence: int  # from 1
    entry: Entry
    seal: str  # SHA-256 in hexadecimal


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain goes: its last line's number and seal."""

    sequence: int = 0
    seal: str = "0" * 64

    def __str__(self) -> str:
        return f"{self.sequence}:{self.seal}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Errors: ValueError for what is not `number:seal`."""
        number, _, seal = text.partition(":")
        hexadecimal = len(seal) == 64 and set(seal) <= set("0123456789abcdef")
        if not (number.isascii() and number.isdigit() and hexadecimal):
            raise ValueError("a head is the number of a line, a colon, and 64 hexadecimal digits")
        return cls(int(number), seal)


def pseudonym(customer: str, key: bytes) -> str:
    """Of a customer number [HMAC-SHA256, RFC 2104]."""
    return hmac.new(key, customer.encode(), hashlib.sha256).hexdigest()[:SUBJECT_DIGITS]


def chained(head: Head, entries: Iterable[Entry]) -> list[Line]:
    """The lines that follow the head, in order."""
    lines = []
    for entry in entries:
        head = Head(head.sequence + 1, _seal(head.seal, head.sequence + 1, entry))
        lines.append(Line(head.sequence, entry, head.seal))
    return lines


class Verifier:
    """Reads the chain in its order, part by part; `fault` says what is wrong first, in words, empty while nothing is.

    `noted` are heads that were seen earlier.
    """

    def __init__(self, noted: Sequence[Head] = ()) -> None:
        self.head = Head()
        self.fault = ""
        self._noted = {each.sequence: each.seal for each in noted}

    def read(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if self.fault:
                return
            self.fault = self._wrong(line)
            if not self.fault:
                self.head = Head(line.sequence, line.seal)

    def end(self) -> str:
        """What is wrong with all of it, once everything is read."""
        last = max(self._noted, default=0)
        if not self.fault and last > self.head.sequence:
            self.fault = f"lines {self.head.sequence + 1} to {last} are gone: the chain is shorter than was noted"
        return self.fault

    def _wrong(self, line: Line) -> str:
        expected = self.head.sequence + 1
        if line.sequence != expected:
            return f"line {expected} is missing: {line.sequence} stands in its place"
        if line.seal != _seal(self.head.seal, line.sequence, line.entry):
            return f"line {line.sequence} was changed, moved or put in: its seal does not fit"
        if self._noted.get(line.sequence, line.seal) != line.seal:
            return f"line {line.sequence} is another one than was noted: the chain was written anew"
        return ""


def _seal(before: str, sequence: int, entry: Entry) -> str:
    told = [
        sequence,
        entry.id,
        float(entry.at),
        entry.actor,
        str(entry.act),
        entry.subject,
        list(entry.fields),
        entry.why,
    ]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(bytes.fromhex(before) + text.encode()).hexdigest()
