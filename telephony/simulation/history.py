"""Real history as CSV [RFC 4180]: a call a line, with its arrival and, where known, handling time and patience."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from telephony.simulation.callers import MAX_CALLS
from telephony.simulation.scenario import PastCall, ScenarioError

MAX_BYTES = 100_000_000
COLUMNS = frozenset({"arrived_s", "arrived_at", "handle_s", "patience_s"})


def read(path: Path) -> tuple[PastCall, ...]:
    """Columns: `arrived_s`, or `arrived_at` (ISO 8601; the first call's midnight is second 0); `handle_s` and
    `patience_s` if wanted, empty where not known. Raises ScenarioError naming file and line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ScenarioError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB")
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(sorted(_calls(path, csv.DictReader(file)), key=lambda call: call.arrived_s))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(f"{path}: not CSV in UTF-8: {error}") from error


def _calls(path: Path, rows: csv.DictReader[str]) -> Iterator[PastCall]:
    columns = set(rows.fieldnames or ())
    if len(columns & {"arrived_s", "arrived_at"}) != 1 or columns - COLUMNS:
        wanted = "arrived_s or arrived_at, and if wanted handle_s and patience_s"
        raise ScenarioError(f"{path}:1: the columns are {wanted}; here are: {', '.join(sorted(columns)) or 'none'}")
    midnight: datetime | None = None
    for count, row in enumerate(rows, 1):
        place = f"{path}:{rows.line_num}"
        if count > MAX_CALLS:
            raise ScenarioError(f"{place}: more than {MAX_CALLS:,} calls")
        if None in row or None in row.values():
            raise ScenarioError(f"{place}: another number of fields than the first line has")
        if "arrived_at" in row:
            at = _moment(row["arrived_at"], place)
            midnight = midnight or at.replace(hour=0, minute=0, second=0, microsecond=0)
            arrived_s = _since(midnight, at, place)
        else:
            arrived_s = _seconds(row["arrived_s"], place, "arrived_s")
        yield PastCall(arrived_s, _known(row, "handle_s", place), _known(row, "patience_s", place))


def _known(row: Mapping[str, str], column: str, place: str) -> float | None:
    text = row.get(column, "").strip()
    return _seconds(text, place, column) if text else None


def _seconds(text: str, place: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ScenarioError(f"{place}: {column}: {text[:40]!r} is no number of seconds from 0 on")
    return value


def _moment(text: str, place: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise ScenarioError(f"{place}: arrived_at: {text[:40]!r} is no time such as 2026-11-23T09:15:00") from None


def _since(midnight: datetime, at: datetime, place: str) -> float:
    try:
        seconds = (at - midnight).total_seconds()
    except TypeError:
        raise ScenarioError(f"{place}: arrived_at: some times have an offset from UTC and some have none") from None
    if seconds < 0:
        raise ScenarioError(f"{place}: arrived_at: before the day of the first line")
    return seconds
