"""What is recorded of a caller: a message that is left, and the talk, one file per direction, with the secrets cut out.

Files are named by the interaction and nothing else, and wait in one folder until they are sealed. A pause ends the
recording and a resumption adds to the same files: what is said and keyed in between reaches no file, and no manager
connection is needed for it.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivr_flows import PauseRecording, Result, ResumeRecording, StartRecording, Status, TakeVoicemail
from ivr_flows.audio import Sound, peak_dbfs
from telephony.asterisk.agi import AgiSession
from telephony.asterisk.handset import Handset
from telephony.core.ids import InteractionId

log = structlog.get_logger()

TALK_FORMAT = "sln16"  # raw 16 kHz samples: what is added later needs no header mended
MESSAGE_FORMAT = "wav"
SILENCE_S = 5  # ends a message
SHORTEST_S = 1.0  # less is nobody's message
QUIET_DBFS = -45.0  # speech on a telephone peaks above -30, a line's own noise stays below -55
HEADER_BYTES, RATE_HZ = 44, 8_000  # of a message
FINISHED = 0

Tape = StartRecording | PauseRecording | ResumeRecording


def talk_files(folder: Path, interaction: InteractionId) -> tuple[Path, Path]:
    """What the caller says, and what the caller hears."""
    there = str(folder / interaction)
    return Path(f"{there}-caller.{TALK_FORMAT}"), Path(f"{there}-house.{TALK_FORMAT}")


def times_file(folder: Path, interaction: InteractionId) -> Path:
    """When the recording of a talk began, and went on: one JSON list a line, `[seconds since the epoch, bytes]`."""
    return folder / f"{interaction}-talk.times"


@dataclass(frozen=True, slots=True)
class Tapes:
    """Where is recorded: `folder` is absolute, exists, and Asterisk may write to it. `room` knows the disk."""

    folder: Path
    clock: Callable[[], float]
    room: Callable[[], bool] = lambda: True


class Taping:
    """One caller's. Without `tapes` nothing is recorded."""

    def __init__(self, session: AgiSession, handset: Handset, interaction: InteractionId, tapes: Tapes | None) -> None:
        self._session = session
        self._handset = handset
        self._interaction = interaction
        self._tapes = tapes
        self._messages = 0
        self.running = False

    async def talk(self, action: Tape) -> None:
        """Start, pause or resume. Errors: SessionEndedError, AgiError."""
        if self._tapes is None:
            log.error("recording.no_folder", interaction=self._interaction)
            return
        if isinstance(action, PauseRecording):
            await self._session.run("EXEC", "StopMixMonitor", "")
            self.running = False
            return
        if not self._tapes.room():
            log.error("recording.no_room", interaction=self._interaction)
            return
        caller, house = talk_files(self._tapes.folder, self._interaction)
        added = "a" if isinstance(action, ResumeRecording) else ""
        how = f",{added}r({caller})t({house})"
        reply = await self._session.run("EXEC", "MixMonitor", how)
        self.running = reply.result == FINISHED
        log.info("recording.on" if self.running else "recording.failed", interaction=self._interaction)
        if self.running:
            await asyncio.to_thread(self._note_time, self._tapes, caller)

    async def message(self, asked: TakeVoicemail) -> tuple[Result, bool]:
        """Record until `#`, silence or `max_s`; whether the caller has hung up, too. Errors: SessionEndedError, …"""
        if self._tapes is None or not self._tapes.room():
            return Result(Status.UNAVAILABLE), False
        self._messages += 1
        path = self._tapes.folder / f"{self._interaction}-{self._messages}"
        await self._handset.renew(asked.max_s)
        reply = await self._session.run(
            "RECORD FILE", str(path), MESSAGE_FORMAT, "#", str(asked.max_s * 1000), "0", "BEEP", f"s={SILENCE_S}",
            takes_s=asked.max_s + SILENCE_S,
        )  # fmt: skip
        file = path.with_name(f"{path.name}.{MESSAGE_FORMAT}")
        hung_up = reply.result < 0
        try:
            spoken_s = _spoken_s(file)  # at once: the outcome must be told before the hang-up is heard
            if spoken_s < SHORTEST_S:
                file.unlink()
        except OSError:
            log.error("message.not_written", interaction=self._interaction)  # noqa: TRY400 - the disk, not us
            return Result(Status.UNAVAILABLE), hung_up
        if spoken_s < SHORTEST_S:
            return Result(Status.REFUSED), hung_up
        log.info("message.left", interaction=self._interaction, seconds=round(spoken_s))
        return Result(Status.OK, {"recording": path.name}), hung_up

    def _note_time(self, tapes: Tapes, caller: Path) -> None:
        """So that moments of the call are found in the file: from this byte on it is of this time."""
        try:
            there = caller.stat().st_size if caller.exists() else 0
            with times_file(tapes.folder, self._interaction).open("a") as file:
                file.write(f"{json.dumps([tapes.clock(), there])}\n")
        except OSError as error:
            log.error("recording.time_not_noted", interaction=self._interaction, reason=error.strerror)  # noqa: TRY400 - the disk, not us


def _spoken_s(file: Path) -> float:
    """How long a message is; 0 where nobody has said anything. Errors: OSError.

    What its header says of the length is not believed: Asterisk mends it after it has answered.
    """
    samples = file.read_bytes()[HEADER_BYTES:]
    sound = Sound(samples[: len(samples) // 2 * 2], RATE_HZ)
    level = peak_dbfs(sound) if sound.pcm else -math.inf
    return sound.duration_s if level > QUIET_DBFS else 0.0
