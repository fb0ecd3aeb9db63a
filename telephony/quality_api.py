"""How calls sounded, for network engineers: over time, as a distribution, the worst calls, and one call in detail.

No number of a caller is in any answer. Who looks at the list of the worst calls or at one of them, or takes evidence or
records away, stands in the audit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from pydantic import Field

from telephony import call_evidence
from telephony.call_evidence import SipStep, SoundedCall
from telephony.console.api.endpoint import ENGINEERS, Asked, Endpoint, Wire
from telephony.console.api.media import Download
from telephony.console.api.problems import ProblemError
from telephony.core.quality_views import EDGES, Measure
from telephony.core.views import CallView
from telephony.quality_wire import CallSound, QualityOverTime, Spread, WorstCalls, call_sound, point, spread_of, worst
from telephony.record_csv import HEAD, legs_csv
from telephony.store.errors import StoreError
from telephony.store.store import Store

MOST = 100
STEPS = 60  # points of a line, about
NICE_S = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0)
CSV, ZIP = "text/csv; charset=utf-8", "application/zip"

Ladder = Callable[[CallView], "tuple[SipStep, ...] | None"]
Shown = Callable[[str, str, str, str], None]  # login, customer, what, why


class Period(Wire):
    """The last `hours`."""

    hours: float = Field(default=6.0, gt=0, le=31 * 24)


class OfTrunk(Period):
    trunk: str | None = Field(default=None, max_length=80)


class SpreadOf(OfTrunk):
    measure: Measure = Measure.MOS


class QualityApi:
    """`shown` is told before anything is given; `ladder` knows the SIP of a call, or None where nobody tells of any."""

    def __init__(self, store: Store, shown: Shown, clock: Callable[[], float], ladder: Ladder = lambda _: None) -> None:
        self._store = store
        self._shown = shown
        self._clock = clock
        self._ladder = ladder

    def endpoints(self) -> Iterator[Endpoint]:
        one = "/quality/calls/{interaction}"
        yield Endpoint(
            "GET", "/quality/time", "how calls sounded over time, by trunk, leg, direction and scale", ENGINEERS,
            self._over_time, query=Period, gives=QualityOverTime, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/quality/spread", "how one figure is distributed", ENGINEERS, self._spread, query=SpreadOf,
            gives=Spread, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/quality/calls", "the worst calls first", ENGINEERS, self._worst, query=OfTrunk, gives=WorstCalls,
            refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", one, "one call, ten seconds at a time", ENGINEERS, self._one, gives=CallSound, refuses=(404, 503)
        )
        yield Endpoint(
            "GET", f"{one}/evidence", "all that is known of how one call sounded, without a word of it", ENGINEERS,
            self._evidence, saves=ZIP, refuses=(404, 503),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/quality/records", "records of calls for a spreadsheet", ENGINEERS, self._records, query=OfTrunk,
            saves=CSV, refuses=(503,),
        )  # fmt: skip

    async def _over_time(self, asked: Asked) -> QualityOverTime:
        hours = asked.query_as(Period).hours
        from_at, to_at = self._period(hours)
        step_s = next((each for each in NICE_S if hours * 3600 / each <= STEPS * 1.5), NICE_S[-1])
        async with _told():
            points = await self._store.quality.views.over_time(from_at, to_at, step_s)
        return QualityOverTime(from_at=from_at, to_at=to_at, step_s=step_s, points=tuple(map(point, points)))

    async def _spread(self, asked: Asked) -> Spread:
        wanted = asked.query_as(SpreadOf)
        async with _told():
            bins = await self._store.quality.views.spread(wanted.measure, *self._period(wanted.hours), wanted.trunk)
        return spread_of(wanted.measure, EDGES[wanted.measure], bins)

    async def _worst(self, asked: Asked) -> WorstCalls:
        wanted = asked.query_as(OfTrunk)
        async with _told():
            found = await self._store.quality.views.worst(*self._period(wanted.hours), wanted.trunk, MOST)
        self._shown(asked.by, "", "worst_calls", _why(wanted))
        return WorstCalls(calls=tuple(map(worst, found)))

    async def _one(self, asked: Asked) -> CallSound:
        sounded = await self._sounded(asked, "call")
        return call_sound(sounded)

    async def _evidence(self, asked: Asked) -> Download:
        sounded = await self._sounded(asked, "evidence")
        name = f"evidence-{call_evidence.file_part(sounded.call.interaction)}.zip"
        return Download(ZIP, name, _at_once(call_evidence.packed(sounded)))

    async def _records(self, asked: Asked) -> Download:
        wanted = asked.query_as(OfTrunk)
        self._shown(asked.by, "", "records", _why(wanted))
        return Download(CSV, "call-records.csv", self._rows(wanted))

    async def _rows(self, wanted: OfTrunk) -> AsyncIterator[bytes]:
        head = HEAD
        async with _told():
            async for legs in self._store.quality.views.legs(*self._period(wanted.hours), wanted.trunk):
                yield head + legs_csv(legs)
                head = b""
        yield head

    async def _sounded(self, asked: Asked, what: str) -> SoundedCall:
        """Written into the audit before it is given."""
        name = asked.path["interaction"]
        async with _told():
            call = await self._store.interaction(name)
            if call is None:
                raise ProblemError(404, detail="there is no such call")
            records = await self._store.quality.of(name)
            intervals = await self._store.quality.intervals_of(name)
            customer = await self._store.quality.views.customer_of(name)
        self._shown(asked.by, customer or "", what, call.interaction)
        return SoundedCall(call, records, intervals, self._ladder(call))

    def _period(self, hours: float) -> tuple[float, float]:
        now = self._clock()
        return now - hours * 3600, now


def _why(wanted: OfTrunk) -> str:
    return " ".join(f"{name}={value}" for name, value in wanted.model_dump().items() if value is not None)


async def _at_once(whole: bytes) -> AsyncIterator[bytes]:
    yield whole


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Errors: ProblemError in place of the store's."""
    try:
        yield
    except StoreError:
        raise ProblemError(503, detail="the database is away") from None
