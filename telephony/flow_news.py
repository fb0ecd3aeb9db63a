"""What a running server says of the flows it serves, in a small file beside the revisions: for the command line.

A lock, which ends with the process whatever becomes of it, tells whether there is a server at all.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import structlog
from pydantic import TypeAdapter, ValidationError

from ivr_flows.files import write_atomically

log = structlog.get_logger()

FILE, LOCK = "serving.json", "serving.lock"


@dataclass(frozen=True, slots=True)
class News:
    """`loads` counts what the server has tried to serve; `problem` is why the latest of it is not served."""

    revision: str
    loads: int
    problem: str = ""


_NEWS = TypeAdapter(News)


def to_nobody(_: News) -> None:
    """Where there is no one to be told."""


@contextmanager
def told_in(folder: Path) -> Iterator[Callable[[News], None]]:
    """What takes the news, for as long as the server runs. Where the folder cannot be written, or another server has
    it, they are told to nobody: only the command line misses them.
    """
    lock = _locked(folder)
    try:
        yield (lambda news: _tell(folder, news)) if lock else to_nobody
    finally:
        if lock:
            lock.close()


def _locked(folder: Path) -> TextIO | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a")
    except OSError as error:
        log.warning("flows.not_told", reason=str(error))
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        log.warning("flows.not_told", reason=str(error))
        return None
    return lock


def _tell(folder: Path, news: News) -> None:
    try:
        write_atomically(folder / FILE, _NEWS.dump_json(news))
    except OSError as error:
        log.warning("flows.not_told", reason=str(error))


def heard(folder: Path) -> News | None:
    """What the server said last; None where none runs."""
    try:
        with (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError, ValidationError):
            return _NEWS.validate_json((folder / FILE).read_bytes())
    except OSError:
        pass
    return None
