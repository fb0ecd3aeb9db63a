"""The keys of recordings: one for each file, wrapped by a master key that has an id [NIST SP 800-57 pt. 1 §5.3.5].

A new master key wraps what is sealed from then on; the files' own keys can be wrapped anew without touching a file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from telephony.kept_key import kept_key
from telephony.vault.sealed import KEY_BYTES, BrokenSealError

NONCE_BYTES = 12
_OWN = re.compile(r"k([1-9][0-9]{0,5})")


class KeyMissingError(BrokenSealError):
    """The master key of this id is not there."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A file's key as it lies on the disk. `master` is the id of the key around it."""

    master: str
    nonce: bytes
    key: bytes

    def as_json(self) -> str:
        fields = {"version": 1, "master": self.master, "nonce": _text(self.nonce), "key": _text(self.key)}
        return json.dumps(fields)

    @classmethod
    def parse(cls, text: str) -> Wrapped:
        """Errors: BrokenSealError."""
        try:
            known = json.loads(text)
            return cls(str(known["master"]), base64.b64decode(known["nonce"]), base64.b64decode(known["key"]))
        except (ValueError, KeyError, TypeError):
            raise BrokenSealError("its key cannot be read") from None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Master keys by id, of which `current` wraps."""

    current: str
    masters: Mapping[str, str]

    def new(self, name: str) -> tuple[bytes, Wrapped]:
        """A key for the file of this name, and the same wrapped."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self.wrap(name, key)

    def wrap(self, name: str, key: bytes) -> Wrapped:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(self.current).encrypt(nonce, key, _bound(self.current, name))
        return Wrapped(self.current, nonce, sealed)

    def unwrap(self, name: str, wrapped: Wrapped) -> bytes:
        """Errors: KeyMissingError; BrokenSealError where it was wrapped for another file, or changed."""
        cipher = self._cipher(wrapped.master)
        try:
            return cipher.decrypt(wrapped.nonce, wrapped.key, _bound(wrapped.master, name))
        except (InvalidTag, ValueError):
            raise BrokenSealError("its key was changed, or is another file's, or the master key is another") from None

    def _cipher(self, master: str) -> AESGCM:
        """Errors: KeyMissingError."""
        known = self.masters.get(master)
        if known is None:
            raise KeyMissingError(f"the master key {master!r} is not there")
        return AESGCM(hmac.new(known.encode(), b"hotline recordings wrap", hashlib.sha256).digest())


def own_ring(folder: Path) -> KeyRing:
    """The keys of a folder of ours, the first made on first use; the highest number is current. Errors: OSError."""
    numbers = _numbers(folder) or [1]
    masters = {f"k{number}": kept_key(folder / f"k{number}") for number in numbers}
    return KeyRing(f"k{max(numbers)}", masters)


def add_key(folder: Path) -> str:
    """Make a new current key; its id. Errors: OSError."""
    number = max(_numbers(folder), default=0) + 1
    kept_key(folder / f"k{number}")
    return f"k{number}"


def _numbers(folder: Path) -> list[int]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [int(found[1]) for path in folder.iterdir() if (found := _OWN.fullmatch(path.name))]


def _bound(master: str, name: str) -> bytes:
    return f"{master}\n{name}".encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
