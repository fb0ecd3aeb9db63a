"""Second factors between the console and the store: nobody gets in with a copy of the database.

Secrets are encrypted [NIST SP 800-38D, AES-256-GCM], codes on paper kept as a MAC [RFC 2104], with a key that is not in
the database: `second_factor_key` of the settings, the same for all servers, or else a file made in the data folder.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from telephony.console.sessions import KeeperAwayError
from telephony.keeper_away import told
from telephony.kept_key import kept_key
from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.store.store import Store

log = structlog.get_logger()

NONCE_BYTES = 12
KEY_FILE = "second-factor.key"


class StoredFactors:
    """See `telephony.console.second_factor.Factors`. Every method may raise KeeperAwayError."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store.second_factors
        self._cipher = AESGCM(_derived(key, b"secret"))
        self._mac_key = _derived(key, b"recovery")

    async def secret(self, login: str) -> bytes | None:
        async with told():
            sealed = await self._store.secret(login)
        return self._opened(login, sealed) if sealed else None

    async def enrol(self, login: str, secret: bytes, step: int, codes: Sequence[str], at: float) -> bool:
        macs = [self._mac(login, code) for code in codes]
        async with told():
            return await self._store.enrol(login, self._sealed(login, secret), step, macs, at)

    async def use_step(self, login: str, step: int) -> bool:
        async with told():
            return await self._store.use_step(login, step)

    async def use_recovery_code(self, login: str, code: str, at: float) -> bool:
        async with told():
            return await self._store.use_recovery_code(login, self._mac(login, code), at)

    async def new_recovery_codes(self, login: str, codes: Sequence[str]) -> None:
        async with told():
            await self._store.new_recovery_codes(login, [self._mac(login, code) for code in codes])

    async def recovery_codes_left(self, login: str) -> int:
        async with told():
            return await self._store.recovery_codes_left(login)

    async def remove(self, login: str) -> None:
        async with told():
            await self._store.remove(login)

    def _sealed(self, login: str, secret: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, login.encode())

    def _opened(self, login: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], login.encode())
        except (InvalidTag, ValueError):  # another server's key, or a row that was moved to another account
            log.exception("console.second_factor_unreadable", mend="second_factor_key, or hotline user reset-totp")
            raise KeeperAwayError("the key of second factors is another one") from None

    def _mac(self, login: str, code: str) -> str:
        return hmac.new(self._mac_key, f"{login}\n{code}".encode(), hashlib.sha256).hexdigest()


def factor_key(settings: Settings) -> str:
    """Of the settings, or of the data folder, where it is made on first use. Errors: SettingsError."""
    if given := settings.console.second_factor_key:
        return given.get_secret_value()
    path = settings.data / KEY_FILE
    try:
        return kept_key(path)
    except OSError as error:
        raise SettingsError(f"the key of second factors, {path}, is of no use: {error.strerror}") from None


def _derived(key: str, purpose: bytes) -> bytes:
    """32 bytes, others for each purpose: one key for two algorithms is none for either."""
    return hmac.new(key.encode(), b"hotline second factor " + purpose, hashlib.sha256).digest()
