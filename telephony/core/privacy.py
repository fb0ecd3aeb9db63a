"""Requests of persons about their data, with the clock of the law; holds, and receipts of what was erased.

The clock [GDPR art. 12(3)]: a month from the day of receipt, and two months more where the person was told why. A
month ends on the day with the same number, or the last one where there is none such; on a Saturday, Sunday or holiday
it ends on the next working day [Regulation (EEC, Euratom) 1182/71 art. 3].
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from enum import StrEnum

EXTENDED_MONTHS = 3


class RequestKind(StrEnum):
    ACCESS = "access"  # art. 15
    RECTIFICATION = "rectification"  # art. 16
    ERASURE = "erasure"  # art. 17
    RESTRICTION = "restriction"  # art. 18
    PORTABILITY = "portability"  # art. 20
    OBJECTION = "objection"  # art. 21


class Answer(StrEnum):
    DONE = "done"
    PARTLY = "partly"  # the law keeps the rest
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """What a person asks for. `number` is as given, and empty once the person is erased."""

    id: str
    kind: RequestKind
    subject: str  # a pseudonym
    number: str
    note: str
    received_on: date
    due_on: date
    entered_by: str
    extended_why: str = ""
    answer: Answer | None = None
    answered_on: date | None = None
    answered_by: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing of the person is erased or forgotten while it lasts. Times in seconds since the epoch."""

    id: str
    subject: str
    numbers: tuple[str, ...]  # none once it is released
    reason: str
    placed_at: float
    placed_by: str
    until: float | None = None  # None: until it is released
    released_at: float | None = None
    released_by: str = ""

    def lasts(self, now: float) -> bool:
        return self.released_at is None and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the law keeps of an erased person, and why."""

    place: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, what the law keeps, and that a search has found nothing else. It names nobody."""

    id: str
    subjects: tuple[str, ...]  # pseudonyms
    asked_by: str
    begun_at: float
    done_at: float
    erased: Mapping[str, int]  # place → rows or files
    kept: tuple[Kept, ...]
    searched: tuple[str, ...]  # places where a search for numbers and names has found nothing but what is kept
    to_be_told: tuple[str, ...]  # other systems whose operators have to erase, too [GDPR art. 17(2), 19]
    remarks: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """What is signed: JSON with sorted keys and nothing between [in the manner of RFC 8785]."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def months_after(day: date, months: int, closed: Callable[[date], bool]) -> date:
    """The last day of a period of so many months; `closed` tells holidays."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    while last.weekday() > 4 or closed(last):
        last += timedelta(days=1)
    return last


def held(holds: Sequence[Hold], now: float) -> tuple[Hold, ...]:
    return tuple(each for each in holds if each.lasts(now))
