"""Accounts and sessions between the console and the store: what is written there counts here at once.

PostgreSQL tells which account is different (LISTEN); account and sessions are then read, and all of them after each
new connection, as nobody knows what was said meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

import structlog

from telephony.console.admission import Admission
from telephony.core.account import Account, SessionRecord
from telephony.keeper_away import told
from telephony.store.errors import StoreError
from telephony.store.news import AccountNews
from telephony.store.store import Store

log = structlog.get_logger()

CHECK_S = 2.0  # so soon a connection that has died in silence is noticed, or a little later
RETRY_S = 1.0
ALL_EVERY_S = 300.0  # even if nothing was told


class Logins:
    """`skilled` completes an account as the settings have it (`Settings.skilled`)."""

    def __init__(self, store: Store, skilled: Callable[[Account], Account]) -> None:
        self._store = store
        self._skilled = skilled
        self._heard = True  # whether the last connection was a good one, so that an outage is told once

    async def account(self, login: str) -> Account | None:
        """Errors: KeeperAwayError."""
        async with told():
            known = await self._store.account_by_login(login)
        return self._skilled(known) if known else None

    async def phones(self) -> frozenset[str]:
        """Of those who may log in: where Asterisk's own queue rings. Errors: StoreError."""
        return frozenset(each.endpoint for each in await self._store.accounts() if each.endpoint and _enabled(each))

    # -- the keeper of sessions (console/sessions.py) -----------------------------------------------------------

    async def open(self, session: SessionRecord, account: Account) -> bool:
        async with told():
            return await self._store.sessions.open(session, account)

    async def keep(self, sessions: Sequence[SessionRecord]) -> None:
        async with told():
            await self._store.sessions.keep(sessions)

    async def end(self, keys: Collection[str]) -> None:
        async with told():
            await self._store.sessions.end(keys)

    async def end_old(self, *, used_before: float, created_before: float) -> None:
        async with told():
            await self._store.sessions.end_old(used_before=used_before, created_before=created_before)

    # -- what changes there -------------------------------------------------------------------------------------

    async def run(self, admission: Admission, news: AccountNews) -> None:
        """Until it is cancelled; a lost database is found again by itself."""
        while True:
            try:
                async with news.listening():
                    await self._follow(admission, news)
            except StoreError as error:
                if self._heard:
                    log.warning("console.accounts_not_heard", reason=str(error))
                self._heard = False
            await asyncio.sleep(RETRY_S)

    async def _follow(self, admission: Admission, news: AccountNews) -> None:
        """Until the connection breaks. Errors: StoreError."""
        now = asyncio.get_running_loop().time
        all_due = now()
        while True:
            if now() >= all_due:
                await self.learn_all(admission)
                self._heard = True
                all_due = now() + ALL_EVERY_S
            changed = await news.changed(CHECK_S)
            for login in changed:
                await self._learn(admission, login)
            if not changed:
                await news.check()
                admission.heard()

    async def learn_all(self, admission: Admission) -> None:
        """Errors: StoreError."""
        before = admission.here()
        accounts = {each.login: self._skilled(each) for each in await self._store.accounts() if _enabled(each)}
        records = await self._store.sessions.all()
        admission.learn(records, accounts, before)

    async def _learn(self, admission: Admission, login: str) -> None:
        before = admission.here(login)
        known = await self._store.account_by_login(login)
        accounts = {login: self._skilled(known)} if known and _enabled(known) else {}
        records = await self._store.sessions.of(login)
        admission.learn(records, accounts, before)


def _enabled(account: Account) -> bool:
    return account.disabled_at is None
