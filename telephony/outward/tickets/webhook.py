"""Any other ticket system: told by signed CloudEvents [Standard Webhooks, CloudEvents 1.0], and telling us so, too.

Our number is its number: it knows no other. The id of an event is the same at each try, so that whoever gets it twice
can tell; there is nothing to be looked for and nothing to be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from telephony.core.ticket_exchange import Comment, TicketToTell
from telephony.outward import webhook
from telephony.outward.tickets.http import Http
from telephony.outward.tickets.system import Changes

SOURCE, TYPE = "/hotline", "pl.marsoft.hotline.ticket."


class WebhookTickets:
    """`clock` gives seconds since the epoch. Errors: ValueError for a secret that is none."""

    def __init__(self, url: str, secret: str, clock: Callable[[], float]) -> None:
        webhook.key_of(secret)
        self._secret = secret
        self._clock = clock
        self._http = Http(url, {})

    async def find(self, ticket: TicketToTell) -> str | None:
        del ticket
        return None

    async def create(self, ticket: TicketToTell) -> str:
        data = {
            "subject": ticket.subject,
            "body": ticket.body,
            "caller_e164": ticket.caller,
            "customer_id": ticket.customer,
            "opened_at": ticket.opened_at,
        }
        await self._tell("opened", f"ticket-{ticket.number}-opened", ticket, data)
        return ticket.number

    async def comment(self, there: str, ticket: TicketToTell, comment: Comment, *, again: bool) -> None:
        del there, again
        data = {"subject": comment.entry.subject, "body": comment.entry.body}
        await self._tell("entered", f"ticket-{ticket.number}-{comment.key}", ticket, data)

    async def set_status(self, there: str, ticket: TicketToTell, key: str) -> None:
        del there
        await self._tell("status", f"ticket-{ticket.number}-{key}", ticket, {})

    async def changes(self, mark: str) -> Changes:
        return Changes((), mark)

    async def close(self) -> None:
        await self._http.close()

    async def _tell(self, what: str, id_: str, ticket: TicketToTell, data: Mapping[str, object]) -> None:
        now = self._clock()
        whole = {"number": ticket.number, "status": str(ticket.status), **data}
        body = webhook.cloud_event(what, id_, SOURCE, now, whole, TYPE)
        await self._http.ask("POST", "", body.encode(), headers=webhook.headers(self._secret, id_, body, now))
