"""The customer as the hotline knows one, whatever directory it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from telephony.core.views import Direction, Outcome


@dataclass(frozen=True, slots=True)
class Customer:
    number: str  # customer number, as on the invoice
    name: str
    phones: tuple[str, ...]  # E.164
    address: str
    services: tuple[str, ...]
    since: date
    accessibility: bool = False  # the remembered preference, with consent


@dataclass(frozen=True, slots=True)
class TicketSummary:
    number: str  # with its check digit
    subject: str
    status: str  # open, pending, closed
    opened_at: float


@dataclass(frozen=True, slots=True)
class Contact:
    """One earlier interaction, whatever its channel; `ticket` is its number."""

    at: float  # seconds since the epoch
    direction: Direction
    queue: str | None
    outcome: Outcome
    agent: str | None
    ticket: str | None
    note: str = ""  # what the consultants wrote down
    dispositions: tuple[str, ...] = ()  # what came of it, as codes of the queue's list


@dataclass(frozen=True, slots=True)
class Card:
    """What the consultant sees of a caller; `customer` is None when nobody is known under that number."""

    customer: Customer | None
    open_tickets: tuple[TicketSummary, ...] = ()
    available: bool = True  # False: the directory did not answer within its budget
    history: tuple[Contact, ...] = ()  # the latest first; of the number alone where nobody is known under it


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """What a customer may be told about money and line. Amounts in whole grosze; None: not known."""

    customer: str
    balance: int = 0  # owed to us
    balance_due: date | None = None
    invoice: str | None = None  # the last one's number, digits
    invoice_amount: int | None = None
    invoice_due: date | None = None
    invoice_paid: bool | None = None
    line_state: str = "unknown"  # ok, fault, unknown
    line_since: date | None = None
    line_repair: date | None = None
