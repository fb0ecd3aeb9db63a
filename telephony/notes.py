"""Notes between the console and the store: an outage is told as one, and the page keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable

from telephony.console.api.problems import ProblemError
from telephony.core.ids import AgentId, InteractionId
from telephony.store.errors import StoreError
from telephony.store.store import Store


class StoredNotes:
    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def note_of(self, interaction: InteractionId, agent: AgentId) -> tuple[str, float] | None:
        """Text and when it was saved. Errors: ProblemError(503)."""
        try:
            return await self._store.notes.of(interaction, agent)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None

    async def keep_note(self, interaction: InteractionId, agent: AgentId, text: str) -> float:
        """When it was saved. Errors: ProblemError(503)."""
        now = self._clock()
        try:
            await self._store.notes.keep(interaction, agent, text, now)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None
        return now
