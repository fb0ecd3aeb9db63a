"""Seals what was recorded, once its call is over: levelled, encrypted, in the vault; then the plain files go.

Nothing here is on a call's way. What an earlier server has left, for whatever reason, is sealed like anything else.
Each recording is made by a process of its own that yields to everything else on the machine (telephony/vault/job.py).
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from telephony.asterisk.ami import AmiError
from telephony.asterisk.ami_actions import StopRecording
from telephony.core.ids import InteractionId
from telephony.core.recording import Recording
from telephony.core.views import CallView
from telephony.left_recordings import Left, left_in, marked, times_of
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.vault.job import Job
from telephony.vault.room import Room
from telephony.vault.sealed import BrokenSealError
from telephony.vault.vault import AudioFacts, Unfinished, Vault

log = structlog.get_logger()

EVERY_S = 2.0
SETTLED_S = 5.0  # nothing was written for so long: the next talk of a caller who is handed over has begun by then
UNKNOWN_SETTLED_S = 600.0  # where the store knows no such call: its facts may still be on their way
LONGEST_S = 900.0  # one recording may take
AGAIN_S, MOST_AGAIN_S = 30.0, 3600.0  # after a failure, twice as long each time
REMEMBERED = 10_000
UNFINISHED_S = 86_400.0


class SealingError(Exception):
    """One recording could not be sealed; the message says why, and nothing of what is in it."""


class Node(Protocol):
    async def carry_out(self, action: StopRecording) -> None: ...


class Sealing:
    """`folder` is where Asterisk writes, `nodes` by name; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        folder: Path,
        vault: Vault,
        store: Store,
        room: Room,
        nodes: Mapping[str, Node],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._folder = folder
        self._vault = vault
        self._store = store
        self._room = room
        self._nodes = nodes
        self._clock = clock
        self._pause = pause
        self._again: OrderedDict[str, tuple[float, float]] = OrderedDict()  # by name: not before, and then how long
        self.waiting = 0  # recordings that lie there in plain, calls under way included
        self.sealed = 0
        self.failures = 0

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.to_thread(self._prepare)
        await self._again_and_again(self.look)

    async def watch_room(self) -> None:
        """Until cancelled; beside `run`, which may be long with one recording."""
        await self._again_and_again(self.look_for_room)

    async def _again_and_again(self, look: Callable[[], Awaitable[None]]) -> None:
        trouble = ""
        while True:
            try:
                await look()
            except (OSError, StoreError) as error:
                if trouble != str(error):
                    log.warning("recording.not_looked", reason=str(error))
                trouble = str(error)
            else:
                trouble = ""
            await self._pause(EVERY_S)

    def _prepare(self) -> None:
        try:
            self._vault.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._vault.tidy(self._clock() - UNFINISHED_S)
        except OSError as error:
            log.error("recording.vault_away", reason=error.strerror)  # noqa: TRY400 - the disk, not us

    async def look(self) -> None:
        """Once: what can be sealed. Errors: OSError, StoreError."""
        left = await asyncio.to_thread(left_in, self._folder)
        self.waiting = len(left)
        if not left:
            return
        talks = await self._under_way()
        for each in left:
            if each.interaction not in talks and await self._is_settled(each):
                await self._try(each)

    async def look_for_room(self) -> None:
        """Once: whether there is room, and where there is none, an end to what is being recorded. Errors: as above."""
        if await asyncio.to_thread(self._room.look):
            return
        left = await asyncio.to_thread(left_in, self._folder)
        talks = await self._under_way() if left else {}
        await self._stop([talks[each.interaction] for each in left if each.interaction in talks])

    async def _under_way(self) -> dict[InteractionId, CallView]:
        """Calls that are not over, by the interaction with which their recording began. Errors: StoreError."""
        found = {}
        for call in await self._store.open_interactions():
            first: CallView | None = call
            while first is not None:
                found[first.interaction] = call
                first = await self._store.interaction(first.follows) if first.follows else None
        return found

    async def _is_settled(self, left: Left) -> bool:
        quiet_s = abs(self._clock() - left.changed_at)
        if quiet_s < SETTLED_S or self._again.get(left.name, (0.0, 0.0))[0] > self._clock():
            return False
        return quiet_s >= UNKNOWN_SETTLED_S or await self._store.interaction(left.interaction) is not None

    async def _stop(self, calls: list[CallView]) -> None:
        """The disk is full: what runs is recorded no more, and goes on being a call."""
        for call in calls:
            node = self._nodes.get(call.node)
            if node is None or not call.channel:
                continue
            try:
                await node.carry_out(StopRecording(call.channel))
            except AmiError as error:  # refused: nothing of it is recorded any more
                log.info("recording.not_stopped", interaction=call.interaction, reason=type(error).__name__)
            else:
                log.warning("recording.stopped", interaction=call.interaction)

    # -- one recording ------------------------------------------------------------------------------------------

    async def _try(self, left: Left) -> None:
        try:
            await self._seal(left)
        except (SealingError, BrokenSealError, OSError) as error:
            self.failures += 1
            longer = min(2 * self._again.get(left.name, (0.0, AGAIN_S / 2))[1], MOST_AGAIN_S)
            self._again[left.name] = self._clock() + longer, longer
            while len(self._again) > REMEMBERED:
                self._again.popitem(last=False)
            log.error("recording.not_sealed", interaction=left.interaction, reason=str(error))  # noqa: TRY400 - the file
        else:
            self.sealed += 1
            self._again.pop(left.name, None)

    async def _seal(self, left: Left) -> None:
        """Errors: SealingError, BrokenSealError, OSError, StoreError; what is plain is still there then."""
        if all(path.is_symlink() or not path.exists() for path in left.files):
            raise SealingError("its files are links, or gone")
        pauses = await self._store.recordings.pauses_of_talk(left.interaction)
        times = await asyncio.to_thread(times_of, left)
        name, facts = await asyncio.to_thread(self._sealed_before, left)
        if facts is None:
            begun_at = times[0][0] if times else await self._arrived_at(left)
            sources = tuple((str(path), left.header_bytes) for path in left.files)
            made = await asyncio.to_thread(self._vault.prepare, name)
            job = Job(name, made.key, made.path, sources, left.rate_hz, begun_at, marked(times, pauses))
            facts = await self._made(job, made)
        if facts is None:
            log.info("recording.empty", interaction=left.interaction)
        else:
            recording = Recording(name, left.interaction, left.kind, facts.begun_at, facts.duration_s, self._clock())
            await self._store.recordings.add(recording)
            log.info("recording.sealed", interaction=left.interaction, seconds=round(facts.duration_s))
        await asyncio.to_thread(left.remove)

    def _sealed_before(self, left: Left) -> tuple[str, AudioFacts | None]:
        """Its name; the facts where an earlier try has sealed the same files and came no further."""
        sizes = tuple(path.stat().st_size if path.exists() else 0 for path in left.files)
        name, number = left.name, 1
        while self._vault.has(name):
            try:
                with self._vault.open(name) as opened:
                    if opened.facts.source_bytes == sizes:
                        return name, opened.facts
            except (BrokenSealError, OSError) as error:
                log.warning("recording.earlier_unreadable", name=name, reason=str(error))
            number += 1
            name = f"{left.name}-{number}"
        return name, None

    async def _arrived_at(self, left: Left) -> float:
        call = await self._store.interaction(left.interaction)
        return call.arrived_at if call else left.changed_at

    async def _made(self, job: Job, made: Unfinished) -> AudioFacts | None:
        """None where there is nothing in the files. Errors: SealingError, BrokenSealError, OSError."""
        try:
            told = await _run(job)
            if not told:
                return None
            await asyncio.to_thread(self._vault.finish, made)
            return AudioFacts.parse(told)
        finally:
            made.path.unlink(missing_ok=True)


async def _run(job: Job) -> bytes:
    """The facts, nothing where there is no sound. Errors: SealingError; OSError where no program can be started."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony.vault.job",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        told, wrong = await asyncio.wait_for(process.communicate(job.as_json().encode()), LONGEST_S)
    except TimeoutError:
        raise SealingError(f"it took longer than {LONGEST_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise SealingError(wrong.decode("utf-8", "replace").strip()[-500:] or f"status {process.returncode}")
    return told
