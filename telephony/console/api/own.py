"""What everybody may ask: who they are here, and how the line stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from telephony.console.api.endpoint import EVERYBODY, Asked, Endpoint, Wire
from telephony.console.board import LaneView
from telephony.core.account import Role
from telephony.core.views import Lane


class Me(Wire):
    login: str
    name: str
    role: Role
    endpoint: str  # of the phone; empty: takes no calls
    skills: Mapping[str, int]
    token: str  # for X-CSRF-Token, of this session


class LaneNow(Wire):
    lane: Lane
    waiting: int
    since: float | None  # seconds since the epoch, of who has waited longest


class LineNow(Wire):
    now: float
    lanes: tuple[LaneNow, ...]


class OwnApi:
    def __init__(self, lanes: Callable[[], tuple[LaneView, ...]], clock: Callable[[], float]) -> None:
        self._lanes = lanes
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint("GET", "/me", "who is logged in", EVERYBODY, self._me, gives=Me)
        yield Endpoint("GET", "/line", "how many wait, by lane", EVERYBODY, self._line, gives=LineNow)

    async def _me(self, asked: Asked) -> Me:
        known = asked.account
        return Me(
            login=known.login,
            name=known.display_name,
            role=known.role,
            endpoint=known.endpoint,
            skills=known.skills,
            token=asked.session.csrf,
        )

    async def _line(self, _: Asked) -> LineNow:
        lanes = (LaneNow(lane=each.lane, waiting=each.waiting, since=each.oldest_queued_at) for each in self._lanes())
        return LineNow(now=self._clock(), lanes=tuple(lanes))
