"""An INVITE that proves a password: the answer to a digest challenge [RFC 3261 §22, RFC 2617 §3.2.2]."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

COUNT = "00000001"  # each nonce is used once


def digest(challenge: Mapping[str, str], method: str, uri: str, user: str, password: str, cnonce: str) -> str:
    """The value of `Authorization`. `challenge`: the parameters of `WWW-Authenticate`, without quotes. MD5 alone."""
    realm, nonce, quality = challenge["realm"], challenge["nonce"], challenge.get("qop", "")
    who, what = _hashed(f"{user}:{realm}:{password}"), _hashed(f"{method}:{uri}")
    known = [("username", user), ("realm", realm), ("nonce", nonce), ("uri", uri)]
    if "opaque" in challenge:
        known.append(("opaque", challenge["opaque"]))
    text = "Digest " + ", ".join(f'{name}="{value}"' for name, value in known) + ", algorithm=MD5"
    if "auth" not in quality.split(","):
        return f'{text}, response="{_hashed(f"{who}:{nonce}:{what}")}"'
    answer = _hashed(f"{who}:{nonce}:{COUNT}:{cnonce}:auth:{what}")
    return f'{text}, qop=auth, nc={COUNT}, cnonce="{cnonce}", response="{answer}"'


def invite_again(invite: str, challenge: Mapping[str, str], user: str, password: str, fresh: str) -> str:
    """The same INVITE with the answer to its challenge: a transaction of its own, so another branch and the next CSeq.

    `fresh`: random hexadecimal digits.
    """
    uri = invite.split(" ", 2)[1]
    head, separator, body = invite.partition("\r\n\r\n")
    head = re.sub(r";branch=[^;\r]*", f";branch=z9hG4bK{fresh}", head, count=1)
    head = re.sub(r"CSeq: (\d+)", lambda found: f"CSeq: {int(found[1]) + 1}", head, count=1)
    answer = digest(challenge, "INVITE", uri, user, password, fresh[:16])
    return f"{head}\r\nAuthorization: {answer}{separator}{body}"


def with_headers(request: str, headers: tuple[tuple[str, str], ...]) -> str:
    """The request with these headers before its body."""
    head, separator, body = request.partition("\r\n\r\n")
    return head + "".join(f"\r\n{name}: {value}" for name, value in headers) + separator + body


def _hashed(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
