"""Quarters and weeks of the Polish calendar, as reports have them: 2026Q4, 2026-W48 [ISO 8601]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from telephony.core.hours import POLAND

_QUARTER = re.compile(r"([0-9]{4})Q([1-4])", re.ASCII)
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
MONTHS, DAYS = 3, 7  # of a quarter, of a week


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of the first day on, before that of `after`."""

    name: str
    first: date
    after: date

    @property
    def begins_at(self) -> float:
        """Seconds since the epoch."""
        return midnight(self.first)

    @property
    def ends_at(self) -> float:
        return midnight(self.after)


def midnight(day: date) -> float:
    """When the day begins in Poland, in seconds since the epoch."""
    return datetime(day.year, day.month, day.day, tzinfo=POLAND).timestamp()


def day_of(at: float) -> date:
    return datetime.fromtimestamp(at, POLAND).date()


def quarter(name: str) -> Period:
    """Errors: ValueError for what is none."""
    found = _QUARTER.fullmatch(name)
    if not found or found[1] == "0000":
        raise ValueError(f"{name!r} is no quarter such as 2026Q4")
    return _quarter(int(found[1]), int(found[2]))


def quarter_of(day: date) -> Period:
    return _quarter(day.year, (day.month - 1) // MONTHS + 1)


def _quarter(year: int, number: int) -> Period:
    first = date(year, (number - 1) * MONTHS + 1, 1)
    after = date(year + number // 4, number % 4 * MONTHS + 1, 1)
    return Period(f"{year:04}Q{number}", first, after)


def before(period: Period) -> Period:
    """The quarter before a quarter."""
    return quarter_of(period.first - timedelta(days=1))


def week(name: str) -> Period:
    """Errors: ValueError for what is none, such as a week 53 in a year that has 52."""
    found = _WEEK.fullmatch(name)
    try:
        first = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        first = None
    if first is None:
        raise ValueError(f"{name!r} is no week such as 2026-W48")
    return week_of(first)


def week_of(day: date) -> Period:
    year, number, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Period(f"{year:04}-W{number:02}", first, first + timedelta(days=DAYS))
