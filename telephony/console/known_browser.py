"""Browsers in which somebody has logged in before are told apart from a guesser's [OWASP, Device Cookies].

Whoever guesses a password from many addresses uses up what an account may be tried; a known browser is counted by
itself, so that its person is not locked out. What it holds proves an earlier log-in and lets nobody in. It is made with
the stored hash of the account's password, a secret of ours, and so worth nothing after a new password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from telephony.core.account import Account

COOKIE_S = 180 * 24 * 3600
PEOPLE = 8  # of one browser: consultants share desks
LONGEST = 1000  # characters of a cookie that is looked at


def recognised(cookie: str | None, account: Account) -> str | None:
    """By which name the browser is known to this account."""
    return next((name for name, mark in _marks(cookie) if hmac.compare_digest(mark, _mark(name, account))), None)


def remembering(cookie: str | None, account: Account) -> str:
    """The cookie of a browser in which this account has just logged in."""
    before = recognised(cookie, account)
    others = [f"{name}.{mark}" for name, mark in _marks(cookie) if name != before]
    name = before or secrets.token_urlsafe(12)
    return "~".join([f"{name}.{_mark(name, account)}", *others][:PEOPLE])


def _marks(cookie: str | None) -> list[tuple[str, str]]:
    """Name and mark of each person; what is none of ours is left out."""
    if not cookie or len(cookie) > LONGEST or not cookie.isascii():
        return []
    parts = (each.split(".") for each in cookie.split("~")[:PEOPLE])
    return [(each[0], each[1]) for each in parts if len(each) == 2]


def _mark(name: str, account: Account) -> str:
    key = f"browser\n{account.password_hash}".encode()
    digest = hmac.new(key, f"{account.login}\n{name}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
