"""A caller's card: what the directory of customers knows, with what we ourselves know of earlier calls and tickets.

A consultant would rather have an empty card now than a full one after the greeting: the first card comes within its
budget, without the directory's part where that is late, and a second one when the late answer is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

import structlog

from telephony.core.customer import Caller, Card, Contact, Customer, CustomerFile, Identity, TicketSummary

log = structlog.get_logger()

BUDGET_S = 1.0
LATE_S = 30.0  # after that nobody waits for an answer any more
MOST_ASKED = 256  # questions under way: more of them means that nobody answers
NOBODY = Card(None)
UNAVAILABLE = Card(None, available=False)


class Source(Protocol):
    """A directory of customers. Any error means that it does not know now, and is logged by its type alone."""

    async def by_phone(self, e164: str) -> CustomerFile | None: ...

    async def by_number(self, number: str) -> CustomerFile | None:
        """Of a customer number."""

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        """By the last digits of a telephone number (four or more), the customer number, or how words of a name begin
        (telephony.core.sought).
        """


class Records(Protocol):
    """What we know ourselves, whatever directory there is."""

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]: ...

    async def contacts_of(self, phones: Sequence[str], most: int = 10) -> tuple[Contact, ...]: ...


class Directory:
    def __init__(self, source: Source, records: Records, *, budget_s: float = BUDGET_S, late_s: float = LATE_S) -> None:
        self._source = source
        self._records = records
        self._budget_s = budget_s
        self._late_s = late_s
        self._asked: set[asyncio.Task[Card]] = set()

    async def cards(self, caller: Caller) -> AsyncGenerator[Card]:
        """The card of a caller; one or two, never an error."""
        if caller.number is None and caller.customer is None:
            yield NOBODY
            return
        if len(self._asked) >= MOST_ASKED:
            log.warning("directory.busy", asked=len(self._asked))
            yield UNAVAILABLE
            return
        asked, own = self._ask(self._whole(caller)), self._ask(self._own(caller))
        try:
            # Not asyncio.timeout: a driver takes its time even to be cancelled (asyncpg: seconds, on a hung server).
            await asyncio.wait({asked}, timeout=self._budget_s)
            if _answered(asked):
                yield asked.result()
                return
            yield own.result() if _answered(own) else UNAVAILABLE
            if not asked.done():
                log.warning("directory.late", budget_s=self._budget_s)
                await asyncio.wait({asked}, timeout=self._late_s)
                if _answered(asked):
                    yield asked.result()
        finally:
            asked.cancel()
            own.cancel()

    async def card(self, number: str | None) -> Card:
        """What there is of a caller's number within the budget."""
        async with aclosing(self.cards(Caller(number))) as cards:
            return await anext(cards)

    def _ask(self, answer: Coroutine[None, None, Card]) -> asyncio.Task[Card]:
        asked = asyncio.create_task(answer)
        self._asked.add(asked)
        asked.add_done_callback(self._answer)
        return asked

    def _answer(self, asked: asyncio.Task[Card]) -> None:
        self._asked.discard(asked)
        if not asked.cancelled() and (error := asked.exception()):
            # The type only: a message may carry what was asked for.
            log.warning("directory.failed", error=type(error).__name__)

    async def _whole(self, caller: Caller) -> Card:
        file = await self._file(caller)
        if file is None:
            return await self._strangers(caller)
        customer = file.customer
        return Card(
            customer,
            await self._records.open_tickets_of(customer.number),
            history=await self._records.contacts_of(sorted({*customer.phones, *_numbers(caller)})),
            contracts=file.contracts,
            devices=file.devices,
            invoices=file.invoices,
            identity=Identity.PIN if caller.proven else Identity.NUMBER,
        )

    async def _file(self, caller: Caller) -> CustomerFile | None:
        if caller.customer is not None:
            return await self._source.by_number(caller.customer)
        return await self._source.by_phone(caller.number) if caller.number is not None else None

    async def _strangers(self, caller: Caller) -> Card:
        numbers = _numbers(caller)
        return Card(None, history=await self._records.contacts_of(numbers) if numbers else ())

    async def _own(self, caller: Caller) -> Card:
        """What there is without the directory."""
        return replace(await self._strangers(caller), available=False)


def _numbers(caller: Caller) -> tuple[str, ...]:
    return () if caller.number is None else (caller.number,)


def _answered(asked: asyncio.Task[Card]) -> bool:
    return asked.done() and not asked.cancelled() and asked.exception() is None
