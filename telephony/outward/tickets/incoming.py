"""A ticket system that says by itself what was done there: signed, bounded, and never more than it may say.

Standard Webhooks with a CloudEvent of our own for whoever can send one; from Zammad's webhook only that something
has happened is believed: what it was is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from telephony.core.rate_limit import RateLimit
from telephony.core.ticket import TicketStatus
from telephony.core.ticket_exchange import Change
from telephony.outward.tickets.system import MOST_COMMENT
from telephony.outward.webhook import key_of

PATH = "/v1/ticket-system/events"
MOST_BYTES = 256 * 1024
OFF_S = 300.0  # how far its clock may be from ours [Standard Webhooks]
EVERY_S, AT_ONCE = 0.05, 100  # signed events; more of them are to come again later
ID = "webhook-id"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    number: str = Field(pattern=r"^[0-9]{6,20}$")
    status: Literal["open", "pending", "closed"] | None = None
    comment: str = Field(default="", max_length=MOST_COMMENT)
    by: str = Field(default="", max_length=100)


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    data: _Data


class SignedEvents:
    """`arrived` enters a change, once by its id. Errors: ValueError for a secret that is none."""

    def __init__(self, secret: str, arrived: Callable[[Change], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._key = key_of(secret)
        self._arrived = arrived
        self._clock = clock
        self._limit = RateLimit(AT_ONCE, EVERY_S, keys=1)

    async def handle(self, request: web.Request) -> web.Response:
        """204: entered, now or before."""
        body = await _read(request)
        id_, at = request.headers.get(ID, ""), request.headers.get("webhook-timestamp", "")
        if not self._is_signed(id_, at, body, request.headers.get("webhook-signature", "")):
            raise web.HTTPUnauthorized
        _take(self._limit, self._clock())
        data = _event(body).data
        status = TicketStatus(data.status) if data.status else None
        comment = data.comment.replace("\x00", "")
        await self._arrived(Change(id_, data.number, float(at), data.by.replace("\x00", ""), status, comment))
        return web.Response(status=204)

    def _is_signed(self, id_: str, at: str, body: bytes, given: str) -> bool:
        if not (1 <= len(id_) <= 200 and id_.isprintable() and at.isascii() and at.isdigit() and len(at) < 15):
            return False
        if abs(self._clock() - int(at)) > OFF_S:
            return False
        signed = hmac.new(self._key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
        wanted = b"v1," + base64.b64encode(signed)
        return any(hmac.compare_digest(wanted, each.encode("utf-8", "replace")) for each in given.split(" ")[:10])


class ZammadEvents:
    """Zammad's webhook with an HMAC token [Zammad, Manage, Webhook]; `poke` asks Zammad at once."""

    def __init__(self, token: str, poke: Callable[[], None], clock: Callable[[], float]) -> None:
        self._token = token.encode()
        self._poke = poke
        self._clock = clock
        self._limit = RateLimit(AT_ONCE, EVERY_S, keys=1)

    async def handle(self, request: web.Request) -> web.Response:
        body = await _read(request)
        wanted = b"sha1=" + hmac.new(self._token, body, hashlib.sha1).hexdigest().encode()
        given = request.headers.get("X-Hub-Signature", "").encode("utf-8", "replace")
        if not hmac.compare_digest(wanted, given):
            raise web.HTTPUnauthorized
        _take(self._limit, self._clock())
        self._poke()
        return web.Response(status=204)


def _take(limit: RateLimit, now: float) -> None:
    """Only of what is signed: strangers take nobody's turn."""
    if not limit.take("", now):
        raise web.HTTPTooManyRequests


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_chunked(1 << 14):
        body += piece
        if len(body) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(MOST_BYTES, len(body))
    return bytes(body)


def _event(body: bytes) -> _Event:
    try:
        given: Any = json.loads(body)
        return _Event.model_validate(given)
    except (ValidationError, ValueError, RecursionError):
        raise web.HTTPUnprocessableEntity from None
