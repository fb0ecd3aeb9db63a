"""A log file that somebody else writes, rotates and truncates, read from where we stopped.

A file is known by the fingerprint of its first line (our logs begin with a time and a channel of their own), which
outlives renaming, copying and a new inode. A last line without its end is left for the next time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from telephony.core.logged import LogPosition

LONGEST_LINE = 8192  # bytes; a longer one is none of Asterisk's and is skipped


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Where a line begins. Marks of one LogFile are ordered, over rotations too."""

    generation: int
    bytes: int
    file: str

    @property
    def position(self) -> LogPosition:
        return LogPosition(self.file, self.bytes)


class LogFile:
    def __init__(self, path: Path, since: LogPosition | None) -> None:
        self._path = path
        self._mark = Mark(0, since.bytes if since else 0, since.file if since else "")
        self.gaps = 0  # times when what followed our position was not to be found any more
        self.overlong = 0

    @property
    def mark(self) -> Mark:
        """Where the next line will begin."""
        return self._mark

    def lines(self) -> Iterator[tuple[Mark, bytes]]:
        """The whole lines up to the present end, each without its end. Errors: OSError."""
        current = _fingerprint(self._path)
        if current is None:
            return
        if current != self._mark.file:
            yield from self._rest_of_rotated()
            self._mark = Mark(self._mark.generation + 1, 0, current)
        elif self._path.stat().st_size < self._mark.bytes:
            self.gaps += 1
            self._mark = Mark(self._mark.generation + 1, 0, current)
        yield from self._rest(self._path)

    def _rest_of_rotated(self) -> Iterator[tuple[Mark, bytes]]:
        if not self._mark.file:
            return
        for sibling in sorted(self._path.parent.glob(f"{self._path.name}?*")):
            if _fingerprint(sibling) == self._mark.file:
                yield from self._rest(sibling)
                return
        self.gaps += 1

    def _rest(self, path: Path) -> Iterator[tuple[Mark, bytes]]:
        with path.open("rb") as file:
            file.seek(self._mark.bytes)
            skipped = 0
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    skipped += len(line)
                    continue
                mark = self._mark
                self._mark = Mark(mark.generation, mark.bytes + skipped + len(line), mark.file)
                if skipped:
                    self.overlong += 1
                    skipped = 0
                else:
                    yield mark, line[:-1]


def _fingerprint(path: Path) -> str | None:
    """Of the first line; None while there is none."""
    with suppress(FileNotFoundError, IsADirectoryError), path.open("rb") as file:
        first = file.readline(LONGEST_LINE)
        if first.endswith(b"\n") or len(first) == LONGEST_LINE:
            return hashlib.sha256(first).hexdigest()[:32]
    return None
