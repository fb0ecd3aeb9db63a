"""A ticket as it is asked for, and its number: running, with a check digit, short enough to be spoken digit by digit.

The check digit is Damm's [H. M. Damm, Total anti-symmetrische Quasigruppen, 2004]: it finds every single wrong digit
and every swap of two neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.ids import InteractionId, QueueName

FEWEST_DIGITS = 5  # without the check digit

_QUASIGROUP = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


class TicketStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket for an interaction; idempotent on it.

    With a `topic` it becomes part of the open ticket that the same person has about it, where there is one. `status` is
    what it shall be even if it is there already; None leaves an earlier one as it is.
    """

    interaction: InteractionId
    queue: QueueName | None
    subject: str
    body: str
    topic: str | None = None
    status: TicketStatus | None = None


@dataclass(frozen=True, slots=True)
class TicketEntry:
    """What one interaction has put into a ticket."""

    interaction: InteractionId
    subject: str
    body: str
    entered_at: float


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """A ticket among others. `entries`: how many interactions it has taken in, its own among them."""

    sequence: int
    interaction: InteractionId  # that it was opened for
    subject: str
    status: TicketStatus
    queue: QueueName | None
    customer: str | None
    opened_at: float  # seconds since the epoch
    changed_at: float  # when something last came into it
    entries: int
    complaint: str | None  # of which kind
    there: str | None  # its number in the other ticket system

    @property
    def number(self) -> str:
        return ticket_number(self.sequence)


@dataclass(frozen=True, slots=True)
class Written:
    """Something that a customer was written about a ticket, without what it says. Times in seconds since the epoch."""

    way: str  # sms, mail
    about: str  # number, survey, or what a letter of a complaint is for
    made_at: float
    sent_at: float | None
    dead_at: float | None  # nobody took it


def ticket_number(sequence: int) -> str:
    """`sequence` ≥ 1 with its check digit, at least six digits."""
    digits = f"{sequence:0{FEWEST_DIGITS}}"
    return f"{digits}{_damm(digits)}"


def ticket_sequence(number: str) -> int:
    """The running number behind a ticket's number. Errors: ValueError when a digit must be wrong."""
    if not (number.isascii() and number.isdigit() and len(number) > FEWEST_DIGITS and _damm(number) == 0):
        raise ValueError("that is no ticket number of ours: a digit is wrong or missing")
    return int(number[:-1])


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_QUASIGROUP[interim][int(digit)])
    return interim
