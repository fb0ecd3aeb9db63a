"""The recorder: writes the core's facts down in their order and never holds a call up.

While the database is away the facts wait in memory, the calls' changes folded into the latest, and in a spool on the
disk, which whoever comes after a crash takes in first; they go in once it is back: every write is idempotent. What
waits is written many at a time: one commit for all of it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from telephony.core.commands import (
    CallBackChanged,
    CallChanged,
    CallEnded,
    Command,
    Decided,
    DispositionChanged,
)
from telephony.core.ids import InteractionId
from telephony.core.promises import SurveyAnswer
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket
from telephony.store.errors import StoreError, StoreRefusedError
from telephony.store.spool import Spool
from telephony.store.spooled import Fact, as_record, from_record

if TYPE_CHECKING:
    from telephony.store.store import Store

log = structlog.get_logger()

Published = CallBackChanged | CallChanged | CallEnded | Decided | DispositionChanged
Key = tuple[object, ...]
Entry = tuple[Fact, float]

RETRY_S = (0.1, 0.3, 1.0, 3.0, 5.0)
TOGETHER = 250  # facts in one transaction
MOST = 500_000  # facts that wait: some hours of the largest site, about 1 GB
BACKLOG_ALARM = 10_000


class Recorder:
    def __init__(
        self,
        store: Store,
        on_ticket: Callable[[InteractionId, str], None] = lambda _call, _number: None,
        *,
        spool: Spool | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most: int = MOST,
    ) -> None:
        """`on_ticket` hears the number of each ticket once it is written; `pause` waits before the next try.

        Without a `spool` a crash loses what waits.
        """
        self._store = store
        self._on_ticket = on_ticket
        self._pause = pause
        self._most = most
        self._waiting: OrderedDict[Key, Entry] = OrderedDict()
        self._spool = spool
        self._spooled: dict[Key, Entry] = {}  # what the spool has, of what waits
        self.refused = 0  # the database will not have them, ever
        self.lost = 0  # there was no room for them
        self._running = False
        self._something = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def backlog(self) -> int:
        return len(self._waiting)

    def publish(self, command: Command, now: float) -> None:
        """A subscriber of the pump; keeps what belongs in the store."""
        if isinstance(command, Published):
            self.put(command, now)

    def put(self, fact: Fact, now: float) -> None:
        """Never blocks. A call's later change takes the place of one that has not been written yet."""
        key = _key(fact)
        if key not in self._waiting and not self._has_room(fact):
            return
        self._waiting[key] = fact, now
        self._something.set()
        self._idle.clear()

    async def take_in(self) -> None:
        """What an earlier server could not write, written before anything is asked of the store. Errors: StoreError."""
        if self._spool is None:
            return
        records = await asyncio.to_thread(self._spool.records)
        for record in records:
            try:
                fact, at = from_record(record)
            except ValueError as error:
                log.error("recorder.spool_unreadable", reason=str(error))  # noqa: TRY400 - the record, not our code
                continue
            self.put(fact, at)
        if records:
            log.info("recorder.spool_found", facts=self.backlog)
            self._spooled = dict(self._waiting)
            await self._write_at_once()
            await self._clear_spool()

    async def run(self) -> None:
        """Until cancelled."""
        self._running = True
        try:
            while True:
                await self._something.wait()
                await self._write_all()
        finally:
            self._running = False
            self._idle.set()  # who waits in `drain` takes over

    async def drain(self, timeout_s: float) -> bool:
        """Wait until all is written, even if nobody runs us any more; False when the time was too short."""
        try:
            await asyncio.wait_for(self._drained(), timeout_s)
        except TimeoutError:
            log.error("recorder.not_drained", facts=self.backlog)  # noqa: TRY400 - the time-out has no story to tell
            return False
        return True

    async def _drained(self) -> None:
        while self._running:
            await self._idle.wait()
            if not self._waiting:
                return
        await self._write_all()

    def _has_room(self, fact: Fact) -> bool:
        """Outcomes and tickets find room when nothing else does any more."""
        if self.backlog and self.backlog % BACKLOG_ALARM == 0:
            log.error("recorder.backlog", facts=self.backlog)
        if self.backlog < self._most or isinstance(fact, CallBackChanged | CallEnded | DispositionChanged | OpenTicket):
            return True
        self.lost += 1
        if self.lost % BACKLOG_ALARM == 1:
            log.error("recorder.lost", facts=self.lost)
        return False

    async def _write_all(self) -> None:
        failures = 0
        while self._waiting:
            batch = list(islice(self._waiting.items(), TOGETHER))
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - a bug in one fact must not cost the others
                if _has_fault(error):
                    await self._write_singly(batch)
                    continue
                if failures == 0:
                    log.warning("store.away", reason=str(error))
                await self._keep()
                await self._pause(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
            else:
                failures = 0
        await self._clear_spool()
        if not self._waiting:
            self._something.clear()
            self._idle.set()

    async def _write_at_once(self) -> None:
        """All that waits, without patience. Errors: StoreError."""
        while batch := list(islice(self._waiting.items(), TOGETHER)):
            try:
                await self._write(batch)
            except Exception as error:
                if not _has_fault(error):
                    raise
                await self._write_singly(batch)

    async def _keep(self) -> None:
        """What waits and is not in the spool yet, into the spool."""
        new = {key: entry for key, entry in self._waiting.items() if self._spooled.get(key) is not entry}
        if self._spool is None or not new:
            return
        records = [as_record(*entry) for entry in new.values()]
        try:
            await asyncio.to_thread(self._spool.add, records)
        except OSError as error:
            log.error("recorder.only_in_memory", facts=len(new), reason=error.strerror)  # noqa: TRY400 - the disk, not us
        else:
            self._spooled |= new

    async def _clear_spool(self) -> None:
        """Once nothing of it waits. What a failure leaves there is written once more, which changes nothing."""
        if self._spool is None or not self._spooled or self._waiting:
            return
        self._spooled.clear()
        try:
            await asyncio.to_thread(self._spool.clear)
        except OSError as error:
            log.error("recorder.spool_stays", reason=error.strerror)  # noqa: TRY400 - the disk, not us

    async def _write_singly(self, batch: Sequence[tuple[Key, Entry]]) -> None:
        """Something among them is not accepted: find it and put it aside, and write the others."""
        for key, entry in batch:
            try:
                await self._write([(key, entry)])
            except Exception as error:  # noqa: BLE001 - as above
                if not _has_fault(error):
                    return  # the next round tries again and says so
                self.refused += 1
                reason = str(error) if isinstance(error, StoreError) else type(error).__name__  # others may tell values
                log.error("store.refused", fact=type(entry[0]).__name__, reason=reason)  # noqa: TRY400 - a trace too
                self._written([(key, entry)])

    async def _write(self, batch: Sequence[tuple[Key, Entry]]) -> None:
        """All of them, or none. Errors: StoreError."""
        facts = [fact for _, (fact, _) in batch]
        async with self._store.together() as store:
            await store.record_calls([fact.call for fact in facts if isinstance(fact, CallChanged | CallEnded)])
            await store.record_callbacks([fact.request for fact in facts if isinstance(fact, CallBackChanged)])
            await store.record_decisions([fact for fact in facts if isinstance(fact, Decided)])
            given = [fact.disposition for fact in facts if isinstance(fact, DispositionChanged)]
            await store.dispositions.record(given)
            await store.quality.record([fact for fact in facts if isinstance(fact, QualityRecord)])
            await store.quality.record_intervals([fact for fact in facts if isinstance(fact, QualityInterval)])
            await store.record_survey_answers([fact for fact in facts if isinstance(fact, SurveyAnswer)])
            # Last: a ticket's customer is found through its interaction.
            tickets = [
                (fact.interaction, await store.open_ticket(fact, at))
                for _, (fact, at) in batch
                if isinstance(fact, OpenTicket)
            ]
        self._written(batch)
        for interaction, number in tickets:
            self._tell(interaction, number)

    def _written(self, batch: Sequence[tuple[Key, Entry]]) -> None:
        for key, entry in batch:
            if self._waiting.get(key) is entry:  # a later change may have taken its place meanwhile
                del self._waiting[key]

    def _tell(self, interaction: InteractionId, number: str) -> None:
        try:
            self._on_ticket(interaction, number)
        except Exception as error:  # noqa: BLE001 - whoever listens, the writing goes on
            log.error("recorder.listener_failed", interaction=interaction, error=type(error).__name__)  # noqa: TRY400


def _has_fault(error: Exception) -> bool:
    """Whether it is the fact's own fault, which no further try will mend."""
    return isinstance(error, StoreRefusedError) or not isinstance(error, StoreError)


def _key(fact: Fact) -> Key:
    """What a later fact takes the place of."""
    match fact:
        case CallChanged(call) | CallEnded(call):
            key: Key = ("call", call.interaction)
        case CallBackChanged(request):
            key = "call_back", request.call_back
        case Decided(interaction=interaction, agent=agent, decided_at=at):
            key = "decision", interaction, agent, at
        case QualityRecord(interaction=interaction, leg=leg, direction=direction):
            key = "quality", interaction, leg, direction
        case QualityInterval(interaction=interaction, leg=leg, direction=direction, starts_at=at):
            key = "quality_interval", interaction, leg, direction, at
        case DispositionChanged(disposition):
            key = "disposition", disposition.interaction, disposition.agent
        case OpenTicket(interaction=interaction):
            key = "ticket", interaction
        case SurveyAnswer(interaction=interaction, survey=survey):
            key = "survey", interaction, survey
    return key
