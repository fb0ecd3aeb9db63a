"""Streams, signalling and RTCP joined to calls, and what is wrong with them in words."""

from datetime import UTC
from typing import Any

import pytest

from quality.call_problems import problems
from quality.call_score import ScoredCall, join
from quality.rtcp import ReceiverReport, ReportBlock, RtcpPacket, serialise_compound
from quality.rtcp_score import Verdict
from quality.rtcp_xr import ExtendedReport, VoipMetrics
from quality.score_json import call_object, stream_object
from quality.sip_calls import Side, SipCalls
from quality.stream_figures import BufferFigures, Capture, Datagram, Flow, PayloadFormat, StreamFigures, ToneEvent
from tests.unit.call_story import CALLEE, CALLER, answer, call, request, rtcp, sdp, sender_report
from tests.unit.stream_story import BACK, FORTH, lossy, stream, windows

OPUS = PayloadFormat("opus", 48000)


def joined(*told: Datagram | StreamFigures) -> tuple[ScoredCall, ...]:
    signalling, streams = SipCalls(), []
    for each in told:
        if isinstance(each, StreamFigures):
            streams.append(each)
        else:
            signalling.signalling(each)
    capture = Capture(tuple(streams), 0, 0.0, 0.0, None, None)
    return join(capture, signalling)


def the_call(*told: Datagram | StreamFigures) -> ScoredCall:
    (found,) = joined(*told)
    return found


def wrong(*told: Datagram | StreamFigures, dscp: int | None = None) -> tuple[str, ...]:
    return problems(the_call(*told), UTC, dscp=dscp)


CALL = call(98, 30)  # answered at 100
BOTH = (stream(), stream(BACK))


def test_a_good_call_has_both_directions_and_nothing_wrong() -> None:
    found = the_call(*CALL, *BOTH)
    assert problems(found, UTC) == ()
    assert found.verdict is Verdict.GOOD
    assert [(each.side, each.one_way) for each in found.streams] == [(Side.CALLER, False), (Side.CALLEE, False)]
    assert all(each.call is found.sip for each in found.streams)
    assert (found.start, found.end) == (98, 130)
    told = call_object(found, UTC)
    assert (told["call_id"], told["caller"], told["callee"]) == ("1@x", "sip:anna@10.0.0.1", "sip:echo@10.0.0.2")
    assert (told["post_dial_delay_s"], told["status"], told["ended_by"]) == (1, 200, "callee")
    assert [(way["from"], way["codec"], way["packets_expected"]) for way in told["directions"]] == [
        ("caller", "pcma", 1500),
        ("callee", "pcma", 1500),
    ]
    assert told["directions"][0]["rtcp"] is None


def test_one_way_audio_is_named() -> None:
    assert wrong(*CALL, stream()) == ("one-way audio from the caller: nothing came from the callee in 30.0 s",)
    single = stream(BACK, 99, 0.02)
    assert wrong(*CALL, stream(), single) == (
        "one-way audio from the caller: only 1 packets came from the callee in 30.0 s",
    )
    assert [each.one_way for each in the_call(*CALL, stream()).streams] == [True]


def test_what_was_agreed_to_go_one_way_is_right() -> None:
    announced = (
        request(98, "INVITE", body=sdp(CALLER, more="a=recvonly\r\n")),
        answer(100, 200, sdp(CALLEE, more="a=sendonly\r\n")),
    )
    found = the_call(*announced, stream(BACK))
    assert problems(found, UTC) == ()
    assert not found.streams[0].one_way


def test_streams_one_after_the_other_do_not_answer_one_another() -> None:
    found = the_call(*CALL, stream(seconds=10), stream(BACK, 125, 10))
    assert [each.one_way for each in found.streams] == [True, True]


def test_no_media_at_all() -> None:
    assert wrong(*CALL) == ("no media: answered, 30.0 s long, and no RTP from either side",)
    assert wrong(request(0, "INVITE"), answer(5, 486)) == ()
    assert the_call(*CALL).verdict is Verdict.NONE


def test_without_signalling_addresses_are_the_parties() -> None:
    found = the_call(stream(), stream(BACK, 100.5))
    assert found.sip is None
    assert [found.party(side) for side in Side] == ["10.0.0.1:4000", "10.0.0.2:6000"]
    assert problems(found, UTC) == ()
    assert wrong(stream(BACK)) == ("one-way audio from 10.0.0.2:6000: nothing came from 10.0.0.1:4000 in 30.0 s",)
    assert call_object(found, UTC)["call_id"] is None


def test_loss_has_its_time_and_neighbours_are_one() -> None:
    bad = lossy(0.1, seconds=45, windows=windows(100, 0, 0.3, 0.3, 0.01, 0.05))
    assert wrong(*CALL[:5], bad, stream(BACK)) == (
        "30 % loss between 00:01:50 and 00:02:10 from the caller",
        "5 % loss between 00:02:20 and 00:02:25 from the caller",
    )


def test_jitter_silence_clipping_and_a_hole() -> None:
    found = wrong(
        *CALL,
        stream(
            f1=BufferFigures(150, 150, 1.0, 1.0), silence_ratio=0.99, clipping_ratio=0.03, delta_max_ms=3100.0,
            capture_drops=7,
        ),
        stream(BACK),
    )  # fmt: skip
    assert found == (
        "jitter: 10% of the packets from the caller came too late for a jitter buffer of 50 ms",
        "no packet from the caller for 3.1 s",
        "silence: 99% of what the caller sent is silent",
        "clipping: 3.0% of the samples from the caller are at the end of the scale",
        "the capture itself lost 7 packets: losses may be its own",
    )


def test_a_hole_is_right_on_hold_and_with_silence_suppression() -> None:
    held = (
        *CALL[:5],
        request(110, "INVITE", 5, sdp(CALLEE, more="a=sendonly\r\n"), by_callee=True),
        answer(110.1, 200, sdp(CALLER, more="a=recvonly\r\n"), 5, to_callee=True),
        request(120, "INVITE", 6, sdp(CALLEE), by_callee=True),
        answer(120.1, 200, sdp(CALLER), 6, to_callee=True),
    )
    found = the_call(*held, stream(delta_max_ms=10_000.0), stream(BACK))
    assert problems(found, UTC) == ()
    told = call_object(found, UTC)
    assert told["holds"] == [{"by": "callee", "since": 110, "until": 120}]
    assert told["reinvites"] == 2
    assert wrong(*CALL, stream(delta_max_ms=10_000.0, dtx=3), stream(BACK)) == ()


@pytest.mark.parametrize(
    ("forth", "back", "demanded", "expected"),
    [
        (0, 0, None, ()),
        (46, 46, None, ()),
        (46, 0, None, ("wrong DSCP: 0 on packets from the callee, 46 (EF) is for voice",)),
        (8, 46, None, ("wrong DSCP: 8 on packets from the caller, 46 (EF) is for voice",)),
        (46, 0, 46, ("wrong DSCP: 0 on packets from the callee, 46 is demanded",)),
    ],
)
def test_marks(forth: int, back: int, demanded: int | None, expected: tuple[str, ...]) -> None:
    assert wrong(*CALL, stream(dscp=forth), stream(BACK, dscp=back), dscp=demanded) == expected


def test_a_mark_that_changes() -> None:
    assert wrong(*CALL, stream(dscp=46, dscp_changes=2), stream(BACK, dscp=46)) == (
        "wrong DSCP: the mark of packets from the caller changes 2 times",
    )


def test_codecs_that_nobody_asked_for() -> None:
    pcmu = stream(format=PayloadFormat("pcmu", 8000), payload_type=0, payload_types=((0, 1490), (13, 10)))
    assert wrong(*CALL, pcmu, stream(BACK)) == (
        "codec mismatch: the caller sends payload type 0 (pcmu), for which the callee has not asked",
        "codec mismatch: pcmu from the caller, pcma from the callee",
    )
    dynamic = stream(payload_types=((8, 1400), (97, 100)))
    assert wrong(*CALL, dynamic, stream(BACK)) == (
        "codec mismatch: the caller sends payload type 97, for which the callee has not asked",
    )


def test_packets_of_another_length() -> None:
    asked = [*CALL]
    asked[3] = answer(100, 200, sdp(CALLEE, more="a=ptime:20\r\n"))
    assert wrong(*asked, stream(ptime_ms=40.0), stream(BACK)) == (
        "packets from the caller hold 40 ms, the callee asked for 20 ms",
    )


def test_media_after_the_end() -> None:
    assert wrong(*CALL, stream(seconds=40), stream(BACK)) == (
        "the caller went on sending for 10.0 s after the call's end",
    )


def test_fax_ends_the_talk() -> None:
    fax = b"v=0\r\nc=IN IP4 10.0.0.2\r\nm=image 6000 udptl t38\r\n"
    assert wrong(*CALL[:5], request(103, "INVITE", 2, fax), CALL[5]) == ()


def test_a_codec_changed_by_a_new_stream() -> None:
    later = stream(start=131, format=OPUS, payload_type=96, payload_types=((96, 1500),), ssrc=5)
    found = the_call(*CALL[:5], stream(codec_changes=2, payload_types=((8, 1400), (101, 100))), later, stream(BACK))
    assert call_object(found, UTC)["codec_changes"] == [
        {"from": "caller", "at": None, "times": 2, "payload_types": [8, 101]},
        {"from": "caller", "at": 131, "before": "pcma", "after": "opus"},
    ]
    assert call_object(found, UTC)["directions"][0]["ssrcs"] == ["0xdeadbeef", "0x00000005"]


def test_a_port_that_another_call_had_long_ago_is_nobodys() -> None:
    found = joined(*CALL, stream(start=500), stream(BACK, 500))
    assert [each.sip is None for each in found] == [False, True]


def test_one_end_behind_a_nat() -> None:
    natted = Flow("192.0.2.9", 777, *CALLEE)
    found = the_call(*CALL, stream(natted), stream(BACK))
    assert [each.side for each in found.streams] == [Side.CALLER, Side.CALLEE]


def test_video_is_no_answer_to_audio() -> None:
    video = stream(BACK, format=PayloadFormat("h264", 90000))
    found = the_call(*CALL, stream(), video)
    assert [each.one_way for each in found.streams] == [True, True]
    assert found.verdict is Verdict.GOOD


SENT_AT = 105.0


def reported(*, jitter: int = 80) -> tuple[Datagram, ...]:
    """20 ms to the callee and back, 10 ms to the caller and back; 1 % lost on the way to the callee."""

    def block(ssrc: int, lost: int, highest: int, lsr: float, dlsr_s: float) -> ReportBlock:
        return ReportBlock(ssrc, 5, lost, highest, jitter, int(lsr * 65536) & 0xFFFFFFFF, int(dlsr_s * 65536))

    return (
        rtcp(SENT_AT, FORTH, sender_report(0xDEADBEEF, 5000, 250)),
        rtcp(106.02, BACK, sender_report(0xCAFE, 7000, 250, block(0xDEADBEEF, 2, 1250, 5000, 1))),
        rtcp(107.03, FORTH, ReceiverReport(0xDEADBEEF, (block(0xCAFE, 0, 300, 7000, 1),))),
        rtcp(116.02, BACK, ReceiverReport(0xCAFE, (block(0xDEADBEEF, 12, 2250, 5000, 11),))),
    )


def test_rtcp_gives_delay_and_a_view_of_its_own() -> None:
    found = the_call(*CALL, *reported(), *BOTH)
    forth, back = found.streams
    assert forth.rtcp is not None
    assert (forth.rtcp.reports, forth.rtcp.packets_lost, forth.rtcp.loss_ratio) == (2, 12, 0.01)
    assert forth.rtcp.rtt_ms == pytest.approx(30, abs=0.1)
    assert forth.rtcp.jitter_mean_ms == 10
    assert forth.score.delay_ms == pytest.approx(75, abs=0.1)
    assert forth.rtcp.mos_cq is not None
    assert forth.rtcp.mos_lq == pytest.approx(4.328, abs=5e-4)
    assert forth.score.mos_cq is not None
    assert back.rtcp is not None
    assert (back.rtcp.reports, back.rtcp.loss_ratio) == (1, 5 / 256)
    assert back.score.delay_ms == pytest.approx(75, abs=0.1)


def test_what_rtcp_says_of_srtp_is_not_believed() -> None:
    found = the_call(*CALL, *reported(), stream(encrypted=True), stream(BACK, encrypted=True))
    assert [each.rtcp for each in found.streams] == [None, None]
    assert stream_object(found.streams[0])["encrypted"] is True


def test_ungrounded_codecs_have_rtcp_figures_without_mos() -> None:
    found = the_call(*CALL, *reported(), stream(format=OPUS), stream(BACK, format=None))
    forth, back = found.streams
    assert forth.rtcp is not None
    assert (forth.rtcp.mos_lq, forth.rtcp.mos_cq) == (None, None)
    assert back.rtcp is not None
    assert back.rtcp.jitter_mean_ms is None


VOIP = VoipMetrics(0xDEADBEEF, 12, 0, 85, 9, 120, 260, 80, 60, 0, 0, 55, 16, 127, 127, 41, 127, 0, 0, 40, 80, 300)


def test_extended_reports_tell_the_round_trip_where_nothing_else_does() -> None:
    data = serialise_compound([RtcpPacket(ExtendedReport(0xCAFE, (VOIP,)))])
    ports = Flow(BACK.src, 6001, BACK.dst, 4001)
    found = the_call(*CALL, Datagram("rtcp", 110, ports, "udp", data), *BOTH)
    told: dict[str, Any] = call_object(found, UTC)["directions"][0]["rtcp"]
    assert (told["rtt_ms"], told["reports"], told["loss_ratio"]) == (80, 0, None)
    assert told["xr"]["loss_ratio"] == 12 / 256
    assert (told["xr"]["r_factor"], told["xr"]["mos_lq"], told["xr"]["mos_cq"]) == (None, 4.1, None)


def test_digits_are_masked() -> None:
    told = stream_object(
        the_call(*CALL, stream(events=(ToneEvent(101.5, 160.0, "digit"), ToneEvent(102, 90, "flash")))).streams[0]
    )
    assert told["events"] == [
        {"event": "*", "start": 101.5, "duration_ms": 160.0},
        {"event": "flash", "start": 102, "duration_ms": 90},
    ]
