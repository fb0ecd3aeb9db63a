"""One-time codes of an authenticator app [RFC 6238], and the codes on paper for whoever has lost it.

SHA-1, six digits and thirty seconds are what every such app knows; the standard library has all it takes. Pure: the
time comes in, and who has used which step is for others to keep.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SKEW_STEPS = 1  # how far the phone's clock may be off [RFC 6238 §5.2, §6]
SECRET_BYTES = 20  # as long as the hash [RFC 4226 §4, R6]

RECOVERY_CODES = 10
RECOVERY_CHARACTERS = 12  # 60 bits: not to be guessed, whatever is tried
RECOVERY_GROUP = 4
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing to be taken for something else


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def step_at(now: float) -> int:
    """The number of the time step; `now` in seconds since the epoch [RFC 6238 §4.2]."""
    return int(now // STEP_S)


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step [RFC 4226 §5.3]."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now: float) -> int | None:
    """The step whose code it is, now or one step before or after; None for none of them."""
    here = step_at(now)
    near = [
        step
        for step in range(max(0, here - SKEW_STEPS), here + SKEW_STEPS + 1)
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode())
    ]
    return max(near, default=None)


def typed(code: str) -> str:
    """A code as it is compared: without the blanks and dashes that people see in it."""
    return "".join(code.upper().split()).replace("-", "")


def is_code(code: str) -> bool:
    """Whether it is one of the app's, by its looks."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def is_recovery(code: str) -> bool:
    return len(code) == RECOVERY_CHARACTERS and set(code) <= set(ALPHABET)


def new_recovery_codes() -> tuple[str, ...]:
    """Fresh ones, each good for one log-in."""
    return tuple("".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_CHARACTERS)) for _ in range(RECOVERY_CODES))


def grouped(code: str) -> str:
    """As people read it: ABCD-EFGH-JKLM."""
    return "-".join(code[at : at + RECOVERY_GROUP] for at in range(0, len(code), RECOVERY_GROUP))


def secret_text(secret: bytes) -> str:
    """For typing it into an app, in base 32 [RFC 4648 §6]."""
    return b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, login: str, issuer: str) -> str:
    """What the picture holds [Key URI format of Google Authenticator, which all apps read]."""
    label = f"{quote(issuer, safe='')}:{quote(login, safe='')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret_text(secret), 'issuer': issuer}, quote_via=quote)}"
