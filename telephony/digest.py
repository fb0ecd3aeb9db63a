"""The weekly digest for editors of the knowledge base: put together, and sent once a week to those in the settings."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping

import structlog

from telephony.core.digest import AGAIN_S, ONE_DAY, Digest, subject, text, week_before, without_people
from telephony.core.periods import Period, day_of, week_of
from telephony.core.survey import Messenger
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.survey_settings import Surveys

log = structlog.get_logger()

EVERY_S = 900.0
MOST, COMMENTS = 10, 50  # lines of each list

Titles = Callable[[], Mapping[str, str]]


def last_week(now: float) -> Period:
    """The whole one before the week of this moment."""
    return week_before(week_of(day_of(now)))


async def digest_of(store: Store, week: Period) -> Digest:
    """Errors: StoreError."""
    surveys, before = store.surveys, week_of(week.first - ONE_DAY)
    comments = await surveys.comments(week, COMMENTS)
    return Digest(
        week,
        await surveys.dispositions(week, MOST),
        await surveys.places(week, MOST),
        tuple(map(without_people, comments)),
        await surveys.articles_in_vain(before, AGAIN_S, MOST),
    )


class DigestPost:
    """`titles` are those of departments, dispositions and places in the menu."""

    def __init__(
        self,
        rules: Surveys,
        store: Store,
        messenger: Messenger,
        titles: Titles,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rules = rules
        self._store = store
        self._messenger = messenger
        self._titles = titles
        self._clock = clock
        self._pause = pause
        self._sent = ""  # the week that is done with

    async def run(self) -> None:
        """Until cancelled."""
        while self._rules.editors:
            try:
                await self.look()
            except StoreError as error:
                log.warning("digest.not_sent", reason=str(error))
            await self._pause(EVERY_S)

    async def look(self) -> None:
        """On Mondays, in the hours of the settings; the message's id lets it be sent once. Errors: StoreError."""
        now = self._clock()
        week = last_week(now)
        if day_of(now) != week.after or not self._rules.hours.allow(now) or self._sent == week.name:
            return
        digest = await digest_of(self._store, week)
        told = text(digest, self._titles())
        messages = [
            self._messenger.mail(f"digest-{week.name}-{_mark(each)}", each, subject(digest), told, now)
            for each in self._rules.editors
        ]
        await self._store.outbox.keep_messages(messages)
        self._sent = week.name
        log.info("digest.sent", week=week.name, editors=len(messages))


def _mark(address: str) -> str:
    """Tells addresses apart without being one."""
    return hashlib.sha256(address.encode()).hexdigest()[:12]
