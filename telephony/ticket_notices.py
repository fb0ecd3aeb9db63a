"""Whoever calls hears of the ticket by SMS: each ticket once, a while after it was opened, however it came about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from telephony.core.ticket import TicketStatus
from telephony.core.views import Direction
from telephony.customer_messages import CustomerMessages
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.store.tellings import UntoldTicket

log = structlog.get_logger()

EVERY_S = 1.0
TOGETHER = 100
NO_NEWS_AFTER_S = 3600.0  # of a ticket that could not be told of for so long, nobody is told


class TicketNotices:
    """`language_of` knows in which language the callers of a number of ours are spoken to."""

    def __init__(
        self,
        messages: CustomerMessages,
        store: Store,
        language_of: Callable[[str | None], str],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._messages = messages
        self._store = store
        self._language_of = language_of
        self._clock = clock
        self._pause = pause

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.look() == TOGETHER:
                    pass
            except StoreError as error:
                log.warning("ticket_notices.not_looked_at", reason=str(error))
            await self._pause(EVERY_S)

    async def look(self) -> int:
        """How many tickets were looked at. Errors: StoreError."""
        until = self._clock() - self._messages.rules.ticket_after_s
        untold = await self._store.tellings.untold(until - NO_NEWS_AFTER_S, until, TOGETHER)
        for ticket in untold:
            async with self._store.together() as store:
                if await store.tellings.told(ticket.interaction, self._clock()) and _is_news(ticket):
                    language = self._language_of(ticket.did)
                    await self._messages.ticket_by_sms(store, ticket.caller, ticket.number, language, self._clock())
        return len(untold)


def _is_news(ticket: UntoldTicket) -> bool:
    """Not to whom we have called ourselves, nor of what a consultant has settled meanwhile."""
    return ticket.direction is Direction.IN and ticket.status is not TicketStatus.CLOSED
