"""The calendar as its author writes it: a YAML file of departments, checked, every error with its place."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ivr_flows import source
from ivr_flows.calendar import DAY_MINUTES, Calendar, Department, Exceptional, Span
from ivr_flows.errors import FlowError

CLOSED, AS_USUAL = "closed", "as usual"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def _spans(value: object) -> tuple[Span, ...]:
    """`closed`, or `08:00-16:00` and more of them behind commas, in order."""
    if value == CLOSED:
        return ()
    spans = tuple(_span(part.strip()) for part in str(value).split(","))
    if any(later.start_min < earlier.end_min for earlier, later in pairwise(spans)):
        raise ValueError("the hours overlap or are out of order")
    return spans


def _span(text: str) -> Span:
    if not (found := _HOURS.fullmatch(text)):
        raise ValueError(f"hours are written like 08:00-16:00, or `{CLOSED}`")
    start_h, start_m, end_h, end_m = map(int, found.groups())
    span = Span(start_h * 60 + start_m, end_h * 60 + end_m)
    if not span.start_min < span.end_min <= DAY_MINUTES:
        raise ValueError("hours end later on the same day; for a night write until 24:00, and 00:00 on the next day")
    return span


def _on_holidays(value: object) -> tuple[Span, ...] | None:
    return None if value == AS_USUAL else _spans(value)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("contains a control character")
    return value


def _days(value: str) -> str:
    first, dash, last = value.partition("-")
    if first not in _DAYS or (dash and (last not in _DAYS or _DAYS.index(last) <= _DAYS.index(first))):
        raise ValueError("days are written like mon, or mon-fri from an earlier to a later one")
    return value


Spans = Annotated[tuple[Span, ...], BeforeValidator(_spans)]
Reason = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExceptionEntry(_Strict):
    first: date
    last: date | None = None  # the same day
    hours: Spans
    reason: Reason

    @model_validator(mode="after")
    def _in_order(self) -> ExceptionEntry:
        if self.last and self.last < self.first:
            raise ValueError("`last` lies before `first`")
        return self


class DepartmentEntry(_Strict):
    hours: dict[Annotated[str, AfterValidator(_days)], Spans] = Field(min_length=1)
    holidays: Annotated[tuple[Span, ...] | None, BeforeValidator(_on_holidays)] = ()
    exceptions: tuple[ExceptionEntry, ...] = ()

    @model_validator(mode="after")
    def _each_day_once(self) -> DepartmentEntry:
        days = [day for key in self.hours for day in _range(key)]
        if len(days) != len(set(days)):
            raise ValueError("a day of the week has hours twice")
        return self


class CalendarFile(_Strict):
    departments: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")], DepartmentEntry] = Field(min_length=1)


def load(path: Path) -> Calendar:
    """The calendar without closures; raises FlowError `file:line:column: …` for the first thing that is wrong."""
    file = source.read(path)
    try:
        read = CalendarFile.model_validate(file.tree)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = tuple(step for step in problem["loc"] if step != "[key]")
        of_key = problem["type"] == "extra_forbidden" or "[key]" in problem["loc"]
        name = ".".join(map(str, where)) or "calendar"
        words = problem["msg"].removeprefix("Value error, ")
        raise FlowError(f"{name}: {words}", file.place(where, of_key=of_key)) from None
    return Calendar(MappingProxyType({name: _department(entry) for name, entry in read.departments.items()}))


def _department(entry: DepartmentEntry) -> Department:
    by_day = {day: spans for key, spans in entry.hours.items() for day in _range(key)}
    return Department(
        tuple(by_day.get(day, ()) for day in range(len(_DAYS))),
        entry.holidays,
        tuple(Exceptional(each.first, each.last or each.first, each.hours, each.reason) for each in entry.exceptions),
    )


def _range(key: str) -> range:
    first, _, last = key.partition("-")
    return range(_DAYS.index(first), _DAYS.index(last or first) + 1)
