"""Ten seconds at a time from RTCP: differences of running totals, what was wrong, the worst beside the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.call_quality import CallQuality
from telephony.core.ids import InteractionId
from telephony.core.quality_interval import QualityInterval
from telephony.core.views import CallState, CallView, Span, SpanKind
from tests.unit.test_call_quality import AGENT_LEG, RECEIVED, SENT, call, event

CALL = replace(call(), channel="PJSIP/trunk-a-0000001f")


def minute(quality: CallQuality, *, lost: dict[int, int], uniqueid: str = "node-1.1") -> list[QualityInterval]:
    """Reports every 5 s for a minute, `lost` more by second; asked for every 10 s."""
    found: list[QualityInterval] = []
    total = 0
    for at in range(5, 65, 5):
        total += lost.get(at, 0)
        quality.heard(event(RECEIVED, at, 50 * at, uniqueid=uniqueid, packets=50 * at, rtt_s=0.04))
        quality.heard(event(SENT, at, 1000 + 50 * at, uniqueid=uniqueid, packets=50 * at, lost=total))
        if at % 10 == 0:
            found += quality.intervals(100.0)
    return found


def of(found: list[QualityInterval] | tuple[QualityInterval, ...], direction: str) -> list[QualityInterval]:
    return [each for each in found if each.direction == direction]


def test_losses_are_of_their_interval_alone() -> None:
    quality = CallQuality()
    quality.changed(CALL)
    received = of(minute(quality, lost={15: 10, 20: 15}), "received")
    assert [each.packets_lost for each in received] == [0, 25, 0, 0, 0, 0]
    assert [each.packets_expected for each in received] == [500] * 6
    assert [each.starts_at for each in received] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert {(each.trunk, each.codec, each.clock_rate_hz, each.source) for each in received} == {
        ("trunk-a", "alaw", 8000, "rtcp_ami")
    }
    bad = received[1]
    assert (bad.loss_ratio, bad.verdict, bad.verdicts) == (0.05, "bad", ("loss_burst",))
    assert not any(each.verdicts for each in received if each is not bad)
    assert bad.mos_lq == pytest.approx(3.923, abs=0.001)  # G.711 with PLC, 5 %


def test_the_worst_interval_stands_beside_the_whole() -> None:
    quality = CallQuality()
    quality.changed(CALL)
    found = minute(quality, lost={20: 25})
    received, sent = quality.ended(CALL)
    assert (received.worst_at, received.mos_worst_10s) == (10.0, of(found, "received")[1].mos)
    assert received.mos_cq is not None
    assert received.mos_worst_10s is not None
    assert received.mos_worst_10s < received.mos_cq
    assert (received.verdict, sent.verdict, sent.trunk) == ("good", "good", "trunk-a")


def test_without_published_figures_the_interval_that_lost_most_is_the_worst() -> None:
    quality = CallQuality()
    quality.changed(replace(CALL, codec="opus"))
    minute(quality, lost={20: 5, 40: 25, 60: 15})
    received, _ = quality.ended(replace(CALL, codec="opus"))
    assert (received.worst_at, received.mos_worst_10s) == (30.0, None)


def test_of_one_call_only_that_call() -> None:
    quality = CallQuality()
    quality.changed(CALL)
    other = replace(call(linkedid="l2", uniqueid="u2"), interaction=InteractionId("i2"))
    quality.changed(other)
    for linkedid, uniqueid in (("node-1.1", "node-1.1"), ("l2", "u2")):
        quality.heard(event(SENT, 5.0, 250, uniqueid=uniqueid, linkedid=linkedid))
    assert [each.interaction for each in quality.intervals(100.0, CALL)] == ["i1"]
    assert [each.interaction for each in quality.intervals(100.0)] == ["i2"]


def test_calls_nobody_has_told_of_have_no_intervals() -> None:
    quality = CallQuality()
    quality.heard(event(SENT, 5.0, 250))
    assert quality.intervals(100.0) == ()


def test_an_agents_leg_has_no_trunk() -> None:
    quality = CallQuality()
    quality.changed(CALL)
    quality.heard(event(SENT, 5.0, 250, uniqueid=AGENT_LEG))
    (interval,) = quality.intervals(100.0)
    assert (interval.leg, interval.trunk) == ("agent", None)


def stalled(call_now: CallView) -> list[QualityInterval]:
    """For ten seconds the caller is heard, then no more, though we go on sending."""
    quality = CallQuality()
    quality.changed(call_now)
    for at in (5, 10, 15, 20):
        quality.heard(event(SENT, at, min(50 * at, 500), packets=50 * at))
        if at == 10:
            quality.intervals(100.0)
    return list(quality.intervals(100.0))


def test_a_direction_that_falls_silent_is_one_way_audio() -> None:
    (received,) = stalled(CALL)
    assert (received.packets_expected, received.verdict, received.verdicts) == (0, "none", ("one_way_audio",))


def test_on_hold_nothing_need_come() -> None:
    (received,) = stalled(replace(CALL, spans=(Span(SpanKind.HOLD, 12.0, 18.0),)))
    assert received.verdicts == ()
    (received,) = stalled(replace(CALL, spans=(Span(SpanKind.HOLD, 1.0, 9.0),)))
    assert received.verdicts == ("one_way_audio",)


def test_a_far_end_that_has_never_heard_us_says_so_by_reporting_on_nobody() -> None:
    quality = CallQuality()
    quality.changed(CALL)
    for at in (0.1, 5.0, 10.0):
        quality.heard(event(SENT, at, round(50 * at), packets=round(50 * at)))
        quality.heard(event(RECEIVED, at, None, packets=round(50 * at)))
    (sent,) = of(quality.intervals(100.0), "sent")
    assert (sent.packets_expected, sent.verdicts) == (0, ("one_way_audio",))
    assert sent.seconds == pytest.approx(9.9)


def test_nothing_in_either_direction_is_no_media() -> None:
    quality = CallQuality()
    quality.changed(replace(CALL, state=CallState.TALKING, answered_at=4.0))
    for at in (5, 10, 15, 20):
        for direction in (SENT, RECEIVED):
            quality.heard(event(direction, at, 250, packets=250))
        if at == 10:
            quality.intervals(100.0)
    assert [each.verdicts for each in quality.intervals(100.0)] == [("no_media",), ("no_media",)]


def test_a_far_end_that_floods_reports_makes_nothing_grow() -> None:
    quality = CallQuality()
    quality.changed(CALL)
    for number in range(1000):
        quality.heard(event(SENT, number / 100, 10 * number))
    (received,) = quality.intervals(100.0)
    assert received.packets_expected >= 9990
