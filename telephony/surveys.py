"""Surveys at work: whoever's ticket is closed may be asked by a link, and answers on a page without log-in, once."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.core.outbox import Message
from telephony.core.survey import (
    DAY_S,
    ClosedTicket,
    Invitation,
    LinkAnswer,
    Messenger,
    Why,
    asked_after_call,
    decide,
    key_of,
)
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.survey_settings import Surveys as Rules

log = structlog.get_logger()

EVERY_S = 60.0
SMS = "MARSOFT: jak nam poszło? Zgłoszenie {number}: {link}"


class Surveys:
    """`clock` gives seconds since the epoch; `takes_sms`: whether a message gets to this number."""

    def __init__(
        self,
        rules: Rules,
        store: Store,
        messenger: Messenger,
        clock: Callable[[], float],
        *,
        takes_sms: Callable[[str], bool],
        rng: random.Random | None = None,
        new_token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rules = rules
        self._store = store
        self._messenger = messenger
        self._clock = clock
        self._takes_sms = takes_sms
        self._rng = rng or random.SystemRandom()
        self._new_token = new_token
        self._pause = pause

    async def run(self) -> None:
        """Until cancelled. Nothing where there is no address for links."""
        while self._rules.public_url:
            try:
                await self.look()
            except StoreError as error:
                log.warning("surveys.not_looked_at", reason=str(error))
            await self._pause(EVERY_S)

    async def look(self) -> None:
        """Decide about each ticket that was closed meanwhile. Errors: StoreError."""
        now = self._clock()
        if not self._rules.hours.allow(now):  # nobody gets a message at night
            return
        for ticket in await self._store.surveys.undecided(now - self._rules.tickets_days * DAY_S):
            await self._decide(ticket, now)

    async def _decide(self, ticket: ClosedTicket, now: float) -> None:
        """The message is in the outbox if, and only if, the decision is in the store."""
        phone = next(filter(self._takes_sms, ticket.phones), "")
        surveys = self._store.surveys
        why = decide(
            ticket, self._rules.rules, now,
            reachable=bool(phone),
            objected=await surveys.objected(ticket.people),
            last_asked=await surveys.last_asked(ticket.people),
            drawn=self._rng.random(),
        )  # fmt: skip
        customer, phone = ticket.customer or "", phone or next(iter(ticket.phones), "")
        token = self._new_token() if why is Why.ASKED else None
        expires_at = now + self._rules.link_days * DAY_S if token else None
        decided = Invitation(
            ticket.ticket, customer, phone, ticket.queue, why, now, key_of(token) if token else None, expires_at
        )
        async with self._store.together() as store:
            if await store.surveys.decide(decided) and token:
                await store.outbox.keep_messages([self._message(ticket, phone, token, now)])
        log.info("survey.decided", why=str(why))

    def _message(self, ticket: ClosedTicket, phone: str, token: str, now: float) -> Message:
        text = SMS.format(number=ticket.number, link=f"{self._rules.public_url}/survey/{token}")
        return self._messenger.sms(f"survey-{ticket.number}", phone, text, now)

    # -- who answers --------------------------------------------------------------------------------------------

    async def known(self, token: str) -> bool:
        """Whether the link is good. Errors: StoreError."""
        key = key_of(token)
        return key is not None and await self._store.surveys.by_key(key, self._clock()) is not None

    async def answer(self, token: str, answer: LinkAnswer) -> bool:
        """Once; False where the link is not good (any more). Errors: StoreError."""
        key = key_of(token)
        return key is not None and await self._store.surveys.answer(key, answer, self._clock())

    async def object(self, token: str) -> bool:
        """Whoever has this link is not asked any more; the link is used up. Errors: StoreError."""
        now, key = self._clock(), key_of(token)
        async with self._store.together() as store:
            invitation = await store.surveys.by_key(key, now) if key else None
            if key is None or invitation is None:
                return False
            await store.surveys.object(invitation.customer, invitation.phone, now)
            return await store.surveys.answer(key, LinkAnswer(None, None), now)

    async def after_call(self, people: Sequence[str]) -> bool:
        """Whether a caller of these names (customer number, E.164) is asked on the keypad. Errors: StoreError."""
        surveys = self._store.surveys
        objected, last = await surveys.objected(people), await surveys.last_asked(people)
        return asked_after_call(self._rules.rules, self._clock(), objected=objected, last_asked=last)
