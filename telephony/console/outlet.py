"""The way out to one open page: a bounded queue of messages. A page that does not read is cut off, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

MESSAGES = 256


@dataclass(frozen=True, slots=True)
class Close:
    """The last thing to be sent: a close frame [RFC 6455 §7.4]."""

    code: int
    reason: str


class Outlet:
    def __init__(self, cut: Callable[[], None], messages: int = MESSAGES) -> None:
        self._cut = cut
        self._queue: asyncio.Queue[str | Close] = asyncio.Queue(messages)
        self._ended = False
        self.overflowed = False

    def put(self, message: str | Close) -> None:
        """Never blocks; the first message that finds no room ends the connection. Nothing follows a `Close`."""
        if self._ended:
            return
        self._ended = isinstance(message, Close)
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._ended = self.overflowed = True
            self._cut()

    async def take(self) -> str | Close:
        return await self._queue.get()

    @property
    def closing(self) -> bool:
        """Whether a close frame is on its way, and the page still reads."""
        return self._ended and not self.overflowed

    @property
    def empty(self) -> bool:
        return self._queue.empty()
