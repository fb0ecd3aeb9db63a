"""Departments closed in an emergency, in one small JSON file: written whole, read anew when it changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from ivr_flows.calendar import ZONE, Closure, local
from ivr_flows.errors import FlowError
from ivr_flows.live_file import LiveFile

FILE = "closures.json"
_MAX_REASON = 200
_ENTRIES: TypeAdapter[dict[str, Closure]] = TypeAdapter(dict[str, Closure])


def live(path: Path) -> LiveFile[Closure]:
    return LiveFile(path, _ENTRIES)


def close(path: Path, department: str, closure: Closure) -> None:
    """Raises FlowError for a reason that is empty, long or not plain text."""
    if not 0 < len(closure.reason) <= _MAX_REASON or not closure.reason.isprintable():
        raise FlowError(f"the reason is one line of 1 to {_MAX_REASON} characters")
    with live(path).changing() as closures:
        closures[department] = closure


def reopen(path: Path, department: str) -> bool:
    """Whether it had been closed."""
    with live(path).changing() as closures:
        return closures.pop(department, None) is not None


def moment(text: str, now: float) -> float:
    """`18:00` today or `2026-12-24T18:00`, in Warsaw unless it has an offset; raises FlowError."""
    try:
        at = datetime.fromisoformat(f"{local(now):%Y-%m-%d}T{text}" if _is_time(text) else text)
    except ValueError:
        raise FlowError(f"{text!r} is no time such as 18:00 or 2026-12-24T18:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=ZONE)).timestamp()


def until(text: str, now: float) -> float:
    """A moment to come: `18:00` is tomorrow's where today's has passed. Raises FlowError for one in the past."""
    at = moment(text, now)
    if _is_time(text) and at <= now:
        at = (local(at) + timedelta(days=1)).timestamp()  # on the wall, whatever the clock does at night
    if at <= now:
        raise FlowError(f"{text} has passed already")
    return at


def _is_time(text: str) -> bool:
    return "T" not in text and len(text) <= len("18:00")
