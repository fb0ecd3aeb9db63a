"""Test calls that the server makes: records of the real store and its twin, figures, and what is no call's end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from prometheus_client import generate_latest

from quality.probe_result import ProbeResult, not_placed, result_of
from telephony.metrics import Metrics
from telephony.probing import ProbeError, Target
from telephony.scheduled_probes import ProbeMetrics, ScheduledProbes, record_of, works
from telephony.settings import Settings
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.probes import ProbeStore
from telephony.store.store import Store
from tests.unit.test_probes import CALLED

NORTH, SOUTH = Target("+48221234599", "north", "a"), Target("+48221234599", "south", "a")
ANY = Target("+48221234598", "", "a")
GOOD = result_of(CALLED, at=100.0, target="north", trunk="north")
GONE = not_placed("south", "none", "the phone process has ended", 101.0, "south")


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


async def test_records_come_back_as_they_were_the_latest_first(store: Store) -> None:
    probes = ProbeStore(store)
    first, second = record_of(NORTH, GOOD), record_of(SOUTH, GONE)
    await probes.record(first)
    await probes.record(second)
    assert await probes.since(0.0) == (second, first)
    assert await probes.since(100.5) == (second,)
    assert (first.sent_mos is not None, first.problems, first.rtt_ms) == (True, (), 12.0)
    assert (second.trunk, second.sent_mos, second.verdict) == ("south", None, "failed")


async def test_each_target_is_called_told_and_recorded_whatever_becomes_of_the_others() -> None:
    store, metrics = ProbeStore(Store(Memory())), Metrics(())
    results: dict[Target, ProbeResult] = {SOUTH: GONE, ANY: replace(GOOD, trunk="west", digits_right=None)}

    async def probe(target: Target) -> ProbeResult:
        if target is NORTH:
            raise ProbeError("a number of ours")
        return results[target]

    figures = ProbeMetrics(metrics, (NORTH, SOUTH, ANY))
    made: list[tuple[str, ProbeResult]] = []
    await ScheduledProbes(probe, (NORTH, SOUTH, ANY), store, figures, 60, lambda *each: made.append(each)).round()
    assert made == [("a", GONE), ("a", results[ANY])]
    text = generate_latest(metrics.registry).decode()
    assert 'hotline_probe_calls_total{node="a",outcome="not_placed",trunk="south"} 1.0' in text
    assert 'hotline_probe_calls_total{node="a",outcome="answered",trunk="any"} 1.0' in text
    assert 'hotline_probe_calls_total{node="a",outcome="answered",trunk="north"} 0.0' in text
    assert 'hotline_probe_quality{node="a",trunk="any"} 1.0' in text
    assert 'hotline_probe_quality{node="a",trunk="south"} 0.0' in text
    assert 'hotline_probe_mos{direction="sent",node="a",trunk="any"} 4.3' in text
    assert 'hotline_probe_loss_ratio{direction="received",node="a",trunk="any"} 0.0' in text
    assert "hotline_probe_digits_right{" not in text
    assert 'hotline_probe_timestamp_seconds{node="a",trunk="any"} 100.0' in text
    assert "+48" not in text, "never by number"
    assert [each.trunk for each in await store.since(0.0)] == ["south", "west"]


async def test_a_database_that_is_away_stops_no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    store, made = ProbeStore(Store(Memory())), []

    async def away(_: object) -> None:
        raise StoreError("away")

    async def probe(target: Target) -> ProbeResult:
        made.append(target)
        return GOOD

    monkeypatch.setattr(store, "record", away)
    await ScheduledProbes(probe, (NORTH, SOUTH), store, ProbeMetrics(Metrics(()), (NORTH, SOUTH)), 60).round()
    assert made == [NORTH, SOUTH]


def test_nothing_runs_unless_the_settings_name_something() -> None:
    assert list(works(Settings(), Store(Memory()), Metrics(()), lambda: 0.0, lambda _node, _result: None)) == []
