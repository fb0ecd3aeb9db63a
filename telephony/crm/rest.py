"""A directory of customers behind a REST interface: two addresses, and where in the JSON each thing stands.

Redirects are not followed, no more than a megabyte is read, no cookie is kept: the answer leads us nowhere.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import aiohttp

from telephony.core.customer import CustomerFile
from telephony.crm.breaker import SourceError
from telephony.crm.json_file import Layout, Reader

MOST_BYTES = 1 << 20
NOBODY = frozenset({204, 404})


class RestDirectory:
    """`by_phone` has `{phone}` in it, `by_number` has `{number}`; `token` goes along as a bearer token [RFC 6750].

    Errors of the making: ValueError for a layout that cannot be used.
    """

    def __init__(self, by_phone: str, by_number: str, layout: Layout, token: str = "") -> None:
        self._phone, self._number = by_phone, by_number
        self._reader = Reader(layout)
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http: aiohttp.ClientSession | None = None

    async def by_phone(self, e164: str) -> CustomerFile | None:
        """Errors: SourceError, aiohttp.ClientError, TimeoutError."""
        return await self._ask(self._phone.replace("{phone}", quote(e164, safe="")))

    async def by_number(self, number: str) -> CustomerFile | None:
        """Errors: as for `by_phone`."""
        return await self._ask(self._number.replace("{number}", quote(number, safe="")))

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    async def _ask(self, url: str) -> CustomerFile | None:
        if self._http is None:  # here, because it belongs to a running loop
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), headers=self._headers)
        async with self._http.get(url, allow_redirects=False) as answer:
            if answer.status in NOBODY:
                return None
            if answer.status != 200:
                raise SourceError(f"HTTP {answer.status}")
            return self._reader.read(_json(await _body(answer)))


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
