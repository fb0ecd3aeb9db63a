"""A circuit breaker: a directory that fails again and again is left alone for a while, and then asked once.

The pattern is M. Nygard's (Release It!, "Circuit Breaker"). `Breaker` is pure; `Guarded` is a directory behind one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import structlog

from telephony.core.customer import Customer, CustomerFile
from telephony.crm.directory import Source

log = structlog.get_logger()
T = TypeVar("T")

FAILURES = 5  # in a row
PAUSE_S = 10.0
ANSWER_S = 5.0  # an answer later than this is a failure, though the card may still be filled in with the next


class SourceError(Exception):
    """A directory does not know now; the message says why, and nothing of whom was asked for."""


class Circuit(IntEnum):
    """As the metric tells it."""

    CLOSED = 0  # all is well
    PROBING = 1  # one question is under way, to see whether it is
    OPEN = 2  # nothing is asked


@dataclass(slots=True)
class Breaker:
    failures: int = FAILURES
    pause_s: float = PAUSE_S
    state: Circuit = Circuit.CLOSED
    _in_a_row: int = 0
    _again_at: float = 0.0

    def allows(self, now: float) -> bool:
        """Whether to ask; whoever does tells how it went."""
        if self.state is Circuit.OPEN and now >= self._again_at:
            self.state = Circuit.PROBING
            return True
        return self.state is Circuit.CLOSED

    def succeeded(self) -> None:
        self.state, self._in_a_row = Circuit.CLOSED, 0

    def failed(self, now: float) -> None:
        self._in_a_row += 1
        if self.state is Circuit.PROBING or self._in_a_row >= self.failures:
            self.state, self._again_at = Circuit.OPEN, now + self.pause_s

    def gave_up(self) -> None:
        """The question was taken back: it tells nothing, and the next one may try."""
        if self.state is Circuit.PROBING:
            self.state = Circuit.OPEN


class Guarded:
    """A directory that is not asked while it is known to be away: then `SourceError` comes at once."""

    def __init__(
        self, source: Source, breaker: Breaker, clock: Callable[[], float], answer_s: float = ANSWER_S
    ) -> None:
        self._source = source
        self._breaker = breaker
        self._clock = clock
        self._answer_s = answer_s
        self.refused = 0  # questions that were not asked

    async def by_phone(self, e164: str) -> CustomerFile | None:
        """Errors: SourceError, and whatever the directory raises."""
        return await self._ask(lambda: self._source.by_phone(e164))

    async def by_number(self, number: str) -> CustomerFile | None:
        """Errors: as for `by_phone`."""
        return await self._ask(lambda: self._source.by_number(number))

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        """Errors: as for `by_phone`."""
        return await self._ask(lambda: self._source.search(text, most))

    @property
    def circuit(self) -> Circuit:
        return self._breaker.state

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        if not self._breaker.allows(self._clock()):
            self.refused += 1
            raise SourceError("the directory is left alone for a while")
        before = self._breaker.state
        try:
            async with asyncio.timeout(self._answer_s):
                found = await question()
        except asyncio.CancelledError:
            self._breaker.gave_up()
            raise
        except Exception:
            self._breaker.failed(self._clock())
            if self._breaker.state is not before:
                log.warning("directory.left_alone", pause_s=self._breaker.pause_s)
            raise
        self._breaker.succeeded()
        if before is not Circuit.CLOSED:
            log.info("directory.back")
        return found
