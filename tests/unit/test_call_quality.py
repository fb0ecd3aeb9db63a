"""RTCP events joined with calls: legs, directions, late events, bounded memory."""

from dataclasses import replace

import pytest

from quality.emodel import rate
from quality.rtcp_score import LegQuality, Report
from telephony.call_quality import IDLE_S, CallQuality, thinned
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.quality_record import QualityRecord
from telephony.core.rtcp_event import ReportBlock, RtcpDirection, RtcpEvent
from telephony.core.views import CallState, CallView, Lane

CALLER_LEG, AGENT_LEG = "node-1.1", "node-1.2"
SENT, RECEIVED = RtcpDirection.SENT, RtcpDirection.RECEIVED


def call(linkedid: str = CALLER_LEG, uniqueid: str = CALLER_LEG, codec: str = "alaw") -> CallView:
    return CallView(
        interaction=InteractionId("i1"), node="node", channel="PJSIP/trunk-1", uniqueid=Uniqueid(uniqueid),
        linkedid=linkedid, did="+48221002000", caller=None, codec=codec, state=CallState.ENDED, lane=Lane.STANDARD,
        queue=None, arrived_at=0.0, queued_at=None, answered_at=None, ended_at=20.0, agent=None, attempt=0,
        outcome=None,
    )  # fmt: skip


def event(
    direction: RtcpDirection, at: float, sequence: int | None, *, uniqueid: str = CALLER_LEG,
    linkedid: str = CALLER_LEG, lost: int = 0, packets: int | None = None, rtt_s: float | None = None, ssrc: int = 7,
) -> RtcpEvent:  # fmt: skip
    block = (ReportBlock(ssrc, 0, lost, sequence, 16, 1 if rtt_s else 0, 0.0),) if sequence is not None else ()
    return RtcpEvent(
        "node", f"PJSIP/{uniqueid}", Uniqueid(uniqueid), linkedid, direction, at, 1, packets, None, rtt_s, block
    )  # fmt: skip


def talk(quality: CallQuality, uniqueid: str = CALLER_LEG, *, lost_to_us: int = 0, lost_to_them: int = 0) -> None:
    quality.heard(event(RECEIVED, 5.0, 1250, uniqueid=uniqueid, packets=250, rtt_s=0.04, lost=lost_to_them))
    quality.heard(event(SENT, 5.0, 6250, uniqueid=uniqueid, packets=250, lost=lost_to_us))
    quality.heard(event(RECEIVED, 10.0, 1500, uniqueid=uniqueid, packets=500, rtt_s=0.04, lost=lost_to_them * 2))
    quality.heard(event(SENT, 10.0, 6500, uniqueid=uniqueid, packets=500, lost=lost_to_us * 2))


def shape(records: tuple[QualityRecord, ...]) -> list[tuple[str, str]]:
    return [(record.leg, record.direction) for record in records]


def test_both_legs_both_directions_the_caller_first() -> None:
    quality = CallQuality()
    quality.codec(AGENT_LEG, "ulaw")
    talk(quality, AGENT_LEG)
    talk(quality, CALLER_LEG, lost_to_us=5)
    records = quality.ended(call())
    assert shape(records) == [("caller", "received"), ("caller", "sent"), ("agent", "received"), ("agent", "sent")]
    from_caller, to_caller, from_agent, _ = records
    assert from_caller.loss_ratio == pytest.approx(0.02)
    assert to_caller.loss_ratio == 0
    assert (from_caller.codec, from_agent.codec) == ("alaw", "ulaw")
    assert to_caller.jitter_ms == 2.0
    assert {record.rtt_ms for record in records} == {40.0}  # of the path, so for both directions
    assert to_caller.mos_cq == rate(one_way_delay_ms=20 + 20 + 40).mos
    assert {record.source for record in records} == {"rtcp_ami"}
    assert quality.legs == 0


def test_what_asterisk_reports_is_about_what_it_received() -> None:
    quality = CallQuality()
    talk(quality, lost_to_them=10)
    received, sent = quality.ended(call())
    assert received.loss_ratio == 0.0
    assert sent.loss_ratio == pytest.approx(0.04)


def test_a_phone_without_rtcp_is_scored_one_way_and_without_delay() -> None:
    """SIPp sends none: only our own reports exist, and no round trip."""
    quality = CallQuality()
    quality.heard(event(SENT, 5.0, 1250, packets=250))
    received, sent = quality.ended(call())
    assert received.mos_lq is not None
    assert (received.mos_cq, received.delay_ms) == (None, None)
    assert (sent.mos_lq, sent.ungrounded_reason) == (None, "no packet was reported")


def test_the_far_ends_own_count_gives_the_packets_before_the_first_report() -> None:
    quality = CallQuality()
    quality.heard(event(RECEIVED, 4.0, None, packets=100))
    quality.heard(event(SENT, 5.0, 9_000, packets=250, lost=15))  # one second, 50 packets later
    received, _ = quality.ended(call())
    assert received.loss_ratio == pytest.approx(0.1)


def test_a_real_call_counts_what_the_phone_counted() -> None:
    """Asterisk 22.10.1 and pjsua2, 20 s of G.711: the phone had received 932 packets when it hung up."""
    seen: list[tuple[str, str, LegQuality]] = []
    quality = CallQuality(scored=lambda node, channel, scores: seen.extend((node, channel, each) for each in scores))
    for direction, at, sequence, packets, rtt_s in (
        (RECEIVED, 65.237, 21096, 62, None),
        (RECEIVED, 68.685, 21268, 234, None),
        (SENT, 69.004, 12744, 200, None),
        (RECEIVED, 73.525, 21510, 476, 0.0004),
        (SENT, 74.005, 12994, 450, None),
        (RECEIVED, 78.365, 21752, 718, 0.0002),
        (SENT, 79.004, 13244, 700, None),
        (RECEIVED, 83.205, 21994, 960, 0.0003),
        (RECEIVED, 83.649, 22016, 983, 0.0002),
    ):
        quality.heard(event(direction, at, sequence, packets=packets, rtt_s=rtt_s, ssrc=direction is SENT or 2))
    quality.ended(call())
    assert [each[:2] for each in seen] == [("node", f"PJSIP/{CALLER_LEG}")] * 2
    assert seen[1][2].packets_expected == 932


def test_reports_on_nobody_are_left_out() -> None:
    """Seen from pjsua2 2.15: its first report, before any packet has come, has a block about SSRC 0."""
    quality = CallQuality()
    quality.heard(event(RECEIVED, 0.1, 0, ssrc=0))
    received, sent = quality.ended(call())
    assert (received.ungrounded_reason, sent.ungrounded_reason) == ("no packet was reported",) * 2


def test_a_call_nobody_reported_on_has_no_record() -> None:
    assert CallQuality().ended(call()) == ()


def test_an_unknown_codec_is_ungrounded_not_guessed() -> None:
    quality = CallQuality()
    talk(quality, AGENT_LEG)
    received, _ = quality.ended(call())
    assert (received.leg, received.mos_lq, received.ungrounded_reason) == ("agent", None, "codec unknown is not known")


def test_the_codec_of_a_leg_can_be_told() -> None:
    quality = CallQuality()
    talk(quality, AGENT_LEG)
    quality.codec(AGENT_LEG, "g722")
    received, _ = quality.ended(call())
    assert (received.codec, received.scale) == ("g722", "wb")


def test_events_after_the_end_are_dropped() -> None:
    quality = CallQuality()
    talk(quality)
    quality.ended(call())
    talk(quality)
    assert quality.legs == 0
    assert quality.ended(call()) == ()


def test_a_merged_leg_counts_to_the_call_it_ended_in() -> None:
    quality = CallQuality()
    quality.heard(event(SENT, 5.0, 1250, uniqueid=AGENT_LEG, linkedid="other"))
    quality.heard(event(SENT, 10.0, 1500, uniqueid=AGENT_LEG))
    assert shape(quality.ended(call())) == [("agent", "received"), ("agent", "sent")]


def test_other_calls_are_left_alone() -> None:
    quality = CallQuality()
    quality.heard(event(SENT, 5.0, 1250, uniqueid="node-9.1", linkedid="node-9.1"))
    talk(quality)
    quality.ended(call())
    assert quality.legs == 1


def test_silent_legs_are_forgotten() -> None:
    quality = CallQuality()
    quality.heard(event(SENT, 5.0, 1250, uniqueid="node-9.1", linkedid="node-9.1"))
    quality.heard(event(SENT, 6.0 + IDLE_S, 1250))
    assert quality.legs == 1


def test_the_longest_silent_leg_goes_when_there_are_too_many() -> None:
    quality = CallQuality(most_legs=2)
    for number in range(5):
        quality.heard(event(SENT, 5.0 + number, 1250, uniqueid=f"node-{number}", linkedid=f"node-{number}"))
    assert quality.legs == 2
    assert quality.ended(call("node-4", "node-4")) != ()
    assert quality.ended(call("node-1", "node-1")) == ()


def test_ended_calls_are_remembered_only_so_long() -> None:
    quality = CallQuality(most_legs=1)
    for number in range(3):
        quality.ended(call(f"node-{number}", f"node-{number}"))
    quality.heard(event(SENT, 5.0, 1250, uniqueid="node-0", linkedid="node-0"))
    assert quality.legs == 1


def test_a_long_call_keeps_its_totals_in_bounded_memory() -> None:
    quality = CallQuality(most_reports=8)
    for number in range(1, 101):
        quality.heard(event(SENT, 5.0 * number, 1000 + 250 * number, lost=number, packets=250 * number))
    received, _ = quality.ended(call())
    assert received.loss_ratio == pytest.approx(100 / 25_000)


def test_thinning_keeps_the_edges_of_every_stream() -> None:
    reports = [Report(float(n), n // 10, 0, 0, n, 0) for n in range(40)]
    kept = thinned(reports)
    assert len(kept) < len(reports)
    assert {0.0, 9.0, 10.0, 19.0, 20.0, 29.0, 30.0, 39.0} <= {report.at for report in kept}


def test_an_ssrc_in_every_report_costs_the_older_half() -> None:
    reports = [Report(float(n), n, 0, 0, n, 0) for n in range(40)]
    assert thinned(reports) == reports[20:]


LEG_THERE, PHONE_THERE = "other.1", "other.2"


def talk_there(quality: CallQuality, uniqueid: str) -> None:
    quality.heard(event(SENT, 5.0, 1250, uniqueid=uniqueid, linkedid=LEG_THERE, packets=250))
    quality.heard(event(SENT, 10.0, 1500, uniqueid=uniqueid, linkedid=LEG_THERE, packets=500))


def test_a_phone_at_another_node_is_the_agents_leg() -> None:
    quality = CallQuality()
    talk(quality)
    quality.joined(LEG_THERE, InteractionId("i1"))
    talk_there(quality, PHONE_THERE)
    assert shape(quality.ended(call())) == [
        ("caller", "received"), ("caller", "sent"), ("agent", "received"), ("agent", "sent")
    ]  # fmt: skip
    talk_there(quality, PHONE_THERE)  # its last report comes late
    assert quality.legs == 0


def test_a_channel_that_has_another_call_is_scored_for_each() -> None:
    quality = CallQuality()
    talk(quality)
    talk(quality, AGENT_LEG)
    assert len(quality.ended(call())) == 4
    quality.begun(call())
    quality.heard(event(SENT, 11.0, 1600, uniqueid=AGENT_LEG, packets=600))  # the first agent's last report comes late
    talk(quality)
    assert shape(quality.ended(call())) == [("caller", "received"), ("caller", "sent")]


def test_a_leg_that_becomes_a_call_of_its_own_leaves_its_first_talk_to_the_first_call() -> None:
    quality = CallQuality()
    talk(quality)
    quality.joined(LEG_THERE, InteractionId("i1"))
    talk_there(quality, PHONE_THERE)
    second = replace(call(LEG_THERE, LEG_THERE), interaction=InteractionId("i2"))
    quality.begun(second)
    talk_there(quality, "other.3")
    first = quality.ended(call())
    assert {record.interaction for record in first} == {"i1"}
    assert shape(first).count(("agent", "received")) == 1
    assert shape(quality.ended(second)) == [("agent", "received"), ("agent", "sent")]


def test_how_a_call_under_way_sounds_is_its_worse_direction() -> None:
    quality, view = CallQuality(), call()
    assert quality.sounds(view.interaction) is None, "it is not known"
    quality.changed(view)
    assert quality.sounds(view.interaction) is None, "nobody has reported"
    talk(quality)
    assert quality.sounds(view.interaction) == "good"
    lossy = CallQuality()
    lossy.changed(view)
    talk(lossy, lost_to_them=60)
    assert lossy.sounds(view.interaction) == "bad"
