"""Hands what the outbox holds for customers to a carrier: each message on its own, for nobody waits behind another.

A message is taken for some time before it is tried, so that two servers do not send it both; whoever dies meanwhile
leaves it to be tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from telephony.core.outbox import Message
from telephony.outward.carrying import Carrier, NotCarriedError
from telephony.outward.sender import DEAD_AFTER, LOOK_EVERY_S, PAUSES_S

log = structlog.get_logger()

MINE_S = 300.0  # longer than any carrier takes for what is taken at once
AT_ONCE = 4


class Outbox(Protocol):
    """What is asked of the store. Errors: any is taken for an outage."""

    async def claim(self, target: str, now: float, until: float, most: int) -> Sequence[Message]: ...

    async def message_sent(self, id_: str, at: float) -> None: ...

    async def message_failed(self, id_: str, next_at: float, why: str, dead_at: float | None) -> None: ...


class Posting:
    """One way's. `sent_one` is told after each message that was taken."""

    def __init__(
        self,
        way: str,
        carrier: Carrier,
        outbox: Outbox,
        clock: Callable[[], float],
        sent_one: Callable[[], None] = lambda: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._way = way
        self._carrier = carrier
        self._outbox = outbox
        self._clock = clock
        self._sent_one = sent_one
        self._pause = pause
        self.sent = 0
        self.failed = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.look():
                    pass
            except Exception as error:  # noqa: BLE001 - the outbox is away: what it holds is safe there
                log.warning("posting.outbox_away", to=self._way, reason=type(error).__name__)
            await self._pause(LOOK_EVERY_S)

    async def look(self) -> int:
        """Send what is due, some at once; how many were tried."""
        now = self._clock()
        mine = await self._outbox.claim(self._way, now, now + MINE_S, AT_ONCE)
        await asyncio.gather(*map(self._post, mine))
        return len(mine)

    async def _post(self, message: Message) -> None:
        try:
            await self._carrier.carry(message)
        except NotCarriedError as error:
            await self._put_off(message, error)
            return
        except Exception as error:  # noqa: BLE001 - a bug with one message must not have it tried for ever
            await self._put_off(message, NotCarriedError(type(error).__name__))
            return
        self.sent += 1
        await self._outbox.message_sent(message.id, self._clock())
        self._sent_one()

    async def _put_off(self, message: Message, error: NotCarriedError) -> None:
        self.failed += 1
        tries, now = message.attempts + 1, self._clock()
        dead_at = now if error.final or tries >= DEAD_AFTER else None
        log.warning("posting.not_taken", to=self._way, why=error.why, tries=tries, given_up=dead_at is not None)
        pause_s = PAUSES_S[min(tries, len(PAUSES_S)) - 1]
        await self._outbox.message_failed(message.id, now + pause_s, error.why, dead_at)
