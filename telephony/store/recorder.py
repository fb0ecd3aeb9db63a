"""The recorder: writes the core's facts down in their order and never holds a call up.

While the database is away the facts wait in memory, the calls' changes folded into the latest, and go in once it is
back: every write is idempotent.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from telephony.core.commands import CallChanged, CallEnded, Command, Decided, OpenTicket
from telephony.core.events import InteractionId
from telephony.core.quality_record import QualityRecord
from telephony.store.errors import StoreError, StoreRefusedError

if TYPE_CHECKING:
    from telephony.store.store import Store

log = structlog.get_logger()

Fact = CallChanged | CallEnded | Decided | OpenTicket | QualityRecord
Key = tuple[object, ...]

RETRY_S = (0.1, 0.3, 1.0, 3.0, 5.0)
BACKLOG_ALARM = 10_000


class Recorder:
    def __init__(
        self, store: Store, on_ticket: Callable[[InteractionId, str], None] = lambda _call, _number: None
    ) -> None:
        self._store = store
        self._on_ticket = on_ticket
        self._waiting: OrderedDict[Key, tuple[Fact, float]] = OrderedDict()
        self.refused = 0
        self._something = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def backlog(self) -> int:
        return len(self._waiting)

    def publish(self, command: Command, now: float) -> None:
        """A subscriber of the pump; keeps what belongs in the store."""
        if isinstance(command, CallChanged | CallEnded | Decided | OpenTicket):
            self.put(command, now)

    def put(self, fact: Fact, now: float) -> None:
        """Never blocks. A call's later change takes the place of one that has not been written yet."""
        self._waiting[_key(fact)] = fact, now
        self._something.set()
        self._idle.clear()
        if self.backlog % BACKLOG_ALARM == 0:
            log.error("recorder.backlog", facts=self.backlog)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._something.wait()
            while self._waiting:
                key, (fact, at) = next(iter(self._waiting.items()))
                await self._write_until_done(fact, at)
                if self._waiting[key] == (fact, at):
                    del self._waiting[key]
            self._something.clear()
            self._idle.set()

    async def drain(self, timeout_s: float) -> bool:
        """Wait until all is written; False when the time was too short."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            log.error("recorder.not_drained", facts=self.backlog)  # noqa: TRY400 - the time-out has no story to tell
            return False
        return True

    async def _write_until_done(self, fact: Fact, at: float) -> None:
        failures = 0
        while True:
            try:
                await self._write(fact, at)
            except StoreRefusedError as error:
                self.refused += 1
                log.error("store.refused", fact=type(fact).__name__, reason=str(error))  # noqa: TRY400 - no trace: values
                return
            except StoreError as error:
                if failures == 0:
                    log.warning("store.away", reason=str(error))
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
            else:
                return

    async def _write(self, fact: Fact, at: float) -> None:
        match fact:
            case CallChanged(call) | CallEnded(call):
                await self._store.record_call(call)
            case Decided():
                await self._store.record_decision(fact)
            case QualityRecord():
                await self._store.record_quality(fact)
            case OpenTicket():
                self._on_ticket(fact.interaction, await self._store.open_ticket(fact, at))


def _key(fact: Fact) -> Key:
    match fact:
        case CallChanged(call) | CallEnded(call):
            return "call", call.interaction
        case Decided(interaction=interaction, decided_at=at):
            return "decision", interaction, at
        case QualityRecord(interaction=interaction, leg=leg, direction=direction):
            return "quality", interaction, leg, direction
        case OpenTicket(interaction=interaction):
            return "ticket", interaction
