"""Departments closed in an emergency, in one small JSON file: written whole, read anew when it changes."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ivr_flows.calendar import ZONE, Closure, local
from ivr_flows.errors import FlowError
from ivr_flows.files import write_atomically

FILE = "closures.json"
_MAX_BYTES = 64 * 1024
_MAX_REASON = 200
_READER: TypeAdapter[dict[str, Closure]] = TypeAdapter(dict[str, Closure])


def read(path: Path) -> dict[str, Closure]:
    """What is closed; nothing where there is no file. Raises FlowError for a file that is not ours, OSError."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    try:
        return _READER.validate_json(raw)
    except ValidationError as error:
        raise FlowError(f"{path}: not a list of closures; remove it to open everything") from error


def close(path: Path, department: str, closure: Closure) -> None:
    """Raises FlowError for a reason that is empty, long or not plain text."""
    if not 0 < len(closure.reason) <= _MAX_REASON or not closure.reason.isprintable():
        raise FlowError(f"the reason is one line of 1 to {_MAX_REASON} characters")
    with _changing(path) as closures:
        closures[department] = closure


def reopen(path: Path, department: str) -> bool:
    """Whether it had been closed."""
    with _changing(path) as closures:
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


class ClosureFile:
    """The closures as they are now, for a server: one `stat` unless the file has changed.

    A file that cannot be read keeps what was known before; `problem` says why, and is empty otherwise.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = (0, 0, 0)
        self._closures: Mapping[str, Closure] = {}
        self.problem = ""

    def current(self) -> Mapping[str, Closure]:
        if (mark := self._mark()) != self._seen:
            self._seen = mark
            try:
                self._closures, self.problem = read(self._path), ""
            except (FlowError, OSError) as error:
                self.problem = str(error)
        return self._closures

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            seen = self._path.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _is_time(text: str) -> bool:
    return "T" not in text and len(text) <= len("18:00")


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, Closure]]:
    """Read, change, write: one at a time, also across processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        closures = read(path)
        yield closures
        write_atomically(path, _READER.dump_json(closures, indent=2))
