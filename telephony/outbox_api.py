"""The outbox in the console: what other systems have still to take, what they did not take and why, sending it again.

What a message says is not told here: it may be about anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

import structlog
from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS
from telephony.store.errors import StoreError
from telephony.store.store import Store

log = structlog.get_logger()

MOST = 200


class WaitingNow(Wire):
    target: str
    waiting: int
    since: float
    why: str  # the first of them was not taken; empty: it was not tried yet


class DeadNow(Wire):
    id: str
    target: str
    created_at: float
    dead_at: float
    attempts: int
    why: str


class OutboxNow(Wire):
    now: float
    waiting: tuple[WaitingNow, ...]
    dead: tuple[DeadNow, ...]  # the latest first, not more than 200


class Again(Wire):
    """`ids` null: all."""

    ids: tuple[str, ...] | None = Field(default=None, max_length=MOST)


class OutboxApi:
    """`clock` gives seconds since the epoch."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/outbox", "what other systems have still to take, and what was put aside", SUPERVISORS, self._now,
            gives=OutboxNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/outbox/retry", "send again what was put aside", SUPERVISORS, self._again, takes=Again,
            gives=OutboxNow, refuses=(404, 503),
        )  # fmt: skip

    async def _now(self, _: Asked) -> OutboxNow:
        try:
            waiting = await self._store.tickets_there.waiting()
            dead = await self._store.outbox.dead_messages(MOST)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None
        return OutboxNow(
            now=self._clock(),
            waiting=tuple(WaitingNow(**asdict(each)) for each in waiting),
            dead=tuple(DeadNow(**asdict(each)) for each in dead),
        )

    async def _again(self, asked: Asked) -> OutboxNow:
        ids = asked.body_as(Again).ids
        if ids is not None and not all(each.isprintable() for each in ids):
            raise ProblemError(404, detail="nothing of that is put aside")
        try:
            count = await self._store.outbox.retry(ids, self._clock())
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None
        if not count and ids is not None:
            raise ProblemError(404, detail="nothing of that is put aside")
        log.warning("outbox.again", messages=count, by=asked.by)
        return await self._now(asked)
