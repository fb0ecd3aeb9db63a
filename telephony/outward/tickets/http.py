"""Questions to a ticket system over HTTP, in JSON: who is at fault where there is no good answer.

Redirects are not followed, no more than a megabyte is read, no cookie is kept: the answer leads us nowhere.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from telephony.core.ticket_exchange import Fault
from telephony.outward.tickets.system import TicketSystemError

ANSWER_S = 15.0
MOST_BYTES = 1 << 20
ITS_STATE = frozenset({401, 403, 408, 423, 425, 429})  # of the system or of our account there, not of this question


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any  # JSON, read by a connector which expects nothing of it


class Http:
    """`base` without a slash at its end. Errors of every question: TicketSystemError."""

    def __init__(self, base: str, headers: Mapping[str, str], answer_s: float = ANSWER_S) -> None:
        self._base = base
        self._headers = {"Accept": "application/json", **headers}
        self._answer_s = answer_s
        self._http: aiohttp.ClientSession | None = None

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        return (await self.ask("GET", path, query=query)).body

    async def send(self, method: str, path: str, body: object) -> Any:
        return (await self.ask(method, path, body)).body

    async def ask(
        self,
        method: str,
        path: str,
        body: object | bytes = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        fine: frozenset[int] = frozenset(),
    ) -> Answer:
        """`body` as JSON, or as it is; `fine`: statuses that are an answer, too."""
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        try:
            async with self._session().request(
                method, self._base + path, params=query, headers=headers, allow_redirects=False, **sent
            ) as answer:
                raw = await _read(answer)
        except TimeoutError:
            raise TicketSystemError(Fault.SLOW, "no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise TicketSystemError(Fault.AWAY, type(error).__name__) from None
        if not (200 <= answer.status < 300 or answer.status in fine):
            raise TicketSystemError(_fault(answer.status), f"HTTP {answer.status}")
        return Answer(answer.status, answer.headers, _json(raw))

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:  # here, because it belongs to a running loop
            timeout = aiohttp.ClientTimeout(total=self._answer_s)
            self._http = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), headers=self._headers, timeout=timeout
            )
        return self._http


def basic(user: str, password: str) -> str:
    """What `Authorization` says [RFC 7617]."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def _fault(status: int) -> Fault:
    return Fault.REFUSED if 300 <= status < 500 and status not in ITS_STATE else Fault.FAILED


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for piece in answer.content.iter_chunked(1 << 16):
        raw += piece
        if len(raw) > MOST_BYTES:
            answer.close()
            raise TicketSystemError(Fault.FAILED, "an answer longer than a megabyte")
    return bytes(raw)


def _json(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise TicketSystemError(Fault.FAILED, "an answer that is no JSON") from None
