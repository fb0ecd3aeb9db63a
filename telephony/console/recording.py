"""The recording of one's own talk: paused with a reason, resumed, and always in sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.notes import CONSULTANTS
from telephony.console.own_talk import CallOf, own_talk
from telephony.core.recording import PauseReason, RecordingPause
from telephony.core.views import CallView


class RecordingNow(Wire):
    recorded: bool
    paused: PauseReason | None
    since: float | None  # seconds since the epoch


class RecordingWanted(Wire):
    """`pause`: why; None: resume."""

    pause: PauseReason | None


class Recordings(Protocol):
    """Errors of all: ProblemError."""

    async def state(self, call: CallView) -> tuple[bool, RecordingPause | None]: ...

    async def pause(self, call: CallView, reason: PauseReason) -> bool: ...

    async def resume(self, call: CallView) -> bool: ...


class RecordingApi:
    def __init__(self, recordings: Recordings, call_of: CallOf) -> None:
        self._recordings = recordings
        self._call_of = call_of

    def endpoints(self) -> Iterator[Endpoint]:
        path, refuses = "/calls/{interaction}/recording", (404, 409, 503)
        yield Endpoint(
            "GET", path, "whether one's own talk is recorded", CONSULTANTS, self._tell, gives=RecordingNow,
            refuses=refuses,
        )  # fmt: skip
        yield Endpoint(
            "PUT", path, "pause or resume the recording of one's own talk", CONSULTANTS, self._change,
            takes=RecordingWanted, gives=RecordingNow, refuses=refuses,
        )  # fmt: skip

    async def _tell(self, asked: Asked) -> RecordingNow:
        recorded, paused = await self._recordings.state(own_talk(asked, self._call_of))
        since = paused.from_at if paused else None
        return RecordingNow(recorded=recorded, paused=paused.reason if paused else None, since=since)

    async def _change(self, asked: Asked) -> RecordingNow:
        call, reason = own_talk(asked, self._call_of), asked.body_as(RecordingWanted).pause
        done = await (self._recordings.pause(call, reason) if reason else self._recordings.resume(call))
        if not done:
            raise ProblemError(409, "not_recorded")
        return await self._tell(asked)
