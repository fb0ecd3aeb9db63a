"""What is forgotten by itself once it is old enough: notes, what other systems were told, answers to surveys, visits.

The figures are the operator's (`[retention]`); RODO article 5(1)(e) wants no more than is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from telephony.office_settings import Retention
from telephony.store.appointments import AppointmentStore
from telephony.store.errors import StoreError
from telephony.store.store import Store

log = structlog.get_logger()

EVERY_S = 3600.0
DAY_S = 86_400.0


class Forgetting:
    """`clock` gives seconds since the epoch."""

    def __init__(
        self,
        rules: Retention,
        store: Store,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rules = rules
        self._store = store
        self._clock = clock
        self._pause = pause

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("retention.not_done", reason=type(error).__name__)
            await self._pause(EVERY_S)

    async def look(self) -> None:
        """Errors: StoreError."""
        now, rules = self._clock(), self._rules
        notes = await self._store.notes.forget(now - rules.notes_days * DAY_S)
        messages = await self._store.outbox.forget(now - rules.messages_days * DAY_S)
        answers = await self._store.surveys.forget(now - rules.surveys_days * DAY_S)
        visits = await AppointmentStore(self._store).forget(now - rules.call_backs_days * DAY_S)
        if notes or messages or answers or visits:
            log.info("retention.forgotten", notes=notes, messages=messages, surveys=answers, visits=visits)
