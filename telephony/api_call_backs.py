"""Call-backs over the HTTP interface: who is to be called, asked for and taken back by another program of the house.

A number is in the body alone, never in an address that could be written down on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any, Literal, TypeVar

import structlog
from pydantic import Field

from ivr_flows.calendar import local
from telephony.call_back_desk import CallBackDesk, Wish
from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS
from telephony.core.call_backs import CallBackPlace
from telephony.core.ids import InteractionId, QueueName
from telephony.core.promises import CallBackRequest
from telephony.core.views import Lane
from telephony.store.errors import StoreError

T = TypeVar("T")

log = structlog.get_logger()

_ONE = "/call-backs/{call_back}"


class CallBackWish(Wire):
    """`number`: nine Polish digits, +48 before them or not; `caller_id`: which number of ours is shown."""

    number: str = Field(max_length=20)
    queue: str = Field(max_length=40)
    lane: Literal["standard", "accessibility"] = "standard"
    caller_id: str | None = Field(default=None, max_length=20)
    note: str = Field(default="", max_length=500)  # for the consultant


class CallBackNow(Wire):
    """Without the number, which whoever asked knows. Moments as in ISO 8601, Polish time."""

    call_back: str
    queue: str
    lane: Lane
    first_arrival: str
    attempts: int
    ahead: int | None  # None: no place in the line at the moment
    not_before: str | None


class PromisedCallBack(CallBackNow):
    again: bool  # the number was promised a call already, which keeps its place


class CallBacksNow(Wire):
    call_backs: tuple[CallBackNow, ...]


class CallBackApi:
    def __init__(
        self,
        desk: CallBackDesk,
        queues: Collection[str],
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._queues = queues
        self._new_id = new_id
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/call-backs", "who is still to be called", SUPERVISORS, self._list, gives=CallBacksNow,
            refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/call-backs", "have somebody called back", SUPERVISORS, self._ask, takes=CallBackWish,
            gives=PromisedCallBack, refuses=(503,),
        )  # fmt: skip
        yield Endpoint("DELETE", _ONE, "not to be called any more", SUPERVISORS, self._withdraw, refuses=(404, 503))

    async def _list(self, _: Asked) -> CallBacksNow:
        with_place = await _stored(self._desk.open())
        return CallBacksNow(call_backs=tuple(CallBackNow(**_told(request, place)) for request, place in with_place))

    async def _ask(self, asked: Asked) -> PromisedCallBack:
        given = asked.body_as(CallBackWish)
        if given.queue not in self._queues:
            raise ProblemError(422, detail=f"no such queue; there are {', '.join(sorted(self._queues))}")
        wish = Wish(
            self._new_id(), QueueName(given.queue), Lane(given.lane), given.number, given.caller_id, self._clock(),
            words=given.note,
        )  # fmt: skip
        taken = await _stored(self._desk.take(wish))
        if taken is None:
            why = "not called: nine Polish digits and no special service are wanted, or too many wait already"
            raise ProblemError(422, detail=why)
        log.info("call_back.asked", call_back=taken.request.call_back, again=taken.again, by=asked.by)
        return PromisedCallBack(again=taken.again, **_told(taken.request, taken.place))

    async def _withdraw(self, asked: Asked) -> None:
        call_back = asked.path["call_back"]
        if not await _stored(self._desk.withdraw(call_back)):
            raise ProblemError(404, detail="no such call-back is open")
        log.info("call_back.withdrawn", call_back=call_back, by=asked.by)


async def _stored(work: Awaitable[T]) -> T:
    try:
        return await work
    except StoreError:
        raise ProblemError(503, detail="the database is away: ask again in a moment") from None


def _told(request: CallBackRequest, place: CallBackPlace | None) -> dict[str, Any]:
    return {
        "call_back": request.call_back,
        "queue": request.queue,
        "lane": request.lane,
        "first_arrival": local(request.first_arrival).isoformat(timespec="seconds"),
        "attempts": request.attempts,
        "ahead": place.ahead if place else None,
        "not_before": local(place.not_before).isoformat(timespec="seconds") if place else None,
    }
