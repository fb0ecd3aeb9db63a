"""Serves a table of endpoints: who asks, body, query; then the handler. All errors are problem+json [RFC 9457].

The same guards for each, in this order, so that whoever may not ask learns nothing of what would have been answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Protocol

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from telephony.console.api import openapi
from telephony.console.api.endpoint import Asked, Endpoint
from telephony.console.api.media import Download, Media, save, send
from telephony.console.api.problems import ProblemError, answer, of_http
from telephony.console.sessions import KeeperAwayError, Session

log = structlog.get_logger()

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door(Protocol):
    """Who may come in: people with a session (page_door.py), programs with a token (token_door.py)."""

    @property
    def schemes(self) -> Mapping[str, openapi.Json]:
        """OpenAPI's Security Scheme Objects."""

    def admit(self, request: web.Request, endpoint: Endpoint | None) -> tuple[str, Session | None]:
        """Whose request it is, for no endpoint in particular where None. Errors: ProblemError."""


class EndpointTable:
    """Serves below `base`, and tells what it serves at `document`; `below`: where errors are problem+json."""

    def __init__(
        self, endpoints: Iterable[Endpoint], door: Door, *, base: str, document: str, below: str, title: str
    ) -> None:
        self.endpoints = tuple(endpoints)
        self._door = door
        self._base = base
        self._document_at = document
        self._below = below
        self._title = title
        names = [each.name for each in self.endpoints]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two endpoints of one name: {twice[0]}")

    def routes(self) -> Iterator[web.RouteDef]:
        for each in self.endpoints:
            yield web.route(each.method, self._base + each.path, self._served(each))
        yield web.get(self._document_at, self._document)

    @web.middleware
    async def errors(self, request: web.Request, handler: Answering) -> web.StreamResponse:
        """Whatever goes wrong below `below` is told as problem+json."""
        if not request.path.startswith(self._below):
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
            by, session = self._door.admit(request, endpoint)
            body = await _body(request, endpoint)
            query = _read(endpoint.query, dict(request.query)) if endpoint.query else None
            given = await endpoint.handle(Asked(by, dict(request.match_info), body, query, session))
            if isinstance(given, Media):
                return await send(request, given)
            if isinstance(given, Download):
                return await save(request, given)
            if given is None:
                return web.Response(status=204)
            return web.json_response(text=given.model_dump_json())

        return serve

    async def _document(self, request: web.Request) -> web.Response:
        """For whoever is let in: it tells strangers how the house is built."""
        self._door.admit(request, None)
        told = openapi.document(self.endpoints, self._base, self._title, self._door.schemes)
        return web.json_response(told)


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
