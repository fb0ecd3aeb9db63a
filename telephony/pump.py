"""The pump: one bounded inbox in front of the engine, and the engine's answers handed to everyone concerned.

It keeps the order of events, sleeps until the engine's next deadline, and counts what overflows: an event that found
the inbox full is gone, and `overflowed` asks for a resynchronisation instead of losing it in silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from telephony.core.commands import Command
from telephony.core.engine import Engine
from telephony.core.events import Event, EventsLost

log = structlog.get_logger()

Subscriber = Callable[[Command, float], None]

INBOX_EVENTS = 20_000


class Pump:
    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float],
        subscribers: Sequence[Subscriber],
        *,
        size: int = INBOX_EVENTS,
        overflowed: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._subscribers = subscribers
        self._inbox: asyncio.Queue[Event] = asyncio.Queue(size)
        self._overflowed = overflowed
        self._lost_at: float | None = None  # an event was dropped of which the engine has not heard yet
        self.dropped = 0
        self.failures = 0

    def submit(self, event: Event) -> None:
        """Put an event in; never blocks. Called from the event loop's thread only."""
        if not self._inbox.full():
            self._inbox.put_nowait(event)
            return
        self.dropped += 1
        self._lost_at = self._clock()
        if self.dropped == 1 or self.dropped % 1000 == 0:
            log.error("inbox.overflow", dropped=self.dropped)
        self._overflowed()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            event = await self._next()
            now = self._clock()
            if self._lost_at is not None:
                lost, self._lost_at = EventsLost(self._lost_at), None
                self._deliver(self._engine.handle(lost, now), now)
            self._deliver(self._engine.handle_timer(now) if event is None else self._engine.handle(event, now), now)

    async def _next(self) -> Event | None:
        """The next event, or None when a deadline came first."""
        due_at = self._engine.next_deadline()
        if due_at is None:
            return await self._inbox.get()
        left_s = due_at - self._clock()
        if left_s <= 0:
            return None
        try:
            return await asyncio.wait_for(self._inbox.get(), left_s)
        except TimeoutError:
            return None

    def _deliver(self, commands: Sequence[Command], now: float) -> None:
        for command in commands:
            for subscriber in self._subscribers:
                try:
                    subscriber(command, now)
                except Exception:  # one subscriber's bug must not cost the others, or a caller, anything
                    self.failures += 1
                    log.exception("subscriber.failed", command=type(command).__name__)
