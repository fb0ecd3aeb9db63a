from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import generate_latest

from telephony.core.commands import AgentChanged, CallChanged, CallEnded, Decided, PopLate
from telephony.core.ids import InteractionId, QueueName
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
)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(["sales", "support", "billing"])


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
    metrics.quality(SCORE)
    labels = {"leg": "caller", "direction": "received", "codec": "alaw"}
    assert value(metrics, "call_mos_cq_sum", scale="nb", **labels) == 4.2
    assert value(metrics, "call_mos_lq_sum", scale="nb", **labels) == 4.3
    assert value(metrics, "call_r_factor_sum", scale="nb", **labels) == 88
    assert value(metrics, "call_loss_ratio_sum", **labels) == 0.004
    assert value(metrics, "call_jitter_seconds_sum", **labels) == 0.003
    assert value(metrics, "call_mos_cq_count", scale="nb", **(labels | {"leg": "agent"})) == 0


def test_a_leg_without_a_score_is_no_score_of_zero(metrics: Metrics) -> None:
    metrics.quality(replace(SCORE, codec="opus", scale=None, mos_cq=None, mos_lq=None, r_factor=None))
    labels = {"leg": "caller", "direction": "received", "codec": "opus"}
    assert value(metrics, "call_quality_ungrounded_total", **labels) == 1
    assert value(metrics, "call_loss_ratio_count", **labels) == 1
    assert value(metrics, "call_mos_cq_count", scale="other", **labels) is None


def test_what_callers_send_makes_no_series_and_shows_nowhere(metrics: Metrics) -> None:
    metrics.quality(replace(SCORE, leg="y", codec="other-1"))
    before = series(metrics)
    for number in range(50):
        strange = replace(WAITING, interaction=InteractionId(f"i{number}"), queue=QueueName(f"queue-{number}"))
        metrics.publish(CallChanged(strange))
        metrics.publish(CallEnded(replace(strange, ended_at=1100.0, outcome=Outcome.ABANDONED_LINE)))
        metrics.quality(replace(SCORE, leg="x", codec=f"evil\n{number}"))
    assert series(metrics) == before
    assert CALLER.encode() not in generate_latest(metrics.registry)
    assert value(metrics, "calls_total", outcome="abandoned_line", lane="accessibility", queue="other") == 50


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
