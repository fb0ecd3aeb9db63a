"""Serves a table of endpoints: session, role, token, step-up, body; then the handler. All errors are problem+json.

The same guards for each, in this order, so that whoever may not ask learns nothing of what would have been answered.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Iterator

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from telephony.console.api import openapi
from telephony.console.api.endpoint import Asked, Endpoint
from telephony.console.api.problems import ProblemError, answer, of_http
from telephony.console.sessions import KeeperAwayError, Session

log = structlog.get_logger()

BASE = "/api/console"
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - the name of a header
STEP_UP_S = 300.0  # how long a proof of being there holds

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
FindSession = Callable[[web.Request], Session | None]


class EndpointTable:
    """`session` finds whose request it is, by the `cookie` of that name; `clock` gives seconds since the epoch."""

    def __init__(
        self, endpoints: Iterable[Endpoint], session: FindSession, clock: Callable[[], float], cookie: str
    ) -> None:
        self.endpoints = tuple(endpoints)
        self._session = session
        self._clock = clock
        self._cookie = cookie
        names = [each.name for each in self.endpoints]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two endpoints of one name: {twice[0]}")

    def routes(self) -> Iterator[web.RouteDef]:
        for each in self.endpoints:
            yield web.route(each.method, BASE + each.path, self._served(each))
        yield web.get("/api/openapi.json", self._document)

    @web.middleware
    async def errors(self, request: web.Request, handler: Answering) -> web.StreamResponse:
        """Whatever goes wrong below /api is told as problem+json."""
        if not request.path.startswith("/api/"):
            return await handler(request)
        try:
            return await handler(request)
        except ProblemError as problem:
            return answer(request, problem)
        except KeeperAwayError as error:
            return answer(request, ProblemError(503, detail=str(error)))
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = answer(request, of_http(error))
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
            return response
        except Exception as error:  # a bug must not tell its story to a page
            log.exception("api.failed", endpoint=getattr(request.match_info.route.resource, "canonical", ""))
            return answer(request, ProblemError(500, detail=type(error).__name__))

    def _served(self, endpoint: Endpoint) -> Answering:
        async def serve(request: web.Request) -> web.StreamResponse:
            session = self._admitted(request, endpoint)
            body = await _body(request, endpoint)
            query = _read(endpoint.query, dict(request.query)) if endpoint.query else None
            given = await endpoint.handle(Asked(session, dict(request.match_info), body, query))
            if given is None:
                return web.Response(status=204)
            return web.json_response(text=given.model_dump_json())

        return serve

    def _admitted(self, request: web.Request, endpoint: Endpoint) -> Session:
        session = self._session(request)
        if session is None:
            raise ProblemError(401)
        if session.account.role not in endpoint.roles:
            raise ProblemError(403)
        if endpoint.method != "GET" and not _same(request.headers.get(TOKEN_HEADER, ""), session.csrf):
            raise ProblemError(403, "stale")
        if endpoint.step_up and self._clock() - session.proven_at > STEP_UP_S:
            raise ProblemError(403, "step_up")
        return session

    async def _document(self, request: web.Request) -> web.Response:
        """For whoever is logged in: it tells strangers how the house is built."""
        if self._session(request) is None:
            raise ProblemError(401)
        return web.json_response(openapi.document(self.endpoints, self._cookie))


async def _body(request: web.Request, endpoint: Endpoint) -> BaseModel | None:
    if endpoint.takes is None:
        return None
    if request.content_type != "application/json":
        raise ProblemError(415, detail="application/json is expected")
    raw = await request.read()
    try:
        return endpoint.takes.model_validate_json(raw)
    except ValidationError as error:
        raise _invalid(error) from None


def _read(model: type[BaseModel], values: dict[str, str]) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> ProblemError:
    """Places and what is expected there, never what was given."""
    told = error.errors(include_input=False, include_url=False, include_context=False)
    broken = any(each["type"] == "json_invalid" for each in told)
    places = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in told[:5])
    return ProblemError(400 if broken else 422, detail=places[:500])


def _same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode(), known.encode())
