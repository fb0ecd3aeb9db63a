"""Pausing the recording of a talk, between the console, the nodes and the store.

Asterisk mutes both directions in the files (AMI `MixMonitorMute`): silence in place of what was said: times in a
recording stay true. What is paused stays so when our server dies; a server after it reads that in the store.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import structlog

from telephony.asterisk.ami import AmiError, AmiRefusedError
from telephony.asterisk.ami_actions import MuteRecording
from telephony.console.api.problems import ProblemError
from telephony.core.ids import InteractionId
from telephony.core.recording import PauseReason, RecordingPause
from telephony.core.views import CallView
from telephony.store.errors import StoreError
from telephony.store.recordings import RecordingStore

log = structlog.get_logger()

MOST_PAUSED = 1000


class Node(Protocol):
    async def carry_out(self, action: MuteRecording) -> None: ...


class RecordingPauses:
    """`nodes` by name; `clock` gives seconds since the epoch. Errors of all: ProblemError(503)."""

    def __init__(self, nodes: Mapping[str, Node], store: RecordingStore, clock: Callable[[], float]) -> None:
        self._nodes = nodes
        self._store = store
        self._clock = clock
        self._paused: OrderedDict[InteractionId, RecordingPause] = OrderedDict()  # even where the store was away

    async def state(self, call: CallView) -> tuple[bool, RecordingPause | None]:
        """Whether the talk is recorded, and the pause under way. Asterisk is asked: only it knows."""
        paused = await self._under_way(call) or await self._inherited(call)
        return paused is not None or await self._mute(call, muted=False), paused

    async def pause(self, call: CallView, reason: PauseReason) -> bool:
        """False where nothing is recorded. Asterisk first: what must not be heard is not recorded from now on."""
        assert call.agent
        if not await self._mute(call, muted=True):
            return False
        if await self._under_way(call) is None:
            pause = self._paused[call.interaction] = RecordingPause(call.interaction, call.agent, reason, self._clock())
            while len(self._paused) > MOST_PAUSED:
                self._paused.popitem(last=False)
            try:
                await self._store.begin_pause(pause)
            except StoreError:
                raise ProblemError(503, detail="the database is away; the recording is paused") from None
        log.info("recording.paused", interaction=call.interaction, agent=call.agent, reason=str(reason))
        return True

    async def resume(self, call: CallView) -> bool:
        """The end of the pause is known before anything is recorded again."""
        try:
            await self._store.end_pause(call.interaction, self._clock())
        except StoreError:
            raise ProblemError(503, detail="the database is away; the recording stays paused") from None
        self._paused.pop(call.interaction, None)
        resumed = await self._mute(call, muted=False)
        log.info("recording.resumed", interaction=call.interaction, agent=call.agent)
        return resumed

    async def _under_way(self, call: CallView) -> RecordingPause | None:
        if known := self._paused.get(call.interaction):
            return known
        return next((each for each in await self._pauses(call) if each.to_at is None), None)

    async def _pauses(self, call: CallView) -> tuple[RecordingPause, ...]:
        try:
            return await self._store.pauses(call.interaction)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None

    async def _inherited(self, call: CallView) -> RecordingPause | None:
        """Of the talk before it, where a colleague has handed the caller over: still nobody has resumed it."""
        if call.follows is None or call.agent is None or await self._pauses(call):
            return None
        before = await self._under_way(replace(call, interaction=call.follows, follows=None))
        if before is None:
            return None
        pause = RecordingPause(call.interaction, call.agent, before.reason, self._clock())
        self._paused[call.interaction] = pause
        try:
            await self._store.begin_pause(pause)
        except StoreError:
            log.warning("recording.pause_not_kept", interaction=call.interaction)
        return pause

    async def _mute(self, call: CallView, *, muted: bool) -> bool:
        """Whether there is a recording to be muted or not."""
        node = self._nodes.get(call.node)
        if node is None or not call.channel:
            return False
        try:
            await node.carry_out(MuteRecording(call.channel, muted))
        except AmiRefusedError:
            return False
        except AmiError as error:
            log.warning("recording.not_muted", interaction=call.interaction, reason=type(error).__name__)
            raise ProblemError(503, "not_muted" if muted else "") from None
        return True
