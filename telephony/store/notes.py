"""What consultants write down of calls."""

from __future__ import annotations

from typing import cast

from telephony.store.connection import Connection


class NoteStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, interaction: str, agent: str, text: str, saved_at: float) -> None:
        """The last text of each consultant; a late one that is older changes nothing."""
        await self._connection.run("keep_note", interaction=interaction, agent=agent, text=text, saved_at=saved_at)

    async def of(self, interaction: str, agent: str) -> tuple[str, float] | None:
        """Text and when it was saved."""
        rows = await self._connection.rows("note_of", interaction=interaction, agent=agent)
        return (str(rows[0]["text"]), cast(float, rows[0]["saved_at"])) if rows else None
