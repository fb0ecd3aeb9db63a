"""The operator's HTTP interface for other programs: bearer tokens [RFC 6750], JSON in and out, every change logged.

It has a listener of its own, so that it can stay inside the house when the console does not.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from ivr_flows import FlowError, closures, outages
from ivr_flows.calendar import Calendar, Closed, Closure, Status, local, status
from telephony.api_json import as_json, body_as

log = structlog.get_logger()

BODY_BYTES = 16 * 1024
CALLER = web.RequestKey("caller", str)


class Closing(BaseModel):
    """`reason` is for consultants and the log; `until` is 18:00 or 2026-12-24T18:00, Polish time."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=200)
    until: str | None = Field(default=None, max_length=32)


class Api:
    """`tokens`: name of the program → its token; `calendar` as it is now; closures and outages lie in `data`.

    `more`: what others serve here, behind the same guard.
    """

    def __init__(
        self,
        tokens: Mapping[str, str],
        calendar: Callable[[], Calendar],
        data: Path,
        clock: Callable[[], float],
        more: Iterable[web.RouteDef] = (),
    ) -> None:
        self._tokens = {hashlib.sha256(token.encode()).digest(): name for name, token in tokens.items()}
        self._calendar = calendar
        self._closures = data / closures.FILE
        self._outages = outages.live(data / outages.FILE)
        self._clock = clock
        self._more = tuple(more)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[self._guard])
        app.router.add_get("/v1/departments", self._departments)
        app.router.add_put("/v1/departments/{name}/closure", self._close)
        app.router.add_delete("/v1/departments/{name}/closure", self._open)
        app.router.add_get("/v1/outages", self._list_outages)
        app.router.add_put("/v1/outages/{name}", self._announce)
        app.router.add_delete("/v1/outages/{name}", self._silence)
        app.router.add_routes(self._more)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Nothing without a token; whatever is wrong is told as JSON."""
        name = self._caller(request.headers.get("Authorization", ""))
        if name is None:
            return _refusal(401, "a valid token is needed: `Authorization: Bearer …`", {"WWW-Authenticate": "Bearer"})
        request[CALLER] = name
        try:
            return await handler(request)
        except FlowError as error:
            return _refusal(422, error.message)
        except web.HTTPException as error:
            return _refusal(error.status, error.text or error.reason)

    def _caller(self, header: str) -> str | None:
        """Compared as digests in constant time: neither length nor content of a token can be guessed from the time."""
        scheme, _, token = header.partition(" ")
        given = hashlib.sha256(token.encode()).digest()
        found = [name for known, name in self._tokens.items() if hmac.compare_digest(known, given)]
        return found[0] if found and scheme.lower() == "bearer" else None

    async def _departments(self, _: web.Request) -> web.Response:
        calendar = self._calendar()
        return as_json({name: _plain(status(calendar, name, self._clock())) for name in sorted(calendar.departments)})

    async def _close(self, request: web.Request) -> web.Response:
        name = self._department(request)
        closing = await body_as(request, Closing)
        until_at = closures.until(closing.until, self._clock()) if closing.until else None
        closures.close(self._closures, name, Closure(closing.reason, until_at))
        log.warning("department.closed", department=name, by=request[CALLER], until_at=until_at)
        return await self._departments(request)

    async def _open(self, request: web.Request) -> web.Response:
        name = self._department(request)
        if not closures.reopen(self._closures, name):
            raise web.HTTPNotFound(text=f"{name} was not closed in an emergency")
        log.warning("department.opened", department=name, by=request[CALLER])
        return await self._departments(request)

    async def _list_outages(self, _: web.Request) -> web.Response:
        """Those entered here or by command; the reviewed file's stand in the file."""
        return as_json({name: asdict(outage) for name, outage in sorted(self._outages.read().items())})

    async def _announce(self, request: web.Request) -> web.Response:
        outage = outages.entered(await request.read(), self._clock())
        outages.enter(self._outages, request.match_info["name"], outage)
        log.warning("outage.entered", outage=request.match_info["name"], by=request[CALLER])
        return await self._list_outages(request)

    async def _silence(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if not outages.remove(self._outages, name):
            raise web.HTTPNotFound(text="no such outage was entered")
        log.warning("outage.removed", outage=name, by=request[CALLER])
        return await self._list_outages(request)

    def _department(self, request: web.Request) -> str:
        name = request.match_info["name"]
        known = sorted(self._calendar().departments)
        if name not in known:
            raise web.HTTPNotFound(text=f"no such department; there are {', '.join(known)}")
        return name


def _plain(found: Status) -> dict[str, object]:
    if isinstance(found, Closed):
        return {"open": False, "why": found.why.value, "words": found.words, "opens_at": _local(found.opens_at)}
    return {"open": True, "closes_at": _local(found.closes_at)}


def _local(at: float | None) -> str | None:
    return None if at is None else local(at).isoformat(timespec="minutes")


def _refusal(status_code: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    response = as_json({"error": message}, status_code)
    response.headers.update(headers or {})
    return response
