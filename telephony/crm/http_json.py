"""Questions to another system over HTTP, answered in JSON.

Redirects are not followed, no more than a megabyte is read, no cookie is kept: the answer leads us nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

import aiohttp

from telephony.crm.breaker import SourceError

MOST_BYTES = 1 << 20


class JsonHttp:
    """Errors of every question: SourceError, aiohttp.ClientError, TimeoutError."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = {"Accept": "application/json", **headers}
        self._http: aiohttp.ClientSession | None = None

    async def get(self, url: str, *, nobody: frozenset[int] = frozenset()) -> object | None:
        """None for a status that means nobody."""
        return await self._ask("GET", url, None, nobody)

    async def post(self, url: str, body: object) -> object:
        return await self._ask("POST", url, body, frozenset())

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    async def _ask(self, method: Literal["GET", "POST"], url: str, body: object, nobody: frozenset[int]) -> object:
        if self._http is None:  # here, because it belongs to a running loop
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), headers=self._headers)
        sent = {"json": body} if body is not None else {}
        async with self._http.request(method, url, allow_redirects=False, **sent) as answer:  # type: ignore[arg-type]
            if answer.status in nobody:
                return None
            if answer.status != 200:
                raise SourceError(f"HTTP {answer.status}")
            return _json(await _body(answer))


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_chunked(1 << 16):
        body += piece
        if len(body) > MOST_BYTES:
            answer.close()
            raise SourceError("the answer is longer than a megabyte")
    return bytes(body)


def _json(body: bytes) -> object:
    try:
        found: object = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise SourceError("the answer is no JSON") from None
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number [RFC 8259 section 6]")
