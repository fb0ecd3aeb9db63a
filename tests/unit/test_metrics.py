from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import generate_latest

from telephony.core.commands import AgentChanged, CallChanged, CallEnded, Decided, PopLate
from telephony.core.ids import InteractionId, QueueName
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket
from telephony.core.views import AgentState, CallState, Outcome, Span, SpanKind
from telephony.metrics import Metrics, metrics_app
from tests.unit.console_story import ANNA, CALLER, WAITING

SCORE = QualityRecord(
    interaction=WAITING.interaction,
    leg="caller",
    direction="received",
    codec="alaw",
    loss_ratio=0.004,
    jitter_ms=3.0,
    rtt_ms=20.0,
    delay_ms=60.0,
    r_factor=88.0,
    mos_cq=4.2,
    mos_lq=4.3,
    scale="nb",
    source="rtcp_ami",
    ungrounded_reason=None,
    verdict="good",
    trunk="north",
)
INTERVAL = QualityInterval(
    WAITING.interaction, "caller", "received", 1000.0, 10.0, "north", "alaw", 8000, "nb", "rtp", 500, 5, 0.01, 0.002,
    3.0, 60.0, 4.2, 4.1, 85.0, "good",
)  # fmt: skip


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(["sales", "support", "billing"], trunks=["north", "south"])


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"hotline_{name}", labels)


def series(metrics: Metrics) -> int:
    return sum(len(metric.samples) for metric in metrics.registry.collect())


def test_a_call_is_counted_by_outcome_lane_and_queue(metrics: Metrics) -> None:
    metrics.publish(CallChanged(WAITING))
    answered = replace(WAITING, state=CallState.TALKING, answered_at=1025.0)
    metrics.publish(CallChanged(answered))
    metrics.publish(CallEnded(replace(answered, state=CallState.ENDED, ended_at=1065.0, outcome=Outcome.ANSWERED)))
    assert value(metrics, "calls_total", outcome="answered", lane="accessibility", queue="support") == 1
    assert value(metrics, "wait_seconds_sum", lane="accessibility", ended="answered") == 20
    assert value(metrics, "talk_seconds_sum", queue="support") == 40
    assert value(metrics, "calls_active", state="talking", lane="accessibility") == 0


def test_seconds_of_ignorance_and_of_hold_are_counted_when_they_end(metrics: Metrics) -> None:
    before = (Span(SpanKind.HOLD, 1001.0, 1003.0), Span(SpanKind.RESTART, 1004.0))
    metrics.publish(CallChanged(replace(WAITING, spans=before)))  # the hold was counted by the server before us
    assert value(metrics, "call_span_seconds_total", kind="restart") == 0
    after = (before[0], replace(before[1], to_at=1011.5), Span(SpanKind.HOLD, 1012.0))
    metrics.publish(CallChanged(replace(WAITING, spans=after)))
    assert value(metrics, "call_span_seconds_total", kind="restart") == 7.5
    ended = replace(WAITING, state=CallState.ENDED, ended_at=1016.0, outcome=Outcome.ANSWERED)
    metrics.publish(CallEnded(replace(ended, spans=(*after[:2], replace(after[2], to_at=1016.0)))))
    assert value(metrics, "call_span_seconds_total", kind="hold") == 4
    assert value(metrics, "call_span_seconds_total", kind="link") == 0


def test_a_wait_given_up_is_counted_apart(metrics: Metrics) -> None:
    metrics.publish(CallChanged(WAITING))
    metrics.publish(CallEnded(replace(WAITING, state=CallState.ENDED, ended_at=1035.0, outcome=Outcome.ABANDONED_LINE)))
    assert value(metrics, "wait_seconds_sum", lane="accessibility", ended="abandoned") == 30
    assert value(metrics, "wait_seconds_count", lane="accessibility", ended="answered") == 0


def test_a_call_that_never_reached_a_line_has_no_wait(metrics: Metrics) -> None:
    menu = replace(WAITING, state=CallState.MENU, queued_at=None, queue=None)
    metrics.publish(CallChanged(menu))
    metrics.publish(CallEnded(replace(menu, state=CallState.ENDED, ended_at=1008.0, outcome=Outcome.ABANDONED_MENU)))
    assert value(metrics, "calls_total", outcome="abandoned_menu", lane="accessibility", queue="none") == 1
    assert value(metrics, "wait_seconds_count", lane="accessibility", ended="abandoned") == 0


def test_waiting_callers_per_lane(metrics: Metrics) -> None:
    metrics.publish(CallChanged(WAITING))
    assert value(metrics, "calls_waiting", lane="accessibility") == 1
    assert value(metrics, "calls_waiting", lane="standard") == 0
    metrics.publish(CallChanged(replace(WAITING, state=CallState.OFFERED)))
    assert value(metrics, "calls_waiting", lane="accessibility") == 0


def test_agents_by_state(metrics: Metrics) -> None:
    metrics.publish(AgentChanged(ANNA, AgentState.PAUSED, "signed_in", 1000.0, None))
    metrics.publish(AgentChanged(ANNA, AgentState.AVAILABLE, "", 1001.0, None))
    assert value(metrics, "agents", state="available") == 1
    assert value(metrics, "agents", state="paused") == 0


def test_a_painted_pop_is_timed_once(metrics: Metrics) -> None:
    offered = replace(WAITING, state=CallState.OFFERED, attempt=1, offered_at=1010.0)
    metrics.publish(CallChanged(offered))
    painted = replace(offered, painted_at=1010.06)
    for _ in range(3):
        metrics.publish(CallChanged(painted))
    assert value(metrics, "pops_painted_total") == 1
    assert value(metrics, "pop_seconds_bucket", le="0.05") == 0
    assert value(metrics, "pop_seconds_bucket", le="0.075") == 1


def test_late_pops_decisions_and_tickets(metrics: Metrics) -> None:
    metrics.publish(PopLate(WAITING.interaction, ANNA, 1))
    metrics.publish(Decided(WAITING.interaction, ANNA, 1010.0, "overdue_turn", "…", 3))
    metrics.ticket(OpenTicket(WAITING.interaction, QueueName("support"), "…", "…"))
    assert value(metrics, "pops_late_total") == 1
    assert value(metrics, "decisions_total", rule="overdue_turn") == 1
    assert value(metrics, "tickets_total", queue="support") == 1


def test_quality_in_base_units_and_per_scale(metrics: Metrics) -> None:
    metrics.quality.call([SCORE])
    labels = {"leg": "caller", "trunk": "north", "direction": "received", "codec": "alaw", "scale": "nb"}
    assert value(metrics, "call_mos_cq_sum", **labels) == 4.2
    assert value(metrics, "call_mos_lq_sum", **labels) == 4.3
    assert value(metrics, "call_r_factor_sum", **labels) == 88
    assert value(metrics, "call_loss_ratio_sum", **labels) == 0.004
    assert value(metrics, "call_jitter_seconds_sum", **labels) == 0.003
    assert value(metrics, "call_delay_seconds_sum", **labels) == 0.06
    assert value(metrics, "call_mos_cq_count", **(labels | {"trunk": "south"})) == 0
    assert value(metrics, "call_mos_cq_count", **(labels | {"leg": "agent", "trunk": "none"})) == 0


def test_a_leg_without_a_score_is_no_score_of_zero(metrics: Metrics) -> None:
    metrics.quality.call([replace(SCORE, codec="opus", scale=None, mos_cq=None, mos_lq=None, r_factor=None)])
    labels = {"leg": "caller", "trunk": "north", "direction": "received", "codec": "opus"}
    assert value(metrics, "call_quality_ungrounded_total", **labels) == 1
    assert value(metrics, "call_loss_ratio_count", scale="none", **labels) == 1
    assert value(metrics, "call_mos_cq_count", scale="none", **labels) is None


def test_a_call_counts_by_the_worst_of_its_legs(metrics: Metrics) -> None:
    silent = replace(SCORE, leg="agent", trunk=None, direction="sent", verdict="none")
    metrics.quality.call([SCORE, replace(SCORE, leg="agent", trunk=None, verdict="bad"), silent])
    metrics.quality.call([SCORE, silent])
    metrics.quality.call([])
    assert value(metrics, "calls_scored_total", trunk="north", verdict="bad") == 1
    assert value(metrics, "calls_scored_total", trunk="north", verdict="good") == 1
    assert value(metrics, "call_legs_total", leg="agent", trunk="none", direction="sent", verdict="none") == 2


def test_call_time_counts_by_what_people_heard(metrics: Metrics) -> None:
    for interval in (
        INTERVAL,
        replace(INTERVAL, verdict="bad", verdicts=("loss_burst", "jitter_burst")),
        replace(INTERVAL, verdict="none", verdicts=("one_way_audio",), seconds=11.0),
        replace(INTERVAL, verdict="bad", capture_drops=3, seconds=9.0),
        replace(INTERVAL, verdict="good", capture_drops=3),
        replace(INTERVAL, verdict="strange", seconds=-1.0, verdicts=("strange",), source="rumour"),
    ):
        metrics.quality.interval(interval)
    labels = {"leg": "caller", "trunk": "north", "direction": "received"}
    seconds = {"good": 20, "degraded": 0, "bad": 21, "none": 0, "unproven": 9}
    for verdict, wanted in seconds.items():
        assert value(metrics, "call_quality_seconds_total", verdict=verdict, **labels) == wanted, verdict
    for finding, times in {"loss_burst": 1, "jitter_burst": 1, "one_way_audio": 1, "no_media": 0, "other": 1}.items():
        assert value(metrics, "call_findings_total", finding=finding, **labels) == times, finding
    assert value(metrics, "quality_intervals_total", source="rtp", marked="yes") == 2
    assert value(metrics, "quality_intervals_total", source="other", marked="no") == 1
    assert value(metrics, "interval_late_ratio_count", codec="alaw", scale="nb", **labels) == 6


def test_a_hundred_thousand_callers_make_no_series_and_show_nowhere(metrics: Metrics) -> None:
    """Whatever their phones and networks call themselves."""
    legs, directions, trunks = ("caller", "agent", "x"), ("sent", "received", "x"), ("north", "south", None)
    codecs, scales = ("alaw", "ulaw", "g722", "opus", "x"), ("nb", "wb", "fb", None)
    for leg, direction, trunk, codec, scale in product(legs, directions, trunks, codecs, scales):
        metrics.quality.call((replace(SCORE, leg=leg, direction=direction, trunk=trunk, codec=codec, scale=scale),))
        interval = replace(INTERVAL, leg=leg, direction=direction, trunk=trunk, codec=codec, scale=scale)
        metrics.quality.interval(interval)
    before = 0
    for number in range(100_000):
        caller = f"+48{600_000_000 + number}"
        strange = replace(
            INTERVAL, interaction=InteractionId(caller), leg=legs[number % 3], direction=f"to {caller}",
            trunk=f"sip-{caller}", codec=f"evil {caller}", scale=caller, verdict=caller, verdicts=(caller,),
            source=caller,
        )  # fmt: skip
        metrics.quality.interval(strange)
        if number % 20 == 0:
            metrics.quality.call((replace(SCORE, leg=caller, trunk=caller, codec=caller, scale=caller),))
        before = before or (number > 2 and series(metrics)) or 0
    assert series(metrics) == before
    labels = " ".join(re.findall(r"\{.*\}", generate_latest(metrics.registry).decode()))
    assert 'trunk="north"' in labels
    assert not re.search(r"48[0-9]{6}|sip-|evil|0x[0-9a-f]{8}|[0-9]{1,3}(\.[0-9]{1,3}){3}", labels)


def test_queues_that_nobody_knows_are_one(metrics: Metrics) -> None:
    before = series(metrics)
    for number in range(50):
        strange = replace(WAITING, interaction=InteractionId(f"i{number}"), queue=QueueName(f"queue-{number}"))
        metrics.publish(CallChanged(strange))
        metrics.publish(CallEnded(replace(strange, ended_at=1100.0, outcome=Outcome.ABANDONED_LINE)))
    assert series(metrics) == before
    assert CALLER.encode() not in generate_latest(metrics.registry)


def test_counters_kept_elsewhere_are_read_at_each_scrape(metrics: Metrics) -> None:
    counts = {"events": 1.0, "tainted": 0.0}
    metrics.counters("ami", "What the manager connection saw.", lambda: counts, label="what")
    metrics.value("inbox_dropped", "Events that found the inbox full.", lambda: counts["tainted"])
    counts["events"] = 7
    assert value(metrics, "ami_total", what="events") == 7
    assert value(metrics, "inbox_dropped") == 0


async def test_the_page_prometheus_reads(metrics: Metrics) -> None:
    metrics.publish(PopLate(WAITING.interaction, ANNA, 1))
    async with TestClient(TestServer(metrics_app(metrics.registry))) as client:
        response = await client.get("/metrics")
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        assert "hotline_pops_late_total 1.0" in await response.text()
