"""Values as they may stand in Asterisk's configuration files: no value can begin a line or a section of its own."""

from __future__ import annotations

import re
from pathlib import Path

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
HOST = re.compile(r"[0-9A-Za-z.:-]{1,253}")
IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")  # a peer is known by it
DID = re.compile(r"\+[1-9][0-9]{6,14}")
MATCH = re.compile(r"[0-9A-Fa-f.:/]{2,60}")
CONTACT = re.compile(r"sip:[0-9A-Za-z.:@+-]{1,200}")


class AsteriskConfigError(ValueError):
    """A value that cannot stand in Asterisk's configuration; the message names it."""


def checked(value: str, pattern: re.Pattern[str], what: str) -> str:
    """The value, if it is wholly of the pattern; `what` names it in the error, and a secret is not shown."""
    if not pattern.fullmatch(value):
        shown = "(secret)" if pattern is SECRET else repr(value)
        raise AsteriskConfigError(f"{what} {shown} cannot be used: expected {pattern.pattern}")
    return value


def port_of(port: int) -> str:
    if not 0 < port < 65536:
        raise AsteriskConfigError(f"port {port} is not between 1 and 65535")
    return str(port)


def path_of(path: Path) -> str:
    text = str(path.absolute())
    if re.search(r"[\x00-\x1f;,(){}\[\]$\"'\\]", text):
        raise AsteriskConfigError(f"the path {text!r} has a character that Asterisk's configuration cannot hold")
    return text
