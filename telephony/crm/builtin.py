"""The built-in directory: whom a number belongs to, from our own records and within a time budget.

A consultant would rather have an empty card now than a full one after the greeting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from telephony.core.customer import Card, Contact, Customer, TicketSummary

log = structlog.get_logger()

BUDGET_S = 1.0
MOST_ASKED = 64  # questions under way: more of them means that nobody answers
NOBODY = Card(None)
UNAVAILABLE = Card(None, available=False)


class Records(Protocol):
    """What the directory asks of the store."""

    async def customer_by_phone(self, e164: str) -> Customer | None: ...

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]: ...

    async def contacts_of(self, phones: Sequence[str], most: int = 10) -> tuple[Contact, ...]: ...


class BuiltinDirectory:
    def __init__(self, records: Records, budget_s: float = BUDGET_S) -> None:
        self._records = records
        self._budget_s = budget_s
        self._asked: set[asyncio.Task[Card]] = set()

    async def card(self, caller_e164: str | None) -> Card:
        """The caller's card, at the latest after `budget_s`; never an error: one is logged and shown as unavailable."""
        if caller_e164 is None:
            return NOBODY
        if len(self._asked) >= MOST_ASKED:
            log.warning("directory.busy", asked=len(self._asked))
            return UNAVAILABLE
        asked = asyncio.create_task(self._answer(caller_e164))
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        try:
            # Not asyncio.timeout: a driver takes its time even to be cancelled (asyncpg: seconds, on a hung server).
            await asyncio.wait({asked}, timeout=self._budget_s)
            if asked.done():
                return asked.result()
        finally:
            asked.cancel()
        log.warning("directory.late", budget_s=self._budget_s)
        return UNAVAILABLE

    async def _answer(self, caller_e164: str) -> Card:
        try:
            return await self._look_up(caller_e164)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in the records, the call goes on
            # The type only: a message may carry what was asked for.
            log.warning("directory.failed", error=type(error).__name__)
            return UNAVAILABLE

    async def _look_up(self, caller_e164: str) -> Card:
        customer = await self._records.customer_by_phone(caller_e164)
        phones = {caller_e164, *(customer.phones if customer else ())}
        history = await self._records.contacts_of(sorted(phones))
        if customer is None:
            return Card(None, history=history)
        return Card(customer, await self._records.open_tickets_of(customer.number), history=history)
