"""Who calls: a customer number and its PIN, checked without telling which of the two was wrong.

An unknown customer, one without a PIN and a wrong PIN take the same work and get the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import structlog

from telephony.console.passwords import Passwords, hash_password
from telephony.core.customer import Customer
from telephony.core.pin_limits import Attempt, PinLimits

log = structlog.get_logger()

PIN = re.compile(r"[0-9]{4,8}", re.ASCII)
RUNS = "01234567890", "09876543210", "2580"  # up, down, and down the middle of the keypad


class PinError(ValueError):
    """This PIN cannot be given to a customer."""


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    BLOCKED = "blocked"  # too many were wrong: whether this one is right is not even looked at


class Records(Protocol):
    """What the check asks of the store."""

    async def customer_by_phone(self, e164: str) -> Customer | None: ...

    async def pin_of(self, customer: str) -> str | None: ...


class IdentityCheck:
    """One for the whole house."""

    def __init__(self, records: Records, clock: Callable[[], float]) -> None:
        self._records = records
        self._clock = clock
        self._limits = PinLimits()
        self._passwords = Passwords()
        self.blocked = 0  # somebody guesses: a reason for an alarm

    async def check(self, caller: str | None, customer: str, pin: str) -> Verdict:
        """Takes about as long for everybody. Errors: StoreError."""
        owner = await self._records.customer_by_phone(caller) if caller else None
        attempt = Attempt(caller, customer, own_number=owner is not None and owner.number == customer)
        if not self._limits.take(attempt, self._clock()):
            log.warning("identity.blocked", own_number=attempt.own_number)
            self.blocked += 1
            return Verdict.BLOCKED
        if not await self._passwords.verify(await self._records.pin_of(customer), pin):
            return Verdict.WRONG
        self._limits.right(attempt, self._clock())
        return Verdict.RIGHT


def hashed(pin: str) -> str:
    """The PIN as it is kept. Errors: PinError for one that is none, or that would be guessed first."""
    if not PIN.fullmatch(pin):
        raise PinError("a PIN has 4 to 8 digits")
    if len(set(pin)) == 1 or any(pin in run for run in RUNS):
        raise PinError("this PIN would be guessed first; choose another")
    return hash_password(pin)
