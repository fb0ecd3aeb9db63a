"""What goes wrong with a flow: the author's mistake in a file, or our own misuse of the engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a flow file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class FlowError(Exception):
    """The flow cannot be used as it is written; `str()` gives `file:line:column: message` where the place is known."""

    def __init__(self, message: str, place: Place | None = None, rule: str = "not-a-flow") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.place = place
        self.rule = rule  # the checker's name of what is wrong


class SessionError(Exception):
    """Our own bug: a session was resumed with something it does not wait for."""
