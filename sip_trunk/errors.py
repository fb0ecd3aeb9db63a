"""What goes wrong with trunks: the author's mistake in a file, or a far side that misbehaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands in a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong, where, and how to mend it."""

    place: Place
    message: str

    def told(self, file: str) -> str:
        """As editors and terminals know it: `file:line:column: message`."""
        return f"{file}:{self.place.line}:{self.place.column}: {self.message}"


class TrunkError(Exception):
    """The base of what this package raises."""


class TrunkFileError(TrunkError):
    """The file cannot be used; `findings` are all that is wrong, in the order of the file."""

    def __init__(self, file: str, findings: Sequence[Finding]) -> None:
        self.file = file
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(each.told(file) for each in self.findings))
