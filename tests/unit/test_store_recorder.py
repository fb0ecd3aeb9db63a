from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from telephony.core.commands import CallBackChanged, CallChanged, CallEnded, Decided, DispositionChanged, HidePop
from telephony.core.disposition import Disposition
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.promises import CallBackRequest, CallBackState, SurveyAnswer
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome, Span, SpanKind
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.recorder import Recorder
from telephony.store.spool import Spool
from telephony.store.spooled import Fact, as_record, from_record
from telephony.store.store import Store

CALL = InteractionId("i-1")
LINE = CallView(
    CALL, "n1", "PJSIP/x", Uniqueid("u"), "l", "+48220000100", "+48220900001", "alaw", CallState.LINE, Lane.STANDARD,
    QueueName("support"), 5.0, 6.0, None, None, None, 0, None,
)  # fmt: skip
ENDED = replace(LINE, state=CallState.ENDED, outcome=Outcome.ABANDONED_LINE, ended_at=9.0)
TICKET = OpenTicket(CALL, QueueName("support"), "Połączenie porzucone", "…")
DECIDED = Decided(CALL, AgentId("anna"), 7.0, "first_come", "…", 1)
QUALITY = QualityRecord(
    CALL, "caller", "sent", "alaw", None, None, None, None, None, None, None, None, "rtcp_ami", "no report"
)
INTERVAL = QualityInterval(
    CALL, "caller", "received", 10.0, 10.0, "trunk-a", "alaw", 8000, "nb", "rtcp_ami", 500, 25, 0.05, None, 1.5, None,
    3.92, None, 78.0, "bad", ("loss_burst",),
)  # fmt: skip


class Away(Memory):
    """A database that is not there for a while, and counts its transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.failures_left = 0
        self.transactions = 0

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Memory]:
        if self.failures_left:
            self.failures_left -= 1
            raise StoreError("PostgreSQL is away")
        self.transactions += 1
        async with super().together() as connection:
            yield connection


class Bench:
    """A recorder over a database whose absence we choose; pauses are noted, not slept."""

    def __init__(self, most: int = 1000) -> None:
        self.database = Away()
        self.store = Store(self.database)
        self.pauses: list[float] = []
        self.paused = asyncio.Event()
        self.tickets: list[tuple[InteractionId, str]] = []
        self.recorder = Recorder(self.store, self._opened, pause=self._pause, most=most)

    def _opened(self, interaction: InteractionId, number: str) -> None:
        self.tickets.append((interaction, number))

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.set()
        await asyncio.sleep(0)

    async def write(self, *facts: Fact) -> None:
        for fact in facts:
            self.recorder.put(fact, 9.5)
        assert await self.recorder.drain(5.0)


@pytest_asyncio.fixture
async def bench() -> Bench:
    return Bench()


async def test_facts_are_written_in_one_transaction_and_the_ticket_is_told(bench: Bench) -> None:
    await bench.write(CallChanged(LINE), DECIDED, CallEnded(ENDED), TICKET, QUALITY)
    assert await bench.store.interaction(CALL) == ENDED
    assert await bench.store.decisions_of(CALL) == (DECIDED,)
    assert await bench.store.quality.of(CALL) == (QUALITY,)
    ticket = await bench.store.ticket_of(CALL)
    assert ticket
    assert bench.tickets == [(CALL, ticket.number)]
    assert ticket.opened_at == 9.5
    assert bench.database.transactions == 1


async def test_only_facts_for_the_store_are_kept(bench: Bench) -> None:
    bench.recorder.publish(HidePop(CALL, AgentId("anna")), 1.0)
    assert bench.recorder.backlog == 0
    bench.recorder.publish(CallChanged(LINE), 1.0)
    assert bench.recorder.backlog == 1


async def test_a_calls_changes_take_one_place_while_they_wait(bench: Bench) -> None:
    for attempt in range(50):
        bench.recorder.put(CallChanged(replace(LINE, attempt=attempt)), 1.0)
    assert bench.recorder.backlog == 1
    await bench.write()
    found = await bench.store.interaction(CALL)
    assert found
    assert found.attempt == 49


async def test_nothing_is_lost_while_the_database_is_away(bench: Bench) -> None:
    bench.database.failures_left = 7
    with structlog.testing.capture_logs() as logged:
        await bench.write(CallChanged(LINE), CallEnded(ENDED), TICKET)
    assert bench.pauses == [0.1, 0.3, 1.0, 3.0, 5.0, 5.0, 5.0]
    assert [each["event"] for each in logged] == ["store.away"], "said once, not with every try"
    assert await bench.store.interaction(CALL) == ENDED
    assert len(bench.tickets) == 1


async def test_a_change_during_a_write_is_written_after_it(bench: Bench) -> None:
    bench.database.failures_left = 1
    running = asyncio.create_task(bench.recorder.run())
    bench.recorder.put(CallChanged(LINE), 1.0)
    await bench.paused.wait()
    bench.recorder.put(CallEnded(ENDED), 2.0)
    assert await bench.recorder.drain(5.0)
    assert await bench.store.interaction(CALL) == ENDED
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_one_fact_that_is_refused_costs_no_other(bench: Bench) -> None:
    senseless = replace(LINE, interaction=InteractionId("i-2"), outcome=Outcome.ANSWERED)
    with structlog.testing.capture_logs() as logged:
        await bench.write(CallChanged(LINE), CallChanged(senseless), TICKET)
    assert bench.recorder.refused == 1
    assert bench.recorder.backlog == 0
    assert await bench.store.interaction(CALL) == LINE
    assert len(bench.tickets) == 1
    assert [(each["event"], each["fact"]) for each in logged] == [("store.refused", "CallChanged")]
    assert "+48" not in str(logged)


async def test_a_database_that_goes_away_in_the_search_for_the_refused_one(bench: Bench) -> None:
    senseless = replace(LINE, interaction=InteractionId("i-0"), outcome=Outcome.ANSWERED)
    bench.recorder.put(CallChanged(senseless), 1.0)
    bench.recorder.put(CallEnded(ENDED), 1.0)
    together = bench.database.together
    calls = 0

    @asynccontextmanager
    async def away_at_the_second() -> AsyncIterator[Memory]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreError("PostgreSQL is away")
        async with together() as connection:
            yield connection

    bench.database.together = away_at_the_second  # type: ignore[method-assign]
    assert await bench.recorder.drain(5.0)
    assert bench.recorder.refused == 1
    assert await bench.store.interaction(CALL) == ENDED


async def test_a_bug_in_one_fact_costs_no_other(bench: Bench) -> None:
    await bench.write(CallChanged(LINE))
    with structlog.testing.capture_logs() as logged:
        await bench.write(QUALITY, CallChanged(replace(LINE, attempt="one")), TICKET)  # type: ignore[arg-type]
    assert bench.recorder.refused == 1
    assert logged[0]["reason"] == "TypeError"
    assert await bench.store.quality.of(CALL) == (QUALITY,)


async def test_a_listener_that_fails_stops_nothing(bench: Bench) -> None:
    def fail(_interaction: InteractionId, _number: str) -> None:
        raise RuntimeError

    recorder = Recorder(bench.store, fail)
    with structlog.testing.capture_logs() as logged:
        recorder.put(TICKET, 1.0)
        recorder.put(CallEnded(ENDED), 1.0)
        assert await recorder.drain(5.0)
    assert await bench.store.interaction(CALL) == ENDED
    assert [each["event"] for each in logged] == ["recorder.listener_failed"]


async def test_memory_is_bounded_and_outcomes_find_room_to_the_last() -> None:
    bench = Bench(most=2)
    bench.database.failures_left = 3
    with structlog.testing.capture_logs() as logged:
        await bench.write(DECIDED, QUALITY, replace(DECIDED, decided_at=8.0), CallEnded(ENDED), TICKET)
    assert bench.recorder.lost == 1
    assert "recorder.lost" in [each["event"] for each in logged]
    assert await bench.store.decisions_of(CALL) == (DECIDED,)
    assert await bench.store.interaction(CALL) == ENDED
    assert len(bench.tickets) == 1


async def test_draining_gives_up_in_time_and_says_so(bench: Bench) -> None:
    bench.database.failures_left = 10**9
    bench.recorder.put(CallEnded(ENDED), 1.0)
    with structlog.testing.capture_logs() as logged:
        assert not await bench.recorder.drain(0.0)
    assert logged[-1]["event"] == "recorder.not_drained"
    assert bench.recorder.backlog == 1
    bench.database.failures_left = 0
    assert await bench.recorder.drain(5.0)


async def test_draining_needs_nobody_to_run_us_any_more(bench: Bench) -> None:
    running = asyncio.create_task(bench.recorder.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await bench.write(CallEnded(ENDED))
    assert await bench.store.interaction(CALL) == ENDED


async def test_draining_takes_over_when_the_one_who_ran_us_is_stopped_meanwhile(bench: Bench) -> None:
    bench.database.failures_left = 10**9
    running = asyncio.create_task(bench.recorder.run())
    bench.recorder.put(CallEnded(ENDED), 1.0)
    await bench.paused.wait()
    draining = asyncio.create_task(bench.recorder.drain(5.0))
    await asyncio.sleep(0)
    running.cancel()
    bench.database.failures_left = 0
    assert await draining
    assert await bench.store.interaction(CALL) == ENDED
    assert running.cancelled()


# -- the spool --------------------------------------------------------------------------------------------------------

REQUEST = CallBackRequest(
    CALL, QueueName("support"), Lane.ACCESSIBILITY, "+48600100200", "+48220000100", 5.0, 6.5, InteractionId("b-1"),
    state=CallBackState.DONE, attempts=2, next_at=9.25, done_at=10.5,
)  # fmt: skip
SPOOLED: tuple[Fact, ...] = (
    CallChanged(replace(LINE, spans=(Span(SpanKind.HOLD, 2.0, 2.5), Span(SpanKind.LINK, 3.25)), path=("a.b", "c.d"))),
    CallEnded(replace(ENDED, direction=Direction.OUT, follows=InteractionId("i-0"), verified="1004217")),
    CallBackChanged(REQUEST),
    DECIDED,
    DispositionChanged(Disposition(CALL, AgentId("anna"), QueueName("support"), 5.0, "solved", 6.0)),
    replace(TICKET, topic="support", status=TicketStatus.CLOSED),
    QUALITY,
    INTERVAL,
    SurveyAnswer(CALL, "nps", 9, 7.5),
)


@pytest.mark.parametrize("fact", SPOOLED)
def test_every_fact_comes_back_from_the_spool_as_it_was(fact: Fact) -> None:
    assert from_record(json.loads(json.dumps(as_record(fact, 5.125)))) == (fact, 5.125)


def test_every_kind_of_fact_is_tried() -> None:
    assert {type(fact) for fact in SPOOLED} == set(Fact.__args__)


@pytest.mark.parametrize(
    "record", [{}, {"kind": "Other", "at": 5.0, "fact": {}}, {"kind": "OpenTicket", "at": 5.0, "fact": {"body": 7}}]
)
def test_what_is_no_fact_of_this_version_is_said(record: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no fact of this version"):
        from_record(record)


async def test_intervals_are_written_each_once(bench: Bench) -> None:
    later = replace(INTERVAL, starts_at=20.0, verdicts=("loss_burst", "jitter_burst"), capture_drops=3)
    for fact in (later, INTERVAL, INTERVAL):
        bench.recorder.put(fact, 30.0)
    await bench.recorder.drain(1.0)
    assert await bench.store.quality.intervals_of(CALL) == (INTERVAL, later)
    assert (INTERVAL.marked, later.marked, INTERVAL.mos) == (False, True, 3.92)


async def test_what_waits_when_a_server_is_killed_is_written_by_the_next_one(tmp_path: Path) -> None:
    database, spool = Away(), Spool(tmp_path / "spool")
    tried = asyncio.Event()

    async def pause(_seconds: float) -> None:
        tried.set()
        await asyncio.Event().wait()  # until it is killed

    database.failures_left = 1_000
    killed = Recorder(Store(database), spool=spool, pause=pause)
    for fact in (CallChanged(LINE), CallEnded(ENDED), TICKET, QUALITY):
        killed.put(fact, 9.5)
    running = asyncio.create_task(killed.run())
    await tried.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    database.failures_left = 0
    told: list[str] = []
    store = Store(database)
    await Recorder(store, lambda _call, number: told.append(number), spool=spool).take_in()
    assert await store.interaction(CALL) == ENDED
    ticket = await store.ticket_of(CALL)
    assert ticket
    assert (ticket.opened_at, told) == (9.5, [ticket.number])
    assert await store.quality.of(CALL) == (QUALITY,)
    assert spool.records() == []
    await Recorder(store, spool=spool).take_in()
    assert database.transactions == 1, "and only once"


async def test_a_database_that_is_still_away_leaves_the_spool_as_it_is(tmp_path: Path) -> None:
    database, spool = Away(), Spool(tmp_path / "spool")
    spool.add([as_record(CallEnded(ENDED), 9.5)])
    database.failures_left = 1
    with pytest.raises(StoreError):
        await Recorder(Store(database), spool=spool).take_in()
    assert len(spool.records()) == 1


async def test_a_spool_that_is_hurt_or_of_another_version_costs_nothing_but_itself(tmp_path: Path) -> None:
    database, spool = Away(), Spool(tmp_path / "spool")
    wrong = replace(ENDED, interaction=InteractionId("i-2"), outcome=None)
    spool.add([{"kind": "Other"}, as_record(CallEnded(wrong), 9.0), as_record(CallEnded(ENDED), 9.5)])
    store = Store(database)
    await Recorder(store, spool=spool).take_in()
    assert await store.interaction(CALL) == ENDED
    assert spool.records() == []


async def test_once_the_database_is_back_the_spool_is_gone_and_each_fact_was_there_once(tmp_path: Path) -> None:
    database, spool = Away(), Spool(tmp_path / "spool")
    seen: list[int] = []

    async def pause(_seconds: float) -> None:
        seen.append(len(spool.records()))

    database.failures_left = 3
    recorder = Recorder(Store(database), spool=spool, pause=pause)
    recorder.put(CallChanged(LINE), 6.0)
    recorder.put(TICKET, 6.0)
    await recorder.drain(5)
    assert seen == [2, 2, 2]
    assert not (tmp_path / "spool").exists()


async def test_without_a_disk_what_waits_waits_in_memory(tmp_path: Path) -> None:
    database = Away()
    database.failures_left = 2
    (tmp_path / "spool").mkdir()

    async def pause(_seconds: float) -> None:
        """At once."""

    recorder = Recorder(Store(database), spool=Spool(tmp_path / "spool"), pause=pause)
    recorder.put(CallEnded(ENDED), 6.0)
    await recorder.drain(5)
    assert await Store(database).interaction(CALL) == ENDED
