"""A ticket system as the hotline needs one, whichever it is; each passes the same contract tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from telephony.core.ticket_exchange import Change, Comment, Fault, TicketToTell

MOST_COMMENT = 4000  # characters of what somebody wrote over there


class TicketSystemError(Exception):
    """Why it was not taken, in a word that tells nothing of the customer."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(why)
        self.fault = fault
        self.why = why


@dataclass(frozen=True, slots=True)
class Changes:
    """What was done over there, in order, and how far that goes, in the system's own words."""

    changes: Sequence[Change]
    mark: str


class TicketSystem(Protocol):
    """Errors of every method: TicketSystemError."""

    async def find(self, ticket: TicketToTell) -> str | None:
        """Where it is, if it is there: what was created is found, even if nobody has heard the answer."""

    async def create(self, ticket: TicketToTell) -> str:
        """Its number there. Called again it may create a second one: `find` comes first."""

    async def comment(self, there: str, ticket: TicketToTell, comment: Comment, *, again: bool) -> None:
        """Enter it, once, however often it is asked for; `again`: it may be there already."""

    async def set_status(self, there: str, ticket: TicketToTell, key: str) -> None:
        """Make its status that of the ticket; `key` is the same at each try."""

    async def changes(self, mark: str) -> Changes:
        """What others than we have done since the mark; with an empty one nothing, but the mark of now.

        What is on the border may come twice, with the same id.
        """

    async def close(self) -> None: ...


def title(ticket: TicketToTell) -> str:
    """How it is called there: our number is found by it."""
    return f"{ticket.subject} {marker(ticket.number)}"


def marker(number: str) -> str:
    return f"[hotline {number}]"
