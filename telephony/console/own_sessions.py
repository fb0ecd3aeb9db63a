"""Where somebody is logged in, and log-out there or everywhere: each for the own sessions, and for nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import structlog

from telephony.console.admission import Admission
from telephony.console.api.endpoint import EVERYBODY, Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.sessions import Session

log = structlog.get_logger()

NAME_CHARACTERS = 16  # of a session's key: enough to tell it apart from the others, and worth nothing to anybody


class SessionNow(Wire):
    session: str
    since: float  # times in seconds since the epoch
    used_at: float
    address: str
    browser: str  # in a few words; empty: unknown
    this: bool  # the one that asks


class SessionsNow(Wire):
    now: float
    sessions: tuple[SessionNow, ...]


class SessionsApi:
    def __init__(self, admission: Admission, clock: Callable[[], float]) -> None:
        self._admission = admission
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint("GET", "/sessions", "where one is logged in", EVERYBODY, self._list, gives=SessionsNow)
        yield Endpoint(
            "DELETE", "/sessions/{session}", "log out there", EVERYBODY, self._end, gives=SessionsNow, refuses=(404,)
        )
        yield Endpoint("DELETE", "/sessions", "log out everywhere, here too", EVERYBODY, self._end_all)

    async def _list(self, asked: Asked) -> SessionsNow:
        own = sorted(self._own(asked), key=lambda each: (each is not asked.session, -each.used_at))
        return SessionsNow(now=self._clock(), sessions=tuple(_shown(each, asked.session) for each in own))

    async def _end(self, asked: Asked) -> SessionsNow:
        found = next((each for each in self._own(asked) if _name(each) == asked.path["session"]), None)
        if found is None:
            raise ProblemError(404)
        await self._admission.end([found])
        log.info("console.session_revoked", agent=asked.account.agent, own=found is asked.session)
        return await self._list(asked)

    async def _end_all(self, asked: Asked) -> None:
        own = self._own(asked)
        await self._admission.end(own)
        log.info("console.logged_out_everywhere", agent=asked.account.agent, sessions=len(own))

    def _own(self, asked: Asked) -> tuple[Session, ...]:
        return self._admission.here(asked.account.login)


def _name(session: Session) -> str:
    return session.key[:NAME_CHARACTERS]


def _shown(session: Session, this: Session) -> SessionNow:
    return SessionNow(
        session=_name(session),
        since=session.created_at,
        used_at=session.used_at,
        address=session.whence.address,
        browser=session.whence.browser,
        this=session is this,
    )
