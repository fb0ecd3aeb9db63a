"""Passwords as argon2id hashes in PHC string format [RFC 9106]; verified off the event loop, in constant work."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARACTERS = 1024  # longer ones only cost time
PARALLEL = 2  # each verification takes 64 MiB and one core for about 50 ms
WAITING = 40  # for their turn: about a second

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to be stored (`$argon2id$…`)."""
    return _hasher.hash(password)


class BusyError(Exception):
    """So many passwords wait to be looked at that this one was not."""


class Passwords:
    """Verifies; an unknown login costs the same work as a known one, so that time tells nobody who has an account.

    Who comes from a browser known before has a turn of their own, which no crowd of strangers takes away.
    """

    def __init__(self, parallel: int = PARALLEL, waiting: int = WAITING) -> None:
        self._slots = asyncio.Semaphore(parallel)
        self._slots_of_known = asyncio.Semaphore(1)
        self._room = parallel + waiting
        self._nobody = hash_password(secrets.token_urlsafe())

    async def verify(self, password_hash: str | None, password: str, *, known: bool = False) -> bool:
        """Whether the password belongs to the hash; None (nobody of that name) never does. Errors: BusyError."""
        if len(password) > PASSWORD_CHARACTERS:
            return False
        if known:
            return await self._verified(self._slots_of_known, password_hash, password)
        if not self._room:
            raise BusyError
        self._room -= 1
        try:
            return await self._verified(self._slots, password_hash, password)
        finally:
            self._room += 1

    async def _verified(self, slots: asyncio.Semaphore, password_hash: str | None, password: str) -> bool:
        async with slots:
            right = await asyncio.to_thread(_verify, password_hash or self._nobody, password)
        return right and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
