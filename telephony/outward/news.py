"""From the core's facts to messages: a call is offered, answered, ended; one message for each receiver, kept at once.

A subscriber of the pump never waits: messages lie in memory until the outbox has them, and are counted where there is
no room for them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog

from telephony.core.commands import CallChanged, CallEnded, Command, ShowPop
from telephony.core.ids import InteractionId
from telephony.core.outbox import Message
from telephony.core.views import CallState, CallView
from telephony.outward.receivers import Receiver

log = structlog.get_logger()

MOST = 50_000
TOGETHER = 200
AGAIN_S = 1.0

Keep = Callable[[Sequence[Message]], Awaitable[None]]


class CallNews:
    """`keep` puts messages into the outbox; any error of it is taken for an outage, and it is asked again."""

    def __init__(self, receivers: Sequence[Receiver], keep: Keep) -> None:
        self._receivers = receivers
        self._keep = keep
        self._waiting: deque[Message] = deque()
        self._something = asyncio.Event()
        self._nothing = asyncio.Event()
        self._nothing.set()
        self._talking: set[InteractionId] = set()
        self.lost = 0

    def publish(self, command: Command, now: float) -> None:
        for message in self._messages(command, now):
            if len(self._waiting) < MOST:
                self._waiting.append(message)
                self._something.set()
                self._nothing.clear()
            else:
                self.lost += 1

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._something.wait()
            batch = [self._waiting[place] for place in range(min(TOGETHER, len(self._waiting)))]
            try:
                await self._keep(batch)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the outbox, nothing is thrown away
                log.warning("outward.not_kept", reason=type(error).__name__)
                await asyncio.sleep(AGAIN_S)
                continue
            for _ in batch:
                self._waiting.popleft()
            if not self._waiting:
                self._something.clear()
                self._nothing.set()

    async def drain(self, patience_s: float) -> None:
        """While `run` goes on: until all of it is in the outbox, or this time is over."""
        try:
            await asyncio.wait_for(self._nothing.wait(), patience_s)
        except TimeoutError:
            log.error("outward.not_kept", messages=len(self._waiting))  # noqa: TRY400 - the time-out has no story to tell

    def _messages(self, command: Command, now: float) -> Iterator[Message]:
        match command:
            case ShowPop(call=call) if call.state is CallState.OFFERED:
                yield from self._each("offered", call, now, f"{call.interaction}-{call.attempt}-offered")
            case CallChanged(call=call) if self._has_begun_to_talk(call):
                yield from self._each("answered", call, now, f"{call.interaction}-answered")
            case CallEnded(call=call):
                self._talking.discard(call.interaction)
                yield from self._each("ended", call, now, f"{call.interaction}-ended")

    def _has_begun_to_talk(self, call: CallView) -> bool:
        if call.state is not CallState.TALKING or call.interaction in self._talking:
            return False
        self._talking.add(call.interaction)
        return True

    def _each(self, what: str, call: CallView, now: float, id_: str) -> Iterator[Message]:
        for receiver in self._receivers:
            named = f"{receiver.name}-{id_}"
            tell = {"offered": receiver.offered, "answered": receiver.answered, "ended": receiver.ended}[what]
            if (body := tell(call, named, now)) is not None:
                yield Message(named, receiver.name, body, now, next_at=now)
