"""Passwords as argon2id hashes in PHC string format [RFC 9106]; verified off the event loop, in constant work."""

from __future__ import annotations

import asyncio
import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

PASSWORD_CHARACTERS = 1024  # longer ones only cost time
PARALLEL = 2  # each verification takes 64 MiB and one core for about 50 ms
WAITING = 40  # for their turn: about a second

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to be stored (`$argon2id$…`)."""
    return _hasher.hash(password)


def hash_of_nobody() -> str:
    """One that no password fits, because it is drawn and not computed; to look one up costs the usual work."""
    salt, drawn = (_encoded(secrets.token_bytes(size)) for size in (_hasher.salt_len, _hasher.hash_len))
    work = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${work}${salt}${drawn}"


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")


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
        self._nobody = hash_of_nobody()

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
