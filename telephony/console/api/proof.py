"""The proof that whoever is logged in is still there, before something dangerous: the password once more.

As many tries as at log-in, and counted with those, so that an unguarded desk is no way to guess a password.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from math import ceil

import structlog
from pydantic import Field, SecretStr

from telephony.console.api.endpoint import EVERYBODY, Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.login_limit import LoginLimit
from telephony.console.passwords import PASSWORD_CHARACTERS, Passwords
from telephony.core.account import Account

log = structlog.get_logger()


class Proof(Wire):
    password: SecretStr = Field(max_length=PASSWORD_CHARACTERS)


class ProofApi:
    def __init__(
        self,
        accounts: Callable[[str], Awaitable[Account | None]],
        passwords: Passwords,
        limit: LoginLimit,
        clock: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._limit = limit
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "POST", "/step-up", "prove to be there, for five minutes", EVERYBODY, self._prove, takes=Proof,
            refuses=(429,),
        )  # fmt: skip

    async def _prove(self, asked: Asked) -> None:
        login, now = asked.account.login, self._clock()
        keys = self._limit.keys(login, "", known=asked.session.key)
        if wait_s := self._limit.take(keys, now):
            raise ProblemError(429, detail=f"{ceil(wait_s)} s")
        account = await self._accounts(login)
        given = asked.body_as(Proof).password.get_secret_value()
        if not await self._passwords.verify(account.password_hash if account else None, given, known=True):
            log.warning("console.proof_refused", agent=asked.account.agent)
            raise ProblemError(403, "wrong_password")
        self._limit.give_back(keys, now)
        asked.session.proven_at = self._clock()
        log.info("console.proven", agent=asked.account.agent)
