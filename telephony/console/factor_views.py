"""What a page shows of a second factor: the secret as a picture (QR code, ISO/IEC 18004) and as text, the codes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import segno

from telephony.core import totp

ISSUER = "MARSOFT hotline"  # as the app lists it


def offer(secret: bytes, login: str) -> dict[str, str]:
    """The values `picture` and `secret` of a template. Always dark on light, or no app reads it."""
    code = segno.make(totp.uri(secret, login, ISSUER), error="m", micro=False)
    picture = code.svg_inline(dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    return {"picture": picture, "secret": " ".join(totp.grouped(totp.secret_text(secret)).split("-"))}


def codes_list(codes: Sequence[str]) -> str:
    """Items of a list."""
    return "".join(f"<li><code>{escape(totp.grouped(each))}</code></li>" for each in codes)
