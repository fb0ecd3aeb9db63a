"""When a department is open: weekly hours, Polish public holidays, exceptions, and closing in an emergency. Pure.

Hours are wall-clock times of Europe/Warsaw; whether the department is open is decided on instants, so that the night
without 02:30 and the night with two of them come out right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from ivr_flows.errors import FlowError
from ivr_flows.spoken import render

ZONE = ZoneInfo("Europe/Warsaw")
DAY_MINUTES = 24 * 60
_WEEK_DAYS = 7
_AHEAD_DAYS = 400  # an opening further away than a year is none that a caller waits for


class Why(Enum):
    HOURS = "hours"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Span:
    """Open from one minute of the day up to another; the whole day is 0 to 1440."""

    start_min: int
    end_min: int


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Days from `first` to `last` with hours of their own, before weekly hours and holidays."""

    first: date
    last: date
    spans: tuple[Span, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed in an emergency until an instant (seconds since the epoch), or until somebody opens again."""

    reason: str
    until_at: float | None = None

    def holds(self, now: float) -> bool:
        return self.until_at is None or now < self.until_at


@dataclass(frozen=True, slots=True)
class Department:
    week: tuple[tuple[Span, ...], ...]  # Monday first
    on_holidays: tuple[Span, ...] | None  # None: as on any other day
    exceptions: tuple[Exceptional, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    departments: Mapping[str, Department]
    closures: Mapping[str, Closure] = field(default_factory=dict)

    def closed(self, departments: Sequence[str], why: str) -> Calendar:
        """This calendar with these alone closed in an emergency. Raises FlowError for one that it has not."""
        for name in departments:
            _department(self, name)
        return replace(self, closures={name: Closure(why) for name in departments})


@dataclass(frozen=True, slots=True)
class Open:
    closes_at: float | None  # None: no end within a week


@dataclass(frozen=True, slots=True)
class Closed:
    """`words` is the holiday's Polish name or the reason its author wrote; `opens_at` None: nobody knows."""

    why: Why
    words: str
    opens_at: float | None


Status = Open | Closed


def status(calendar: Calendar, department: str, now: float) -> Status:
    """Open or closed at `now`, seconds since the epoch. Raises FlowError for a department the calendar has not."""
    hours = _department(calendar, department)
    closure = calendar.closures.get(department)
    if closure and closure.holds(now):
        opens_at = None if closure.until_at is None else _next_open(hours, closure.until_at)
        return Closed(Why.EMERGENCY, closure.reason, opens_at)
    if any(start <= now < end for start, end in _openings(hours, now, days=1)):
        return Open(_closes(hours, now))
    why, words = _reason(hours, local(now).date())
    return Closed(why, words, _next_open(hours, now))


def opening_words(opens_at: float, now: float, language: str) -> str:
    """`jutro o ósmej`, `w poniedziałek o siódmej trzydzieści`, `dwudziestego siódmego grudnia o ósmej`."""
    # Without their zone: what is said are days and times on the wall.
    return render("moment", (local(now).replace(tzinfo=None), local(opens_at).replace(tzinfo=None)), language)


def local(at: float) -> datetime:
    return datetime.fromtimestamp(at, ZONE)


@cache
def holidays_of(year: int) -> Mapping[date, str]:
    """Poland's public holidays with their Polish names; 24 December is one from 2025 on."""
    return dict(holidays.country_holidays("PL", years=year, language="pl"))


def _department(calendar: Calendar, name: str) -> Department:
    try:
        return calendar.departments[name]
    except KeyError:
        known = ", ".join(sorted(calendar.departments))
        raise FlowError(f"the calendar has no department `{name}`; it has {known}") from None


def _spans(department: Department, day: date) -> tuple[Span, ...]:
    if exception := _exception(department, day):
        return exception.spans
    if department.on_holidays is not None and day in holidays_of(day.year):
        return department.on_holidays
    return department.week[day.weekday()]


def _exception(department: Department, day: date) -> Exceptional | None:
    return next((each for each in department.exceptions if each.first <= day <= each.last), None)


def _reason(department: Department, day: date) -> tuple[Why, str]:
    if exception := _exception(department, day):
        return Why.EXCEPTION, exception.reason
    if department.on_holidays is not None and (name := holidays_of(day.year).get(day)):
        return Why.HOLIDAY, name
    return Why.HOURS, ""


def _openings(department: Department, now: float, *, days: int = _AHEAD_DAYS) -> Iterator[tuple[float, float]]:
    """Instants from and up to which it is open, in order, from the local day of `now` on; empty ones are left out."""
    first = local(now).date()
    for offset in range(days):
        day = first + timedelta(days=offset)
        for span in _spans(department, day):
            # An hour that comes twice: from the first time on, until the second time.
            start, end = _instant(day, span.start_min, fold=0), _instant(day, span.end_min, fold=1)
            if start < end:
                yield start, end


def _closes(department: Department, now: float) -> float | None:
    """The end of the opening around `now`; openings that touch (24:00 and 00:00) are one."""
    closes_at = now
    for start, end in _openings(department, now, days=_WEEK_DAYS + 1):
        if start > closes_at:
            return closes_at
        closes_at = max(closes_at, end)
    return closes_at if closes_at < now + (_WEEK_DAYS - 1) * 86_400 else None


def _next_open(department: Department, at: float) -> float | None:
    """The first instant from `at` on at which it is open by its hours."""
    return next((max(start, at) for start, end in _openings(department, at) if at < end), None)


def _instant(day: date, minute: int, *, fold: int) -> float:
    """A wall-clock minute as seconds since the epoch; one that the clock leaps over is the leap itself, 03:00."""
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    at = datetime.combine(day, time(*divmod(minute, 60)), ZONE).replace(fold=fold)
    if local(at.timestamp()).hour != at.hour:
        at = at.replace(hour=3, minute=0)
    return at.timestamp()
