"""Notes between the console and the store: an outage is told as one, and the page keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable

from telephony.console.api.problems import ProblemError
from telephony.core.ids import AgentId, InteractionId
from telephony.core.note import Note
from telephony.store.errors import StoreError
from telephony.store.store import Store


class StoredNotes:
    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def note_of(self, interaction: InteractionId, agent: AgentId) -> Note | None:
        """Errors: ProblemError(503)."""
        try:
            return await self._store.notes.of(interaction, agent)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None

    async def keep_note(self, interaction: InteractionId, agent: AgentId, text: str, revision: int) -> Note:
        """As it is kept. Errors: ProblemError(503), ProblemError(409) where a newer one is kept."""
        note = Note(text, revision, self._clock())
        try:
            kept = await self._store.notes.keep(interaction, agent, note)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None
        if not kept:
            raise ProblemError(409, "newer_note")
        return note
