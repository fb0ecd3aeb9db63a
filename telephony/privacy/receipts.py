"""Receipts that nobody can make but this house: Ed25519 [RFC 8032] over the receipt's text.

Whoever knows the house's public key, which stands in each receipt, can check one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from telephony.core.privacy import Receipt
from telephony.kept_key import kept_key
from telephony.settings import Settings
from telephony.settings_types import SettingsError

KEY_FILE = "receipts.key"
_PURPOSE = b"hotline: receipts of erasure\0"


class FalseReceiptError(ValueError):
    """What was shown is no receipt of this house, or was changed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A receipt whose signature is right."""

    receipt: dict[str, Any]


class Signer:
    def __init__(self, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(_PURPOSE + secret).digest())

    @classmethod
    def of(cls, settings: Settings) -> Signer:
        """Errors: SettingsError."""
        if given := settings.privacy.receipt_key:
            return cls(given.get_secret_value().encode())
        path = settings.data / KEY_FILE
        try:
            return cls(kept_key(path).encode())
        except OSError as error:
            raise SettingsError(f"the key of receipts, {path}, is of no use: {error.strerror}") from None

    @property
    def public(self) -> str:
        """Base64 of the 32 bytes."""
        return _text(self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def signed(self, receipt: Receipt) -> str:
        """JSON: the receipt's text, the key and the signature."""
        text = receipt.text()
        signature = _text(self._private.sign(text.encode()))
        return json.dumps({"receipt": text, "key": self.public, "signature": signature}, ensure_ascii=False, indent=1)

    def checked(self, signed: str) -> Checked:
        """Errors: FalseReceiptError."""
        try:
            given = json.loads(signed)
            text, key, signature = (str(given[name]) for name in ("receipt", "key", "signature"))
            if key != self.public:
                raise FalseReceiptError("it was signed with another key: that of another house, or of another time")
            Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(signature), text.encode())
            return Checked(json.loads(text))
        except InvalidSignature:
            raise FalseReceiptError("it was changed after it had been signed") from None
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, FalseReceiptError):
                raise
            raise FalseReceiptError("this is no receipt of the hotline") from None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
