"""A small JSON file that people change while a server reads it: written whole, by one at a time, read when changed."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from ivr_flows.errors import FlowError
from ivr_flows.files import write_atomically

T = TypeVar("T")

Mark = tuple[int, int, int]  # time, size and number of a file: another mark, another content

_MAX_BYTES = 256 * 1024


class LiveFile(Generic[T]):
    """Entries by name. For a server, `current` costs one `stat` unless the file has changed.

    A file that cannot be read keeps what was known before; `problem` says why, and is empty otherwise.
    """

    def __init__(self, path: Path, entries: TypeAdapter[dict[str, T]]) -> None:
        self._path = path
        self._entries = entries
        self._seen: Mark | None = (0, 0, 0)
        self._known: Mapping[str, T] = {}
        self.problem = ""

    def current(self) -> Mapping[str, T]:
        if (now := mark(self._path)) != self._seen:
            self._seen = now
            try:
                self._known, self.problem = self.read(), ""
            except (FlowError, OSError) as error:
                self.problem = str(error)
        return self._known

    def read(self) -> dict[str, T]:
        """What it holds; nothing where there is no file. Raises FlowError for a file that is not ours, OSError."""
        try:
            with self._path.open("rb") as file:
                raw = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return {}
        try:
            return self._entries.validate_json(raw)
        except ValidationError as error:
            raise FlowError(f"{self._path}: damaged, or written by something else; remove it to begin anew") from error

    @contextmanager
    def changing(self) -> Iterator[dict[str, T]]:
        """The entries to be changed in place; written at the end of the block. One at a time, also across processes."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = self.read()
            yield entries
            write_atomically(self._path, self._entries.dump_json(entries, indent=2))


def mark(path: Path) -> Mark | None:
    """What tells one content of the file from the next; None where there is none."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino
