"""Our tickets in another system, put together from the settings: who tells it, who asks it, what it may tell us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator

import structlog
from aiohttp import web

from telephony.audit import AuditTrail
from telephony.core.ticket import ticket_number
from telephony.core.ticket_exchange import Change
from telephony.outward.tickets import incoming
from telephony.outward.tickets.http import basic
from telephony.outward.tickets.listener import Listener
from telephony.outward.tickets.request_tracker import RequestTracker
from telephony.outward.tickets.roundup import Roundup
from telephony.outward.tickets.system import TicketSystem
from telephony.outward.tickets.teller import Teller
from telephony.outward.tickets.webhook import WebhookTickets
from telephony.outward.tickets.zammad import ZammadTickets
from telephony.settings_types import SettingsError
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.ticket_settings import TicketSystemTo

log = structlog.get_logger()

AGAIN_S = 1.0


def system_of(to: TicketSystemTo, clock: Callable[[], float]) -> tuple[str, TicketSystem] | None:
    """Its name in the outbox, and itself. Errors: SettingsError."""
    if rt := to.request_tracker:
        token, password = rt.token.get_secret_value(), rt.password.get_secret_value()
        proof = f"token {token}" if token else basic(rt.user, password)
        return "tickets-request-tracker", RequestTracker(rt.url, rt.user, proof, rt.queue)
    if zammad := to.zammad:
        return "tickets-zammad", ZammadTickets(zammad.url, zammad.token.get_secret_value(), zammad.group)
    if roundup := to.roundup:
        return "tickets-roundup", Roundup(roundup.url, roundup.user, roundup.password.get_secret_value())
    if to.webhook:
        try:
            return "tickets-webhook", WebhookTickets(to.webhook.url, to.webhook.secret.get_secret_value(), clock)
        except ValueError as error:
            raise SettingsError(f"ticket_system.webhook.secret: {error}") from None
    return None


class TicketExchange:
    """Nothing is told and asked where there is no ticket system."""

    def __init__(self, to: TicketSystemTo, store: Store, audit: AuditTrail, clock: Callable[[], float]) -> None:
        self._to = to
        self._store = store
        self._audit = audit
        self._clock = clock
        self._there = store.tickets_there
        self.arrived_count = 0
        known = system_of(to, clock)
        self.name = known[0] if known else ""
        self._system = known[1] if known else None
        self.teller = self.listener = None
        if self._system:
            self.teller = Teller(self.name, self._system, self._there, store.ticket_entries, clock)
            self.listener = Listener(self.name, self._system, self._there, self.arrived, to.every_s)

    def routes(self) -> Iterator[web.RouteDef]:
        """What it may tell us by itself. Errors: SettingsError."""
        if self._to.webhook and (secret := self._to.webhook.incoming.get_secret_value()):
            try:
                yield web.post(incoming.PATH, incoming.SignedEvents(secret, self.arrived, self._clock).handle)
            except ValueError as error:
                raise SettingsError(f"ticket_system.webhook.incoming: {error}") from None
        if self._to.zammad and self.listener and (token := self._to.zammad.signature.get_secret_value()):
            yield web.post(incoming.PATH, incoming.ZammadEvents(token, self.listener.poke, self._clock).handle)

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        yield self._begin()
        if self.teller and self.listener:
            yield self.teller.run()
            yield self.listener.run()

    async def arrived(self, change: Change) -> None:
        """Enter what was done there. Errors: StoreError."""
        ticket = await self._there.arrived(self.name, change)
        if ticket is None:
            return
        self.arrived_count += 1
        number = ticket_number(ticket.sequence)
        actor = f"{self.name}:{change.actor}"
        self._audit.ticket_changed(actor, ticket.customer or "", number, change.status is not None)
        log.info("ticket.changed_there", ticket=number, system=self.name, status=change.status)

    def figures(self) -> dict[tuple[str, ...], float]:
        """What became of what it was told and what came from it, since the start."""
        if not self.teller:
            return {}
        told = {"taken": self.teller.sent, "not_taken": self.teller.failed, "arrived": self.arrived_count}
        return {(self.name, what): float(count) for what, count in told.items()}

    async def close(self) -> None:
        if self._system:
            await self._system.close()

    async def _begin(self) -> None:
        """From now on tickets are told to it, or to nobody. Until cancelled."""
        try:
            while not await self._has_begun():  # noqa: ASYNC110 - a database tells nobody that it is back
                await asyncio.sleep(AGAIN_S)
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def _has_begun(self) -> bool:
        try:
            await self._there.tell(self.name)
        except StoreError as error:
            log.warning("tickets.not_begun", reason=str(error))
            return False
        return True
