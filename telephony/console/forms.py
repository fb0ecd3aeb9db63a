"""Plain forms and pages: what a form brought, whether two tokens are the same, and an answer in HTML."""

from __future__ import annotations

import hmac

from aiohttp import web


async def fields(request: web.Request) -> dict[str, str]:
    """The text fields of a plain form; files have no business here. Errors: web.HTTPUnsupportedMediaType."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="a plain form is expected")
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def same(given: str | None, known: str | None) -> bool:
    return bool(given and known) and hmac.compare_digest((given or "").encode(), (known or "").encode())


def html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
