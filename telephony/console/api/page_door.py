"""People come in with the session of their page: role, token against forgery, and step-up where it is wanted."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from aiohttp import web

from telephony.console.api.endpoint import Endpoint
from telephony.console.api.openapi import CHANGING, Json
from telephony.console.api.problems import ProblemError
from telephony.console.sessions import Session

TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - the name of a header
STEP_UP_S = 300.0  # how long a proof of being there holds

FindSession = Callable[[web.Request], Session | None]


class PageDoor:
    """`session` finds whose request it is, by the `cookie` of that name; `clock` gives seconds since the epoch."""

    def __init__(self, session: FindSession, clock: Callable[[], float], cookie: str) -> None:
        self._session = session
        self._clock = clock
        self.schemes: Mapping[str, Json] = {
            "session": {"type": "apiKey", "in": "cookie", "name": cookie},
            CHANGING: {"type": "apiKey", "in": "header", "name": TOKEN_HEADER},
        }

    def admit(self, request: web.Request, endpoint: Endpoint | None) -> tuple[str, Session | None]:
        session = self._session(request)
        if session is None:
            raise ProblemError(401)
        if endpoint:
            self._check(request, endpoint, session)
        return session.account.login, session

    def _check(self, request: web.Request, endpoint: Endpoint, session: Session) -> None:
        if session.account.role not in endpoint.roles:
            raise ProblemError(403)
        if endpoint.method != "GET" and not _same(request.headers.get(TOKEN_HEADER, ""), session.csrf):
            raise ProblemError(403, "stale")
        if endpoint.step_up and self._clock() - session.proven_at > STEP_UP_S:
            raise ProblemError(403, "step_up")


def _same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode(), known.encode())
