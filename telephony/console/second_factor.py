"""The second factor: codes of an authenticator app [RFC 6238], each good once, and codes on paper in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from telephony.core import totp
from telephony.core.account import Account, Role

log = structlog.get_logger()


class Factors(Protocol):
    """Where second factors are kept. Every method may raise KeeperAwayError."""

    async def secret(self, login: str) -> bytes | None:
        """None: there is none."""

    async def enrol(self, login: str, secret: bytes, step: int, codes: Sequence[str], at: float) -> bool:
        """False, and nothing was done, where there is one already."""

    async def use_step(self, login: str, step: int) -> bool:
        """False where that one, or a later one, has been used; of two at once, one is told True."""

    async def use_recovery_code(self, login: str, code: str, at: float) -> bool:
        """False where it is none, or has been used."""

    async def new_recovery_codes(self, login: str, codes: Sequence[str]) -> None: ...

    async def recovery_codes_left(self, login: str) -> int: ...

    async def remove(self, login: str) -> None: ...


class NoFactors:
    """Nobody has one, and nobody may get one."""

    async def secret(self, login: str) -> bytes | None:
        return None

    async def enrol(self, login: str, secret: bytes, step: int, codes: Sequence[str], at: float) -> bool:
        return False

    async def use_step(self, login: str, step: int) -> bool:
        return False

    async def use_recovery_code(self, login: str, code: str, at: float) -> bool:
        return False

    async def new_recovery_codes(self, login: str, codes: Sequence[str]) -> None:
        """There are none."""

    async def recovery_codes_left(self, login: str) -> int:
        return 0

    async def remove(self, login: str) -> None:
        """There is none."""


class SecondFactor:
    """Every method that awaits may raise KeeperAwayError."""

    def __init__(self, factors: Factors, required: frozenset[Role], clock: Callable[[], float]) -> None:
        self._factors = factors
        self._required = required
        self._clock = clock

    def required(self, account: Account) -> bool:
        return account.role in self._required

    async def has(self, login: str) -> bool:
        return await self._factors.secret(login) is not None

    async def right(self, login: str, given: str) -> bool:
        """Whether it is a good code of this person, of the app or on paper; it is not good a second time."""
        code = totp.typed(given)
        if totp.is_code(code):
            secret = await self._factors.secret(login)
            step = totp.step_of(secret, code, self._clock()) if secret else None
            return step is not None and await self._factors.use_step(login, step)
        if totp.is_recovery(code) and await self._factors.use_recovery_code(login, code, self._clock()):
            log.warning("console.recovery_code_used", agent=login, left=await self.codes_left(login))
            return True
        return False

    async def enrol(self, login: str, secret: bytes, given: str) -> tuple[str, ...] | None:
        """The codes for paper, once the app has shown a right one; None: it is not right, or there is one already."""
        now = self._clock()
        step = totp.step_of(secret, totp.typed(given), now)
        codes = totp.new_recovery_codes()
        if step is None or not await self._factors.enrol(login, secret, step, codes, now):
            return None
        log.info("console.second_factor_enrolled", agent=login)
        return codes

    async def codes_left(self, login: str) -> int:
        return await self._factors.recovery_codes_left(login)

    async def new_codes(self, login: str) -> tuple[str, ...]:
        codes = totp.new_recovery_codes()
        await self._factors.new_recovery_codes(login, codes)
        log.info("console.recovery_codes_renewed", agent=login)
        return codes

    async def remove(self, login: str) -> None:
        await self._factors.remove(login)
        log.warning("console.second_factor_removed", agent=login)
