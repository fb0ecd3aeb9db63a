"""The proof that whoever is logged in is still there: the password once more, and a code, where one has them.

As many tries as at log-in, counted by session, so that an unguarded desk is no way to guess.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import ceil
from typing import TypeVar

import structlog

from telephony.console.api.problems import ProblemError
from telephony.console.login_limit import LoginLimit
from telephony.console.passwords import Passwords
from telephony.console.second_factor import SecondFactor
from telephony.console.sessions import Session
from telephony.core.account import Account

log = structlog.get_logger()

T = TypeVar("T")


class Proving:
    """Every method may raise ProblemError (429; 403 `wrong_password`, `wrong_code`, `code_wanted`), KeeperAwayError."""

    def __init__(
        self,
        accounts: Callable[[str], Awaitable[Account | None]],
        passwords: Passwords,
        limit: LoginLimit,
        factor: SecondFactor,
        clock: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._limit = limit
        self._factor = factor
        self._clock = clock

    async def prove(self, session: Session, password: str, code: str) -> None:
        """Both, and the session is proven."""
        login = session.account.login
        await self.password(session, password)
        if await self._factor.has(login):
            if not code.strip():
                raise ProblemError(403, "code_wanted")
            await self.code(session, lambda: self._factor.right(login, code))
        session.proven_at = self._clock()
        log.info("console.proven", agent=session.account.agent)

    async def password(self, session: Session, password: str) -> None:
        login = session.account.login
        keys = self._limit.keys(login, "", known=session.key)
        if wait_s := self._limit.take(keys, self._clock()):
            raise ProblemError(429, detail=f"{ceil(wait_s)} s")
        account = await self._accounts(login)
        if not await self._passwords.verify(account.password_hash if account else None, password, known=True):
            log.warning("console.proof_refused", agent=session.account.agent)
            raise ProblemError(403, "wrong_password")
        self._limit.give_back(keys, self._clock())

    async def code(self, session: Session, work: Callable[[], Awaitable[T | None]]) -> T:
        """What `work` gives for a right code; it gives nothing for a wrong one."""
        keys = self._limit.keys(session.account.login, "", known=session.key)
        if wait_s := self._limit.take_code(keys, self._clock()):
            raise ProblemError(429, detail=f"{ceil(wait_s)} s")
        done = await work()
        if not done:
            log.warning("console.proof_refused", agent=session.account.agent, code=True)
            raise ProblemError(403, "wrong_code")
        self._limit.give_back_code(keys, self._clock())
        return done
