"""Tickets that are also in another system: what it is told, what comes back, and when something is tried again.

Messages name what is to be told and do not say it: what is sent is what stands in the ticket then, and whoever is
forgotten meanwhile is in no message.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.ids import InteractionId
from telephony.core.ticket import TicketEntry, TicketStatus

PAUSES_S = (1.0, 5.0, 30.0, 120.0, 300.0)  # from one try to the next; the last one holds on
SLOW_S = 60.0  # what was answered too late may still be done over there: not looked for before that
REFUSED_AFTER = 4  # tries of what the system refuses for its own sake
DEAD_AFTER = 24  # tries of what it fails at, about two hours; an hour's outage is not its fault


class Fault(StrEnum):
    """Whose fault it is that something was not taken."""

    AWAY = "away"  # nobody answers: nothing of it was done
    SLOW = "slow"  # no answer in time: it may have been done
    FAILED = "failed"  # the system has trouble, or does not let us in
    REFUSED = "refused"  # this one will not be taken, however often one tries


@dataclass(frozen=True, slots=True)
class TicketToTell:
    """A ticket as it stands now. `there`, `status_there`: where it is in the other system, and what both know."""

    sequence: int
    number: str
    interaction: InteractionId
    subject: str
    body: str
    status: TicketStatus
    opened_at: float
    customer: str | None = None
    caller: str | None = None  # E.164
    there: str | None = None
    status_there: TicketStatus | None = None


@dataclass(frozen=True, slots=True)
class TicketMessage:
    """Something to be told: with `entry` what that interaction put into the ticket, without it the ticket's status.

    `attempts` counts this one, too: with more than one, it may have been told already.
    """

    id: str
    ticket: int
    entry: InteractionId | None
    created_at: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was taken. `there`, `status`: where its ticket is and what both know now; None: as before."""

    id: str
    ticket: int
    there: str | None = None
    status: TicketStatus = TicketStatus.OPEN


@dataclass(frozen=True, slots=True)
class Comment:
    """`key` is the same at each try: what was said once is found by it."""

    key: str
    entry: TicketEntry


@dataclass(frozen=True, slots=True)
class Change:
    """Something that somebody has done to a ticket over there. `id` is its own there; `comment` may be empty."""

    id: str
    there: str
    at: float  # seconds since the epoch
    actor: str  # as they are called there
    status: TicketStatus | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PutOff:
    """What becomes of a message that was not taken: `dead_at` where it is put aside."""

    attempts: int
    next_at: float
    dead_at: float | None


def put_off(fault: Fault, attempts: int, now: float) -> PutOff:
    """`attempts` with the one that has just failed."""
    most = REFUSED_AFTER if fault is Fault.REFUSED else DEAD_AFTER
    dead = fault is not Fault.AWAY and attempts >= most
    pause_s = PAUSES_S[min(attempts, len(PAUSES_S)) - 1]
    if fault is Fault.SLOW:
        pause_s = max(pause_s, SLOW_S)
    # However long nobody answers, that is no fault of the message's: it has its tries once somebody does.
    counted = min(attempts, len(PAUSES_S)) if fault is Fault.AWAY else attempts
    return PutOff(counted, now + pause_s, now if dead else None)
