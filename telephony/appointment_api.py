"""Visits over HTTP: lists of them from other programs, where each stands, and that nobody is called any more.

Numbers and places come in and never go out: whoever sends them knows them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date

from pydantic import Field

from telephony.appointments import AppointmentDesk, ListError, read_rows
from telephony.console.api.endpoint import STAFF, Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.floor import SUPERVISORS
from telephony.core.appointments import Appointment, VisitState
from telephony.store.errors import StoreError

MOST = 100  # of one request

_ONE = "/appointments/{reference}"


class NewVisit(Wire):
    """`date` such as 2026-12-03 and `time` such as 10:30, on the clock on a Polish wall."""

    reference: str = Field(max_length=200)
    number: str = Field(max_length=40)
    date: str = Field(max_length=20)
    time: str = Field(max_length=20)
    place: str = Field(max_length=400)
    language: str = Field(default="pl", max_length=10)


class NewVisits(Wire):
    appointments: tuple[NewVisit, ...] = Field(min_length=1, max_length=MOST)


class Loaded(Wire):
    loaded: int  # those whose reference was not known before


class VisitNow(Wire):
    reference: str
    date: date
    time: str
    state: VisitState
    attempts: int
    next_at: float | None  # not before, seconds since the epoch; None where nobody is called any more
    ticket: str | None


class VisitsNow(Wire):
    appointments: tuple[VisitNow, ...]


class AppointmentApi:
    def __init__(self, desk: AppointmentDesk, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/appointments", "visits that customers are called about", STAFF, self._list,
            gives=VisitsNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/appointments", "have customers called about visits: all, or none", SUPERVISORS, self._load,
            takes=NewVisits, gives=Loaded, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "DELETE", _ONE, "nobody is called about it any more", SUPERVISORS, self._withdraw, refuses=(404, 503)
        )

    async def _list(self, _: Asked) -> VisitsNow:
        async with _told():
            return VisitsNow(appointments=tuple(_now(*each) for each in await self._desk.all()))

    async def _load(self, asked: Asked) -> Loaded:
        rows = (each.model_dump() for each in asked.body_as(NewVisits).appointments)
        try:
            visits = read_rows(rows, self._desk.rules, self._clock(), first=1)
        except ListError as error:
            raise ProblemError(422, detail=str(error)) from None
        async with _told():
            return Loaded(loaded=await self._desk.load(visits))

    async def _withdraw(self, asked: Asked) -> None:
        async with _told():
            if not await self._desk.withdraw(asked.path["reference"]):
                raise ProblemError(404, detail="no such visit is open")


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    try:
        yield
    except StoreError:
        raise ProblemError(503, detail="the database is away: ask again in a moment") from None


def _now(visit: Appointment, ticket: str | None) -> VisitNow:
    return VisitNow(
        reference=visit.reference, date=visit.day, time=visit.begins.isoformat("minutes"), state=visit.state,
        attempts=visit.attempts, next_at=visit.next_at if visit.state is VisitState.OPEN else None, ticket=ticket,
    )  # fmt: skip
