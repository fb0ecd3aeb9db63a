"""Call-backs over the HTTP interface: who is to be called, asked for and taken back by another program of the house.

A number is in the body alone, never in an address that could be written down on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Literal, TypeVar

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from ivr_flows.calendar import local
from telephony.api_json import as_json, body_as
from telephony.call_back_desk import CallBackDesk, Wish
from telephony.core.call_backs import CallBackPlace
from telephony.core.ids import InteractionId, QueueName
from telephony.core.promises import CallBackRequest
from telephony.core.views import Lane
from telephony.store.errors import StoreError

T = TypeVar("T")

log = structlog.get_logger()


class Asked(BaseModel):
    """`number`: nine Polish digits, +48 before them or not; `caller_id`: which number of ours is shown."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=20)
    queue: str = Field(max_length=40)
    lane: Literal["standard", "accessibility"] = "standard"
    caller_id: str | None = Field(default=None, max_length=20)
    note: str = Field(default="", max_length=500)  # for the consultant


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

    def routes(self) -> Iterator[web.RouteDef]:
        yield web.get("/v1/call-backs", self._list)
        yield web.post("/v1/call-backs", self._ask)
        yield web.delete("/v1/call-backs/{call_back}", self._withdraw)

    async def _list(self, _: web.Request) -> web.Response:
        with_place = await _stored(self._desk.open())
        return as_json([_told(request, place) for request, place in with_place])

    async def _ask(self, request: web.Request) -> web.Response:
        asked = await body_as(request, Asked)
        if asked.queue not in self._queues:
            raise web.HTTPUnprocessableEntity(text=f"no such queue; there are {', '.join(sorted(self._queues))}")
        wish = Wish(
            self._new_id(), QueueName(asked.queue), Lane(asked.lane), asked.number, asked.caller_id, self._clock(),
            words=asked.note,
        )  # fmt: skip
        taken = await _stored(self._desk.take(wish))
        if taken is None:
            raise web.HTTPUnprocessableEntity(
                text="not called: nine Polish digits and no special service are wanted, or too many wait already"
            )
        log.info("call_back.asked", call_back=taken.request.call_back, again=taken.again)
        return as_json(_told(taken.request, taken.place), 200 if taken.again else 201)

    async def _withdraw(self, request: web.Request) -> web.Response:
        call_back = request.match_info["call_back"]
        if not await _stored(self._desk.withdraw(call_back)):
            raise web.HTTPNotFound(text="no such call-back is open")
        log.info("call_back.withdrawn", call_back=call_back)
        return as_json({"withdrawn": call_back}, 202)


async def _stored(work: Awaitable[T]) -> T:
    try:
        return await work
    except StoreError:
        raise web.HTTPServiceUnavailable(text="the database is away: ask again in a moment") from None


def _told(request: CallBackRequest, place: CallBackPlace | None) -> dict[str, object]:
    """Without the number, which whoever asked knows."""
    return {
        "call_back": request.call_back,
        "queue": request.queue,
        "lane": request.lane,
        "first_arrival": local(request.first_arrival).isoformat(timespec="seconds"),
        "attempts": request.attempts,
        "ahead": place.ahead if place else None,
        "not_before": local(place.not_before).isoformat(timespec="seconds") if place else None,
    }
