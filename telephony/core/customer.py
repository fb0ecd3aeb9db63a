"""The customer as the hotline knows one, whatever directory it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from telephony.core.views import Direction, Outcome


class Identity(StrEnum):
    """How surely it is known who calls, the least sure first."""

    UNKNOWN = "unknown"
    NUMBER = "number"  # the caller's number is a customer's; the network claims it, and that proves nothing
    PIN = "pin"  # proven on the keypad

    def suffices_for(self, needed: Identity) -> bool:
        return _SURENESS[self] >= _SURENESS[needed]


_SURENESS = {each: place for place, each in enumerate(Identity)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as it is known: the number shown, and the customer whom the caller has proven to be or whom
    the consultant takes the caller for.
    """

    number: str | None
    customer: str | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    number: str  # customer number, as on the invoice
    name: str
    phones: tuple[str, ...]  # E.164
    address: str
    services: tuple[str, ...]
    since: date | None  # None: not known
    accessibility: bool = False  # the remembered preference, with consent


@dataclass(frozen=True, slots=True)
class Contract:
    number: str
    services: tuple[str, ...]
    since: date
    until: date | None = None  # None: for an indefinite time
    monthly: int | None = None  # grosze; None: not known


@dataclass(frozen=True, slots=True)
class Device:
    """What is lent to the customer or sold with a service."""

    kind: str
    model: str
    serial: str


@dataclass(frozen=True, slots=True)
class Invoice:
    number: str
    amount: int  # grosze
    due: date | None = None
    paid: bool | None = None  # None: not known


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """What a directory knows of one customer."""

    customer: Customer
    contracts: tuple[Contract, ...] = ()
    devices: tuple[Device, ...] = ()
    invoices: tuple[Invoice, ...] = ()  # the latest first


@dataclass(frozen=True, slots=True)
class TicketSummary:
    number: str  # with its check digit
    subject: str
    status: str  # open, pending, closed
    opened_at: float
    answer_due: date | None = None  # a complaint's: the last day for the answer
    there: str = ""  # its number in another ticket system; empty: it is in none
    word: str = ""  # what somebody there wrote last


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
    mos: float | None = None  # MOS-CQ of the worst direction [ITU-T G.107 Annex B]; None: not measured


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a caller; `customer` is None when nobody is known under that number."""

    customer: Customer | None
    open_tickets: tuple[TicketSummary, ...] = ()
    available: bool = True  # False: the directory did not answer within its budget
    history: tuple[Contact, ...] = ()  # the latest first; of the number alone where nobody is known under it
    contracts: tuple[Contract, ...] = ()
    devices: tuple[Device, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    identity: Identity = Identity.UNKNOWN


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
