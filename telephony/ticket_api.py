"""Tickets in the console: lists of them, one with all that has happened to it, and setting its status.

Consultants see those of their departments, and those of none, such as complaints; supervisors see all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import structlog
from pydantic import Field

from telephony.audit import AuditTrail
from telephony.console.api.endpoint import STAFF, Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS
from telephony.core.account import Account
from telephony.core.card_fields import CardField, CardRules
from telephony.core.customer import Identity
from telephony.core.ticket import ListedTicket, TicketEntry, TicketStatus, Written
from telephony.core.ticket_exchange import Change
from telephony.core.tickets import without_quality
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.store.tickets import HERE
from telephony.ticket_number import typed_sequence

log = structlog.get_logger()

MOST = 200

State = Literal["waiting", "sent", "failed"]


class Wanted(Wire):
    """Any of them together, or nothing: the youngest."""

    status: TicketStatus | None = None
    queue: str | None = Field(default=None, max_length=80)
    number: str | None = Field(default=None, max_length=30)  # with its check digit


class QueueTitle(Wire):
    name: str
    title: str


class TicketNow(Wire):
    """Times in seconds since the epoch; `changed_at`: when something last came into it."""

    number: str
    subject: str
    status: TicketStatus
    queue: QueueTitle | None
    opened_at: float
    changed_at: float
    entries: int  # interactions that it has taken in
    complaint: bool
    there: str | None  # its number in the other ticket system


class TicketsNow(Wire):
    queues: tuple[QueueTitle, ...]  # that may be asked for
    tickets: tuple[TicketNow, ...]  # the youngest first, not more than 200


class TicketStep(Wire):
    """What an interaction put in, somebody changed (`system` empty: here), or the customer was written."""

    at: float
    what: Literal["entry", "change", "message"]
    subject: str = ""
    text: str = ""
    interaction: str = ""
    system: str = ""
    who: str = ""
    status: TicketStatus | None = None
    way: str = ""  # of a message: sms, mail, …
    about: str = ""  # number, survey, or what a letter of the complaint is for
    state: State | Literal[""] = ""


class WholeTicket(TicketNow):
    """`customer`: the customer number, for whom may see it."""

    customer: str
    steps: tuple[TicketStep, ...]  # in order


class NewStatus(Wire):
    status: TicketStatus


class TicketApi:
    """`titles` of queues; every look into one ticket stands in the `audit`; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        store: Store,
        titles: Mapping[str, str],
        rules: CardRules,
        audit: AuditTrail,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._titles = titles
        self._rules = rules
        self._audit = audit
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        one = "/tickets/{number}"
        yield Endpoint(
            "GET", "/tickets", "tickets by status, department or number", STAFF, self._list, query=Wanted,
            gives=TicketsNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", one, "a ticket, with all that has happened to it", STAFF, self._one, gives=WholeTicket,
            refuses=(404, 422, 503),
        )  # fmt: skip
        yield Endpoint(
            "PUT", f"{one}/status", "set a ticket's status", STAFF, self._set, takes=NewStatus, gives=WholeTicket,
            refuses=(404, 409, 503),
        )  # fmt: skip

    async def _list(self, asked: Asked) -> TicketsNow:
        wanted, account = asked.query_as(Wanted), asked.account
        self._open_to(account)
        own = None if account.role in SUPERVISORS else account.departments
        sequence = typed_sequence(wanted.number) if wanted.number is not None else None
        if wanted.queue is not None and own is not None and wanted.queue not in own:
            raise ProblemError(403, detail="a queue of another department")
        async with _told():
            found = await self._store.tickets.listed(
                status=wanted.status, queue=wanted.queue, queues=own, sequence=sequence, most=MOST
            )
        names = self._titles if own is None else [each for each in self._titles if each in own]
        return TicketsNow(
            queues=tuple(self._queue(each) for each in names),
            tickets=tuple(TicketNow(**self._summary(each)) for each in found),
        )

    async def _one(self, asked: Asked) -> WholeTicket:
        ticket = await self._known(asked)
        return await self._whole(asked, ticket)

    async def _set(self, asked: Asked) -> WholeTicket:
        status = asked.body_as(NewStatus).status
        ticket = await self._known(asked)
        async with _told():
            if not await self._store.tickets.set_status(ticket, status, asked.by, self._clock()):
                raise ProblemError(409, "ticket_second", "another ticket about the same matter is open")
        self._audit.ticket_changed(asked.by, ticket.customer or "", ticket.number, status=True)
        log.info("ticket.status_set", ticket=ticket.number, status=status, by=asked.by)
        return await self._whole(asked, await self._known(asked))

    async def _known(self, asked: Asked) -> ListedTicket:
        """Errors: ProblemError."""
        account = asked.account
        self._open_to(account)
        async with _told():
            found = await self._store.tickets.listed(sequence=typed_sequence(asked.path["number"]))
        if not found:
            raise ProblemError(404, detail="there is no such ticket")
        (ticket,) = found
        if account.role not in SUPERVISORS and ticket.queue not in (None, *account.departments):
            raise ProblemError(403, detail="a ticket of another department")
        return ticket

    def _open_to(self, account: Account) -> None:
        if CardField.TICKETS not in self._fields(account):
            raise ProblemError(403, detail="tickets are hidden by the fields of the card")

    def _fields(self, account: Account) -> frozenset[CardField]:
        """As of somebody whom a search has found: nobody calls here who could have proven anything."""
        return self._rules.opened(account, Identity.NUMBER)

    async def _whole(self, asked: Asked, ticket: ListedTicket) -> WholeTicket:
        async with _told():
            entries = await self._store.ticket_entries(ticket.interaction)
            changes = await self._store.tickets_there.changes(ticket.interaction)
            written = await self._store.tickets.messages(ticket)
        self._audit.ticket_read(asked.by, ticket.customer or "", ticket.number)
        fields = self._fields(asked.account)
        heard = CardField.QUALITY in fields
        steps = (*(_entry(each, heard=heard) for each in entries), *map(_change, changes), *map(_message, written))
        return WholeTicket(
            **self._summary(ticket),
            customer=ticket.customer or "" if CardField.NUMBER in fields else "",
            steps=tuple(sorted(steps, key=lambda each: each.at)),
        )

    def _summary(self, ticket: ListedTicket) -> dict[str, Any]:
        return {
            "number": ticket.number,
            "subject": ticket.subject,
            "status": ticket.status,
            "queue": self._queue(ticket.queue) if ticket.queue else None,
            "opened_at": ticket.opened_at,
            "changed_at": ticket.changed_at,
            "entries": ticket.entries,
            "complaint": ticket.complaint is not None,
            "there": ticket.there,
        }

    def _queue(self, name: str) -> QueueTitle:
        return QueueTitle(name=name, title=self._titles.get(name, name))


def _entry(entry: TicketEntry, *, heard: bool) -> TicketStep:
    text = entry.body if heard else without_quality(entry.body)
    return TicketStep(
        at=entry.entered_at, what="entry", subject=entry.subject, text=text, interaction=entry.interaction
    )


def _change(change: Change) -> TicketStep:
    system = "" if change.there == HERE else change.there
    return TicketStep(
        at=change.at, what="change", system=system, who=change.actor, status=change.status, text=change.comment
    )


def _message(written: Written) -> TicketStep:
    gone: State = "failed" if written.dead_at else "waiting"
    state: State = "sent" if written.sent_at else gone
    about = "number" if written.about == "ticket" else written.about
    return TicketStep(at=written.sent_at or written.made_at, what="message", way=written.way, about=about, state=state)


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Errors: ProblemError in place of the store's."""
    try:
        yield
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
