"""The customers' cards, fetched ahead: asked for when a call is first seen, so that the pop usually has its card."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from telephony.core.customer import Card
from telephony.core.ids import InteractionId
from telephony.core.views import CallView

log = structlog.get_logger()

CardOf = Callable[[str | None], Awaitable[Card]]
PARALLEL = 32


class Cards:
    """`arrived(interaction, card)` is called for each card, once; `forget` drops what is no longer needed."""

    def __init__(self, card_of: CardOf, arrived: Callable[[InteractionId, Card], None]) -> None:
        self._card_of = card_of
        self._arrived = arrived
        self._cards: dict[InteractionId, Card] = {}
        self._fetching: dict[InteractionId, asyncio.Task[None]] = {}
        self._forgotten: set[InteractionId] = set()  # being fetched, to be shown still, but not to be kept
        self._slots = asyncio.Semaphore(PARALLEL)

    def get(self, interaction: InteractionId) -> Card | None:
        return self._cards.get(interaction)

    def want(self, call: CallView) -> None:
        """Start fetching, unless it is there or on its way."""
        if call.interaction not in self._cards and call.interaction not in self._fetching:
            task = asyncio.get_running_loop().create_task(self._fetch(call.interaction, call.caller))
            self._fetching[call.interaction] = task

    def forget(self, interaction: InteractionId) -> None:
        self._cards.pop(interaction, None)
        if interaction in self._fetching:
            self._forgotten.add(interaction)

    async def stop(self) -> None:
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, interaction: InteractionId, caller: str | None) -> None:
        async with self._slots:
            try:
                card = await self._card_of(caller)
            except Exception as error:  # noqa: BLE001 - whatever a directory does wrong, the call and the page go on
                log.warning("card.failed", interaction=interaction, error=type(error).__name__)
                card = Card(None, available=False)
        self._fetching.pop(interaction, None)
        if interaction in self._forgotten:
            self._forgotten.discard(interaction)
        else:
            self._cards[interaction] = card
        self._arrived(interaction, card)
