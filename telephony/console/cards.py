"""The customers' cards, fetched ahead: asked for when a call is first seen, so that the pop usually has its card.

A card may come twice: without the directory's part, and whole when a late answer is there. A caller who proves on the
keypad to be a customer is looked up anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog

from telephony.core.customer import Caller, Card
from telephony.core.ids import InteractionId
from telephony.core.views import CallView

log = structlog.get_logger()

CardOf = Callable[[Caller], AsyncIterator[Card]]


class Cards:
    """`arrived(interaction, card)` is called for each card; `forget` drops what is no longer needed."""

    def __init__(self, card_of: CardOf, arrived: Callable[[InteractionId, Card], None]) -> None:
        self._card_of = card_of
        self._arrived = arrived
        self._cards: dict[InteractionId, Card] = {}
        self._fetching: dict[InteractionId, asyncio.Task[None]] = {}
        self._asked: dict[InteractionId, Caller] = {}  # for whom each was asked
        self._chosen: dict[InteractionId, str] = {}  # the customer whom the consultant takes the caller for
        self._forgotten: set[InteractionId] = set()  # being fetched, to be shown still, but not to be kept

    def get(self, interaction: InteractionId) -> Card | None:
        return self._cards.get(interaction)

    def want(self, call: CallView) -> None:
        """Start fetching, unless it is there or on its way."""
        interaction = call.interaction
        customer = self._chosen.get(interaction) or call.verified
        caller = Caller(call.caller, customer, proven=customer is not None and customer == call.verified)
        if self._asked.get(interaction) == caller:
            return
        if under_way := self._fetching.get(interaction):
            under_way.cancel()
        self._asked[interaction] = caller
        self._fetching[interaction] = asyncio.get_running_loop().create_task(self._fetch(interaction, caller))

    def choose(self, call: CallView, customer: str) -> None:
        """The consultant has found out who calls; that proves nothing."""
        self._chosen[call.interaction] = customer
        self.want(call)

    def forget(self, interaction: InteractionId) -> None:
        for known in (self._cards, self._asked, self._chosen):
            known.pop(interaction, None)
        if interaction in self._fetching:
            self._forgotten.add(interaction)

    async def stop(self) -> None:
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, interaction: InteractionId, caller: Caller) -> None:
        try:
            async for card in self._card_of(caller):
                self._take(interaction, card)
        except Exception as error:  # noqa: BLE001 - whatever a directory does wrong, the call and the page go on
            log.warning("card.failed", interaction=interaction, error=type(error).__name__)
            self._take(interaction, Card(None, available=False))
        finally:
            if self._fetching.get(interaction) is asyncio.current_task():
                del self._fetching[interaction]
                self._forgotten.discard(interaction)

    def _take(self, interaction: InteractionId, card: Card) -> None:
        if interaction not in self._forgotten:
            self._cards[interaction] = card
        self._arrived(interaction, card)
