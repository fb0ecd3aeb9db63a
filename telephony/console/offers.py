"""Secrets that have been shown and are not confirmed, and log-ins whose password was right and whose code is missing.

In memory, for ten minutes: a server that is started anew asks for the password once more.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from telephony.console.login_limit import Keys
from telephony.core.account import Account

T = TypeVar("T")

GOOD_S = 600.0
MOST = 10_000


@dataclass(slots=True)
class HalfWay:
    """A log-in after the password: `secret` is to be enrolled, where somebody must have a second factor."""

    account: Account
    keys: Keys
    secret: bytes | None = field(default=None, repr=False)
    wrong: int = 0  # codes
    codes: tuple[str, ...] = field(default=(), repr=False)  # for paper: the code was right, and these are shown


class Brief(Generic[T]):
    """Values by key that are forgotten after a while; `now` in seconds."""

    def __init__(self, good_s: float = GOOD_S, most: int = MOST) -> None:
        self._good_s = good_s
        self._most = most
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()  # oldest first

    def put(self, key: str, value: T, now: float) -> None:
        self._values[key] = (now, value)
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def get(self, key: str, now: float) -> T | None:
        """Errors: none; what is too old is gone."""
        while self._values and now - next(iter(self._values.values()))[0] >= self._good_s:
            self._values.popitem(last=False)
        found = self._values.get(key)
        return found[1] if found else None

    def drop(self, key: str) -> None:
        self._values.pop(key, None)


class HalfWays:
    """By a token in the browser's cookie, of which only the SHA-256 is kept."""

    def __init__(self) -> None:
        self._all: Brief[HalfWay] = Brief()

    def open(self, half: HalfWay, now: float) -> str:
        token = secrets.token_urlsafe(32)
        self._all.put(_key(token), half, now)
        return token

    def find(self, token: str | None, now: float) -> HalfWay | None:
        return self._all.get(_key(token), now) if token else None

    def close(self, token: str) -> None:
        self._all.drop(_key(token))


def csrf_of(token: str) -> str:
    """What only a page of this log-in knows; nothing of the token can be read from it [RFC 2104]."""
    return hmac.new(token.encode(), b"half way", hashlib.sha256).hexdigest()


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
