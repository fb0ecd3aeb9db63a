"""Recordings that are sealed, and the pauses of those under way, in the store."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import cast

from telephony.core.ids import AgentId, InteractionId
from telephony.core.recording import ListedRecording, PauseReason, Recording, RecordingKind, RecordingPause
from telephony.core.ticket import ticket_number
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

    async def pauses_of_talk(self, interaction: str) -> tuple[RecordingPause, ...]:
        """With those of the calls that followed it: one recording goes with a caller who is handed over."""
        return tuple(map(_pause, await self._connection.rows("pauses_of_talk", interaction=interaction)))

    async def add(self, recording: Recording) -> None:
        """Once, however often it is told."""
        await self._connection.run("add_recording", **{**asdict(recording), "kind": str(recording.kind)})

    async def remove(self, name: str) -> None:
        await self._connection.run("remove_recording", name=name)

    async def names(self) -> frozenset[str]:
        return frozenset(str(row["name"]) for row in await self._connection.rows("recording_names"))

    async def before(self, at: float, after: Recording | None, most: int) -> tuple[Recording, ...]:
        """Those that began before that time, the oldest first, from the one after `after` on."""
        after_at, name = (after.begun_at, after.name) if after else (-math.inf, "")
        rows = await self._connection.rows("old_recordings", before=at, after_at=after_at, after=name, most=most)
        return tuple(map(_recording, rows))

    async def listed(
        self,
        *,
        name: str | None = None,
        interaction: str | None = None,
        ticket: int | None = None,
        from_at: float = 0.0,
        to_at: float = math.inf,
        most: int = 200,
    ) -> tuple[ListedRecording, ...]:
        """The latest first; `ticket` is the running number behind a ticket's number."""
        rows = await self._connection.rows(
            "recordings", name=name, interaction=interaction, ticket=ticket, from_at=from_at, to_at=to_at, most=most
        )
        return tuple(map(_listed, rows))


def _recording(row: Row) -> Recording:
    return Recording(
        str(row["name"]),
        InteractionId(str(row["interaction"])),
        RecordingKind(str(row["kind"])),
        cast(float, row["begun_at"]),
        cast(float, row["duration_s"]),
        cast(float, row["sealed_at"]),
    )


def _listed(row: Row) -> ListedRecording:
    sequence = cast("int | None", row["ticket"])
    return ListedRecording(
        _recording(row),
        cast("str | None", row["queue"]),
        cast("str | None", row["agent"]),
        ticket_number(sequence) if sequence else None,
        cast("str | None", row["customer"]),
    )


def _pause(row: Row) -> RecordingPause:
    return RecordingPause(
        InteractionId(str(row["interaction"])),
        AgentId(str(row["agent"])),
        PauseReason(str(row["reason"])),
        cast(float, row["from_at"]),
        cast("float | None", row["to_at"]),
    )
