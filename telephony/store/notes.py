"""What consultants write down of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from telephony.core.note import Note
from telephony.store.connection import Connection


class NoteStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, interaction: str, agent: str, note: Note) -> bool:
        """False where another text of this revision, or a later one, is kept already: it stays."""
        row = {"text": note.text, "revision": note.revision, "saved_at": note.saved_at}
        return bool(await self._connection.rows("keep_note", interaction=interaction, agent=agent, **row))

    async def of(self, interaction: str, agent: str) -> Note | None:
        rows = await self._connection.rows("note_of", interaction=interaction, agent=agent)
        return Note(**cast(Mapping[str, Any], rows[0])) if rows else None
