"""Pauses of recordings in the store."""

from __future__ import annotations

from typing import cast

from telephony.core.ids import AgentId, InteractionId
from telephony.core.recording import PauseReason, RecordingPause
from telephony.store.connection import Connection, Row


class RecordingStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin_pause(self, pause: RecordingPause) -> None:
        """One at a time for each call: the first one stays."""
        await self._connection.run(
            "begin_recording_pause",
            interaction=pause.interaction,
            agent=pause.agent,
            reason=str(pause.reason),
            from_at=pause.from_at,
        )

    async def end_pause(self, interaction: str, at: float) -> None:
        await self._connection.run("end_recording_pause", interaction=interaction, to_at=at)

    async def pauses(self, interaction: str) -> tuple[RecordingPause, ...]:
        """In order."""
        return tuple(map(_pause, await self._connection.rows("recording_pauses", interaction=interaction)))


def _pause(row: Row) -> RecordingPause:
    return RecordingPause(
        InteractionId(str(row["interaction"])),
        AgentId(str(row["agent"])),
        PauseReason(str(row["reason"])),
        cast(float, row["from_at"]),
        cast("float | None", row["to_at"]),
    )
