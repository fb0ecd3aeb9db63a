"""What is left of a call: how it sounded, ten seconds at a time and as a whole, and its ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ivr_flows import Flow
from telephony.asterisk.taping import talk_files
from telephony.call_quality import CallQuality
from telephony.console.trail import trail
from telephony.core.commands import CallChanged, CallEnded, Command
from telephony.core.disposition import Disposition
from telephony.core.quality_interval import QualityInterval
from telephony.core.ticket import OpenTicket
from telephony.core.ticket_rules import EndedCall, TicketRule
from telephony.core.tickets import Tickets
from telephony.core.views import CallState, CallView
from telephony.metrics import Metrics
from telephony.store.recorder import Recorder
from telephony.store.store import Store

INTERVAL_S = 10.0


class AfterCall:
    """`flows` are those that new calls follow; `recordings` is the folder of talks."""

    def __init__(
        self,
        rules: Sequence[TicketRule],
        quality: CallQuality,
        recorder: Recorder,
        metrics: Metrics,
        *,
        flows: Callable[[], Sequence[Flow]],
        recordings: Path,
    ) -> None:
        self._quality = quality
        self._recorder = recorder
        self._metrics = metrics
        self._flows = flows
        self._recordings = recordings
        self._tickets = Tickets(rules, self._ask, self._words)

    async def recovered(self, owed: Sequence[Disposition], store: Store) -> None:
        """Consultants may still say what came of calls that an earlier server has led. Errors: StoreError."""
        for interaction in dict.fromkeys(each.interaction for each in owed):
            call = await store.interaction(interaction)
            if call and call.ended_at is not None:
                self._tickets.recovered(call, await store.dispositions.of(interaction))

    def publish(self, command: Command, now: float) -> None:
        """A subscriber of the pump."""
        if isinstance(command, CallChanged):
            if command.call.state is CallState.MENU:
                self._quality.begun(command.call)
            self._quality.changed(command.call)
        if isinstance(command, CallEnded):
            self.tell_intervals(now, command.call)  # its last ones, before it is forgotten
            records = self._quality.ended(command.call)
            self._metrics.quality.call(records)
            for record in records:
                self._recorder.put(record, now)
                self._tickets.publish(record, now)
        self._tickets.publish(command, now)

    def tell_intervals(self, now: float, only: CallView | None = None) -> None:
        """What was reported of calls under way, or of one call, since this was told last."""
        self.tell(self._quality.intervals(now, only), now)

    def tell(self, intervals: Iterable[QualityInterval], now: float) -> None:
        for interval in intervals:
            self._recorder.put(interval, now)
            self._metrics.quality.interval(interval)

    async def run(self, clock: Callable[[], float]) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            self.tell_intervals(clock())

    def _ask(self, ticket: OpenTicket, now: float, *, first: bool) -> None:
        self._recorder.put(ticket, now)
        if first:
            self._metrics.ticket(ticket)

    def _words(self, ended: EndedCall) -> Iterator[str]:
        if ended.call.path and (titles := trail(ended.call.path, self._flows())):
            yield f"W menu: {' / '.join(each.pl for each in titles)}"
        if any(file.exists() for file in talk_files(self._recordings, ended.call.interaction)):
            yield "Rozmowa nagrana: tak"
