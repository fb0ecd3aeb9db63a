"""The names of the console's own cookies. Behind TLS they carry the prefix that no other host and no plain-text answer
can set [RFC 6265bis §4.1.3.2]; on a loopback address without TLS browsers would refuse it.
"""

from __future__ import annotations

SESSION = "hotline_session"
FORM = "hotline_form"
BROWSER = "hotline_browser"


def named(name: str, *, secure: bool) -> str:
    """The cookie as browsers know it."""
    return f"__Host-{name}" if secure else name
