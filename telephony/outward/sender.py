"""Sends what the outbox holds: each receiver in its own order, again after longer and longer pauses, at last put aside.

Redirects are not followed and answers are not read: whoever is told cannot lead us anywhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import aiohttp
import structlog

from telephony.core.outbox import Message
from telephony.outward.receivers import Receiver

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
ANSWER_S = 5.0
PAUSES_S = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)  # from one try to the next; the last one holds on
DEAD_AFTER = 24  # tries: about a day
REFUSED_AFTER = 4  # tries of what the receiver refuses for its own sake: some minutes, for the others wait behind it


TRY_AGAIN = frozenset({"HTTP 401", "HTTP 403", "HTTP 408", "HTTP 425", "HTTP 429"})  # the receiver's state, not ours


class Outbox(Protocol):
    """What is asked of the store. Errors: any is taken for an outage."""

    async def open_messages(self, target: str, most: int = 50) -> Sequence[Message]: ...

    async def message_sent(self, id_: str, at: float) -> None: ...

    async def message_failed(self, id_: str, next_at: float, why: str, dead_at: float | None) -> None: ...


class Sender:
    """One receiver's."""

    def __init__(
        self,
        receiver: Receiver,
        outbox: Outbox,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._receiver = receiver
        self._outbox = outbox
        self._clock = clock
        self._pause = pause
        self.sent = 0
        self.failed = 0

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
            while True:
                try:
                    await self.look(http)
                except Exception as error:  # noqa: BLE001 - the outbox is away: what it holds is safe there
                    log.warning("outward.outbox_away", to=self._receiver.name, reason=type(error).__name__)
                await self._pause(LOOK_EVERY_S)

    async def look(self, http: aiohttp.ClientSession) -> None:
        """Send what is due, in order; whoever does not take one gets none of the later ones before it."""
        for message in await self._outbox.open_messages(self._receiver.name):
            if message.next_at > self._clock():
                return
            if why := await self._send(http, message):
                await self._put_off(message, why)
                return
            self.sent += 1
            await self._outbox.message_sent(message.id, self._clock())

    async def _send(self, http: aiohttp.ClientSession, message: Message) -> str:
        """Why it was not taken; empty where it was."""
        headers = self._receiver.headers(message, self._clock())
        try:
            async with http.post(
                self._receiver.url, data=message.body.encode(), headers=headers, allow_redirects=False
            ) as answer:
                return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__

    async def _put_off(self, message: Message, why: str) -> None:
        self.failed += 1
        tries, now = message.attempts + 1, self._clock()
        refused = why.startswith("HTTP 4") and why not in TRY_AGAIN
        dead_at = now if tries >= (REFUSED_AFTER if refused else DEAD_AFTER) else None
        log.warning("outward.not_taken", to=self._receiver.name, why=why, tries=tries, given_up=dead_at is not None)
        pause_s = PAUSES_S[min(tries, len(PAUSES_S)) - 1]
        await self._outbox.message_failed(message.id, now + pause_s, why, dead_at)
