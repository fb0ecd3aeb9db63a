"""The names of the console's own cookies. Behind TLS they carry the prefix that no other host and no plain-text answer
can set [RFC 6265bis §4.1.3.2]; on a loopback address without TLS browsers would refuse it.
"""

from __future__ import annotations

from aiohttp import web

SESSION = "hotline_session"
FORM = "hotline_form"
BROWSER = "hotline_browser"
HALF_WAY = "hotline_half_way"


def named(name: str, *, secure: bool) -> str:
    """The cookie as browsers know it."""
    return f"__Host-{name}" if secure else name


def put(response: web.StreamResponse, name: str, value: str, *, max_age: int, secure: bool) -> None:
    """For our own pages alone, and for no script."""
    response.set_cookie(name, value, max_age=max_age, path="/", httponly=True, samesite="Strict", secure=secure)
