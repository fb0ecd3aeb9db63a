"""How calls sounded, from afar: the same answers from a real PostgreSQL and from the twin in memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from telephony.cli import main
from telephony.core.ids import InteractionId, QueueName
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_views import EDGES, Measure, SpreadBin
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.integration.test_store import CUSTOMER, ENDED, QUALITY
from tests.unit.test_metrics import INTERVAL

NIGHT = 1_790_000_100.0
FIRST, SECOND, THIRD = (InteractionId(name) for name in ("i-1", "i-2", "i-3"))


def heard(interaction: str, at: float, **what: object) -> QualityInterval:
    return replace(INTERVAL, interaction=InteractionId(interaction), starts_at=NIGHT + at, **what)  # type: ignore[arg-type]


INTERVALS = (
    heard(FIRST, 0.0),
    heard(FIRST, 10.0, verdict="bad", mos_lq=2.0, loss_ratio=0.2, packets_lost=100, verdicts=("loss_burst",)),
    heard(FIRST, 10.0, leg="agent", trunk=None, direction="sent", scale="wb", codec="g722", mos_lq=4.4),
    heard(SECOND, 310.0, trunk="south", verdict="none", mos_lq=None, loss_ratio=None, jitter_ms=None, delay_ms=None,
          scale=None, late_ratio=None, packets_expected=0, packets_lost=0, verdicts=("one_way_audio",), seconds=12.0),
    heard(SECOND, 322.0, trunk="south", verdict="degraded", mos_lq=3.4, verdicts=("jitter_burst", "loss_burst")),
    heard(THIRD, 7_200.0),
)  # fmt: skip


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    await opened.customers.add([CUSTOMER])
    for name in (FIRST, SECOND):
        await opened.record_call(replace(ENDED, interaction=name, queue=QueueName("support"), arrived_at=NIGHT))
    await opened.quality.record_intervals(INTERVALS)
    yield opened
    await opened.close()


async def test_over_time_each_trunk_leg_direction_and_scale_is_by_itself(store: Store) -> None:
    points = await store.quality.views.over_time(NIGHT, NIGHT + 3600, 300.0)
    told = [(each.at - NIGHT, each.trunk, each.leg, each.scale, each.seconds, each.bad_s) for each in points]
    assert told == [
        (0.0, "north", "caller", "nb", 20.0, 10.0),
        (0.0, None, "agent", "wb", 10.0, 0.0),
        (300.0, "south", "caller", "nb", 10.0, 0.0),
        (300.0, "south", "caller", None, 12.0, 12.0),
    ]
    first, _, degraded, deaf = points
    assert first.mos_lq == pytest.approx(3.1)
    assert (first.packets_expected, first.packets_lost) == (1000, 105)
    assert (degraded.degraded_s, degraded.jitter_ms, deaf.mos_lq, deaf.jitter_ms) == (10.0, 3.0, None, None)


async def test_a_figure_lies_in_one_bin_of_its_scale(store: Store) -> None:
    views, until = store.quality.views, NIGHT + 3600
    at = {value: sum(edge <= value for edge in EDGES[Measure.MOS]) for value in (2.0, 3.4, 4.2, 4.4)}
    assert await views.spread(Measure.MOS, NIGHT, until) == (
        SpreadBin("nb", at[2.0], 1),
        SpreadBin("nb", at[3.4], 1),
        SpreadBin("nb", at[4.2], 1),
        SpreadBin("wb", at[4.4], 1),
    )
    assert await views.spread(Measure.MOS, NIGHT, until, "south") == (SpreadBin("nb", at[3.4], 1),)
    assert {each.intervals for each in await views.spread(Measure.LATE, NIGHT, until)} == {1, 3}
    for measure in Measure:
        assert await views.spread(measure, NIGHT, until)


async def test_the_worst_call_comes_first_with_all_that_was_wrong(store: Store) -> None:
    views = store.quality.views
    deaf, lossy = await views.worst(NIGHT, NIGHT + 3600)
    assert (deaf.interaction, deaf.bad_s, deaf.trunk, deaf.queue) == (SECOND, 12.0, "south", "support")
    assert deaf.verdicts == ("jitter_burst", "loss_burst", "one_way_audio")
    assert (deaf.begun_at, deaf.ended_at, deaf.mos_nb, deaf.mos_wb) == (NIGHT + 310, NIGHT + 332, 3.4, None)
    assert (lossy.interaction, lossy.mos_nb, lossy.mos_wb, lossy.loss_most) == (FIRST, 2.0, 4.4, 0.2)
    assert [each.interaction for each in await views.worst(NIGHT, NIGHT + 9000, most=2)] == [SECOND, FIRST]
    assert [each.interaction for each in await views.worst(NIGHT, NIGHT + 9000, "north")] == [FIRST, THIRD]
    (unknown,) = await views.worst(NIGHT + 3600, NIGHT + 9000)
    assert (unknown.interaction, unknown.queue, unknown.jitter_most_ms) == (THIRD, None, 3.0)


async def test_whose_call_it_was(store: Store) -> None:
    assert await store.quality.views.customer_of(FIRST) == CUSTOMER.number
    await store.record_call(replace(ENDED, interaction=THIRD, caller="+48600999888"))
    await store.record_call(replace(ENDED, interaction=InteractionId("i-4"), caller="+48600999888", verified="1000002"))
    assert await store.quality.views.customer_of(THIRD) is None
    assert await store.quality.views.customer_of("i-4") == "1000002"
    assert await store.quality.views.customer_of("nobody's") is None


async def test_records_come_in_order_piece_by_piece(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.store.quality_views.PIECE", 2)
    of = [
        (FIRST, "caller", "received"),
        (FIRST, "caller", "sent"),
        (FIRST, "agent", "sent"),
        (SECOND, "caller", "sent"),
    ]
    await store.quality.record(
        replace(QUALITY, interaction=name, leg=leg, direction=way, trunk="north" if name == FIRST else "south")
        for name, leg, way in of
    )

    async def found(trunk: str | None = None) -> list[list[tuple[str, str, str]]]:
        pieces = [piece async for piece in store.quality.views.legs(NIGHT, NIGHT + 60, trunk)]
        assert all(leg.arrived_at == NIGHT and leg.outcome == ENDED.outcome for piece in pieces for leg in piece)
        return [[(leg.record.interaction, leg.record.leg, leg.record.direction) for leg in piece] for piece in pieces]

    assert await found() == [
        [(FIRST, "agent", "sent"), (FIRST, "caller", "received")],
        [(FIRST, "caller", "sent"), (SECOND, "caller", "sent")],
    ]
    assert await found("south") == [[(SECOND, "caller", "sent")]]
    assert await found("nobody's") == []


async def test_the_command_tells_the_worst_calls_and_one_of_them(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, now = await Store.open(database_url), time.time()
    recent = (replace(each, starts_at=each.starts_at - NIGHT + now - 3600) for each in INTERVALS)
    await store.quality.record_intervals([*recent, replace(INTERVAL, trunk="\x1b[2J", starts_at=now - 5)])
    await store.close()
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)

    async def told(*words: str, status: int = 0) -> str:
        assert await asyncio.to_thread(main, ["quality", "worst", *words]) == status
        return capsys.readouterr().out

    lines = (await told("--hours", "2")).splitlines()
    assert [line.split()[2] for line in lines] == [SECOND, FIRST, INTERVAL.interaction, THIRD][: len(lines)]
    assert lines[0].endswith("south  bad 12 s  MOS 3.40 nb  loss 1.0%  jitter_burst loss_burst one_way_audio")
    assert "\x1b" not in "".join(lines)
    assert [each["interaction"] for each in json.loads(await told("--trunk", "south", "--json"))] == [SECOND]
    assert "caller received  loss 20.0%  jitter 3.0 ms  MOS 2.00 nb  bad  loss_burst" in await told("--call", FIRST)
    assert await told("--call", "nobody's", status=1) == "nothing is known of how it sounded\n"
    assert await told("--hours", "0.0001", "--trunk", "east") == "nothing is known of calls of this time\n"
