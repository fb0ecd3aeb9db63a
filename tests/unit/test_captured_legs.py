"""Captured streams joined with legs by Asterisk's address: which source counts, what was wrong, what stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from quality.live_window import StreamWindow, WindowEnd
from quality.stream_figures import Flow
from telephony.call_quality import CallQuality
from telephony.core.quality_interval import QualityInterval
from telephony.core.rtcp_event import RtcpEvent
from telephony.core.views import CallState, CallView, Span, SpanKind
from tests.unit.test_call_quality import AGENT_LEG, RECEIVED, SENT, call, event

HERE, THERE = ("192.0.2.10", 20000), ("198.51.100.7", 31000)
TALK = replace(call(), state=CallState.TALKING, answered_at=0.0, ended_at=None)


def at_home(told: RtcpEvent, port: int = HERE[1]) -> RtcpEvent:
    return told._replace(local=(HERE[0], port + 1))


def stream(
    *, to_us: bool = True, local: tuple[str, int] = HERE, number: int = 0, **changes: object
) -> StreamWindow:  # fmt: skip
    flow = Flow(*THERE, *local) if to_us else Flow(*local, *THERE)
    clean = StreamWindow(
        flow, 7, 8, "pcma", 8000, 20.0, number * 10.0, 10.0, 500, 500, 0, 0, 1.0, 0.5, 1.0, 46, 0, 0.3, 0.0
    )  # fmt: skip
    return replace(clean, **changes)  # type: ignore[arg-type]


def end(number: int, drops: int = 0) -> WindowEnd:
    return WindowEnd(number * 10.0, 10.0, 2, 1000, drops)


def house(call_now: CallView = TALK, *, dscp: int | None = None) -> CallQuality:
    quality = CallQuality(dscp=dscp)
    quality.changed(call_now)
    quality.heard(at_home(event(RECEIVED, 5.0, None, packets=250, rtt_s=0.04)))
    quality.heard(at_home(event(SENT, 5.0, 1250, packets=250)))
    return quality


def seen(
    quality: CallQuality, *streams: StreamWindow, number: int = 0, drops: int = 0
) -> dict[str, QualityInterval]:  # fmt: skip
    return {each.direction: each for each in quality.captured(streams, end(number, drops))}


def both(**changes: object) -> Sequence[StreamWindow]:
    return stream(**changes), stream(to_us=False, ssrc=9)  # type: ignore[arg-type]


def test_a_leg_is_scored_by_what_was_captured_of_it() -> None:
    quality = house()
    found = seen(quality, *both(lost=20, late=5, received=480))
    received, sent = found["received"], found["sent"]
    assert (received.source, received.packets_expected, received.packets_lost) == ("rtp", 500, 20)
    assert (received.loss_ratio, received.late_ratio, received.capture_drops) == (0.04, 0.01, 0)
    assert received.mos_lq == pytest.approx(3.92, abs=0.01)  # 5 % lost or late
    assert received.delay_ms == 80.0
    assert received.mos_cq is not None
    assert (received.verdict, received.verdicts) == ("bad", ("loss_burst",))
    assert (sent.source, sent.verdict, sent.verdicts) == ("rtp", "good", ())
    assert quality.intervals(20.0) == (), "and by nothing else meanwhile"


def test_streams_of_others_are_not_the_legs() -> None:
    quality = house()
    stranger = stream(local=(HERE[0], 20002), lost=100)
    assert seen(quality, *both(), stranger)["received"].packets_lost == 0
    assert seen(CallQuality(), *both()) == {}


def test_a_leg_that_passes_elsewhere_is_scored_by_its_reports() -> None:
    quality = house()
    assert seen(quality, stream(local=(HERE[0], 20002))) == {}
    quality.heard(at_home(event(SENT, 10.0, 1500, packets=500, lost=50)))
    (received,) = quality.intervals(40.0)
    assert (received.source, received.packets_lost) == ("rtcp_ami", 50)


def test_where_asterisk_listens_everywhere_the_port_tells() -> None:
    quality = CallQuality()
    quality.changed(TALK)
    quality.heard(event(SENT, 5.0, 1250, packets=250)._replace(local=("0.0.0.0", 20001)))
    assert set(seen(quality, *both())) == {"received", "sent"}


def test_what_went_out_is_scored_by_what_the_far_end_says_it_got() -> None:
    quality = house()
    quality.heard(at_home(event(RECEIVED, 6.0, 300, packets=300, rtt_s=0.04)))
    quality.heard(at_home(event(RECEIVED, 11.0, 550, packets=550, rtt_s=0.04, lost=30)))
    sent = seen(quality, *both())["sent"]
    assert (sent.source, sent.packets_lost, sent.verdicts) == ("rtcp_ami", 30, ("loss_burst",))


def test_where_the_capture_lost_packets_asterisks_own_count_is_believed_and_the_interval_marked() -> None:
    quality = house()
    quality.heard(at_home(event(SENT, 10.0, 1500, packets=500)))
    received = seen(quality, *both(lost=200), drops=400)["received"]
    assert (received.source, received.packets_lost, received.verdicts) == ("rtcp_ami", 0, ())
    assert (received.capture_drops, received.marked) == (400, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"late": 10}, ("jitter_burst",)),
        ({"jitter_mean_ms": 35.0}, ("jitter_burst",)),
        ({"codec": "pcmu", "payload_type": 0}, ("codec_mismatch",)),
        ({"codec": None, "payload_type": 101}, ()),
        ({"dscp": 0}, ("wrong_dscp",)),
        ({"clipping_ratio": 0.05}, ("clipping",)),
        ({"silence_ratio": 1.0}, ("silence",)),
        ({"silence_ratio": None}, ()),
    ],
)
def test_what_was_done_to_the_packets_is_named(changes: dict[str, object], words: tuple[str, ...]) -> None:
    found = seen(house(dscp=46), *both(**changes))
    assert (found["received"].verdicts, found["sent"].verdicts) == (words, ())


def test_somebody_who_has_spoken_may_listen() -> None:
    quality = house()
    assert seen(quality, *both())["received"].verdicts == ()
    assert seen(quality, *both(number=1, silence_ratio=1.0), number=1)["received"].verdicts == ()
    in_line = replace(TALK, state=CallState.LINE)
    assert seen(house(in_line), *both(silence_ratio=1.0))["received"].verdicts == ()


def test_a_direction_that_is_swallowed_is_one_way_audio_within_its_window() -> None:
    quality = house()
    seen(quality, *both())
    quality.heard(at_home(event(SENT, 20.0, 1500, packets=1000)))
    found = seen(quality, stream(to_us=False), number=1)
    assert (found["received"].verdicts, found["received"].packets_expected) == (("one_way_audio",), 0)
    assert found["sent"].verdicts == ()


def test_a_menu_that_says_nothing_while_it_waits_for_a_key_is_no_fault() -> None:
    quality = house(replace(TALK, state=CallState.MENU))
    assert seen(quality, stream())["sent"].verdicts == ()


def test_a_talk_in_which_nobody_is_heard_has_no_media() -> None:
    quality = house()
    seen(quality, *both())
    found = seen(quality, number=1)
    assert (found["received"].verdicts, found["sent"].verdicts) == (("no_media",), ("no_media",))
    held = replace(TALK, spans=(Span(SpanKind.HOLD, 8.0),))
    quality.changed(held)
    assert [each.verdicts for each in seen(quality, number=2).values()] == [(), ()]


def test_a_consultants_leg_that_is_over_is_no_silence() -> None:
    quality = house()
    for told in (event(SENT, 5.0, 250, uniqueid=AGENT_LEG), event(SENT, 9.0, 450, uniqueid=AGENT_LEG)):
        quality.heard(at_home(told, 20010))
    agent = stream(local=(HERE[0], 20010))
    assert len(quality.captured([*both(), agent], end(0))) == 4
    assert {each.leg for each in quality.captured(both(), end(2))} == {"caller"}


def test_a_leg_whose_address_is_known_late_gets_the_window_before_too() -> None:
    quality = CallQuality()
    quality.changed(TALK)
    assert seen(quality, *both()) == {}
    quality.heard(at_home(event(SENT, 12.0, 1250, packets=250)))
    told = quality.captured(both(number=1), end(1))
    assert sorted((each.direction, each.starts_at) for each in told) == [
        ("received", 0.0), ("received", 10.0), ("sent", 0.0), ("sent", 10.0),
    ]  # fmt: skip


def test_the_whole_leg_is_scored_by_all_its_windows() -> None:
    quality = house()
    seen(quality, *both(lost=10, received=490))
    seen(quality, *both(number=1, lost=40, received=460), number=1)
    quality.heard(at_home(event(RECEIVED, 20.0, 1000, packets=1000, rtt_s=0.04, lost=3)))
    quality.intervals(20.0, TALK)
    received, sent = quality.ended(TALK)
    assert (received.source, received.loss_ratio, received.worst_at) == ("rtp", 0.05, 10.0)
    assert sent.source == "rtcp_ami"
    assert sent.loss_ratio == pytest.approx(0.003)


def test_a_capture_that_came_late_does_not_speak_for_the_whole_leg() -> None:
    quality = house()
    quality.heard(at_home(event(SENT, 60.0, 1000 + 3000, packets=3000)))
    seen(quality, *both(number=6), number=6)
    quality.heard(at_home(event(SENT, 70.0, 1000 + 3500, packets=3500)))
    received, _ = quality.ended(TALK)
    assert received.source == "rtcp_ami"


def test_when_the_capture_ends_reports_go_on() -> None:
    quality = house()
    seen(quality, *both())
    quality.heard(at_home(event(SENT, 10.0, 1500, packets=500)))
    assert quality.intervals(20.0) == ()
    quality.heard(at_home(event(SENT, 40.0, 3000, packets=2000)))
    assert {each.source for each in quality.intervals(40.0)} == {"rtcp_ami"}


def test_several_ssrcs_of_one_direction_are_one_direction() -> None:
    found = seen(house(), stream(expected=100, received=100), stream(ssrc=8, expected=400, received=380, lost=20))
    assert (found["received"].packets_expected, found["received"].packets_lost) == (500, 20)
