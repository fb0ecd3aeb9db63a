"""Calls, media and round trips out of a capture's signalling, friendly and hostile."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality import sip_calls
from quality.rtcp import ReceiverReport, ReportBlock
from quality.rtcp_digest import RtcpDigest
from quality.sip_calls import Side, SipCall, SipCalls
from quality.stream_figures import Datagram, Flow, PayloadFormat
from tests.unit.call_story import CALLEE, CALLER, SIP, answer, back, call, request, rtcp, sdp, sender_report

FORTH = Flow(*CALLER, *CALLEE)


def heard(*datagrams: Datagram) -> SipCalls:
    calls = SipCalls()
    for datagram in datagrams:
        calls.signalling(datagram)
    return calls


def the_call(*datagrams: Datagram) -> SipCall:
    (found,) = heard(*datagrams).calls.values()
    return found


def test_a_call_from_invite_to_bye() -> None:
    found = the_call(*call(100, 30))
    assert (found.call_id, found.caller, found.callee) == ("1@x", "sip:anna@10.0.0.1", "sip:echo@10.0.0.2")
    assert (found.started, found.ringing, found.answered, found.ended) == (100, 101, 102, 132)
    assert (found.ended_by, found.status, found.reinvites, found.early_media) == (Side.CALLEE, 200, 0, False)
    assert [described.side for described in found.descriptions] == [Side.CALLER, Side.CALLEE]
    assert found.of(Side.CALLEE, until=101) is None
    callers = found.of(Side.CALLER)
    assert callers is not None
    assert callers.audio is not None
    assert callers.audio.port == 4000


def test_what_a_media_map_is_asked() -> None:
    calls = heard(*call(0, 30))
    assert calls.announced(FORTH)
    assert calls.announced(back(FORTH))
    assert not calls.announced(Flow("10.0.0.1", 1, "10.0.0.2", 2))
    assert calls.payload_format(FORTH, 101) == PayloadFormat("telephone-event", 8000)
    assert calls.payload_format(FORTH, 8) == PayloadFormat("pcma", 8000)
    assert calls.payload_format(FORTH, 96) is None
    assert calls.payload_format(Flow("192.0.2.7", 9, *CALLEE), 8) == PayloadFormat("pcma", 8000)
    assert not calls.encrypted(FORTH)


def test_encryption_needs_both() -> None:
    wanted = sdp(CALLER, more="a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n")
    assert heard(request(0, "INVITE", body=wanted)).encrypted(back(FORTH))
    assert not heard(request(0, "INVITE", body=wanted), answer(1, 200, sdp(CALLEE))).encrypted(FORTH)
    agreed = sdp(CALLEE, audio="RTP/SAVP 8")
    assert heard(request(0, "INVITE", body=wanted), answer(1, 200, agreed)).encrypted(FORTH)


def test_early_media_challenge_and_a_call_refused() -> None:
    found = the_call(
        request(0, "INVITE", body=sdp(CALLER)),
        answer(0.1, 407),
        request(0.2, "ACK"),
        request(0.3, "INVITE", 2, sdp(CALLER)),
        answer(1, 183, sdp(CALLEE), 2),
        answer(5, 486, b"", 2),
    )
    assert found.early_media
    assert (found.status, found.ended, found.answered, found.reinvites) == (486, 5, None, 0)


def test_a_caller_who_gives_up() -> None:
    found = the_call(request(0, "INVITE"), request(3, "CANCEL"), answer(3.1, 487))
    assert (found.ended, found.ended_by, found.status) == (3, Side.CALLER, 487)


def test_hold_and_a_new_codec_by_reinvite() -> None:
    other = sdp(CALLER, audio="RTP/AVP 96", more="a=rtpmap:96 opus/48000/2\r\n")
    calls = heard(
        *call(0, 60)[:5],
        request(10, "INVITE", 5, sdp(CALLEE, more="a=sendonly\r\n"), by_callee=True),
        request(10.1, "INVITE", 5, sdp(CALLEE, more="a=sendonly\r\n"), by_callee=True),  # again
        answer(10.2, 200, sdp(CALLER, more="a=recvonly\r\n"), 5, to_callee=True),
        request(20, "INVITE", 2, other),
    )
    (found,) = calls.calls.values()
    assert found.reinvites == 2
    assert len(found.descriptions) == 5
    held = found.of(Side.CALLEE)
    assert held is not None
    assert held.media[0].on_hold
    assert calls.payload_format(back(FORTH), 96) == PayloadFormat("opus", 48000)
    assert calls.payload_format(back(FORTH), 8) == PayloadFormat("pcma", 8000)  # what it was before


def test_fax() -> None:
    fax = b"v=0\r\nc=IN IP4 10.0.0.2\r\nm=image 6000 udptl t38\r\n"
    assert the_call(*call(0, 60)[:5], request(9, "INVITE", 2, fax)).t38 == 9


def test_over_tcp_in_pieces() -> None:
    pieces = []
    for at, datagram in enumerate(call(0, 5)):
        pieces.append((datagram.flow, datagram.payload[:100], float(at)))
        pieces.append((datagram.flow, datagram.payload[100:], at + 0.5))
    calls, sent = SipCalls(), {SIP: 7, back(SIP): 2**32 - 50}
    for flow, payload, time in pieces:
        calls.signalling(Datagram("sip", time, flow, "tcp", payload, sent[flow]))
        sent[flow] = (sent[flow] + len(payload)) % 2**32
    (found,) = calls.calls.values()
    assert (found.answered, found.ended_by) == (3.5, Side.CALLEE)


def test_a_port_used_by_one_call_after_another() -> None:
    later = [each._replace(payload=each.payload.replace(b"1@x", b"2@x")) for each in call(500, 30)]
    calls = heard(*call(100, 30), *later)
    by_time = {time: end.call.call_id for time in (50, 110, 510) if (end := calls.endpoint(*CALLEE, time)) is not None}
    assert by_time == {50: "1@x", 110: "1@x", 510: "2@x"}
    assert calls.endpoint("10.9.9.9", 1, 5) is None
    latest = calls.endpoint(*CALLEE)
    assert latest is not None
    assert latest.call.call_id == "2@x"


def test_the_number_of_calls_and_connections_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_calls, "MOST_CALLS", 2)
    monkeypatch.setattr(sip_calls, "MOST_CONNECTIONS", 2)
    calls = SipCalls()
    for number in range(4):
        for datagram in call(number, 1)[:4]:
            payload = datagram.payload.replace(b"1@x", b"%d@x" % number)
            calls.signalling(datagram._replace(payload=payload))
    assert list(calls.calls) == ["2@x", "3@x"]
    assert {end.call.call_id for ends in calls._endpoints.values() for end in ends} == {"2@x", "3@x"}
    for port in range(5):
        calls.signalling(Datagram("sip", 0, Flow("a", port, "b", 5060), "tcp", b"x", 1))
    assert len(calls._connections) == 2


@given(st.binary(max_size=300), st.sampled_from(["sip", "rtcp", "dtls"]), st.sampled_from(["udp", "tcp"]))
def test_nothing_raises(payload: bytes, kind: str, transport: str) -> None:
    begin = call(0, 1)[0].payload
    calls = SipCalls()
    for data in (payload, begin[:150] + payload, b"SIP/2.0 200 OK\r\n" + payload, b"\x81\xc9\x00\x07" + payload):
        calls.signalling(Datagram(kind, 0, SIP, transport, data, 5))  # type: ignore[arg-type]


def test_what_cannot_be_read_is_counted() -> None:
    calls = heard(Datagram("sip", 0, SIP, "udp", b"INVITE nothing"), Datagram("sip", 0, SIP, "udp", b"OPTIONS x"))
    assert (calls.faults, len(calls.calls)) == (1, 0)
    assert heard(request(0, "BYE")).calls == {}
    nameless = request(0, "INVITE")
    assert heard(nameless._replace(payload=nameless.payload.replace(b"Call-ID: 1@x\r\n", b""))).calls == {}


def test_round_trip_from_both_sides() -> None:
    """20 ms to the callee and back, 10 ms to the caller and back; one held its answer for 2 s."""
    digest = heard(
        rtcp(100.0, FORTH, sender_report(1, 5000.0, 100)),
        rtcp(102.02, back(FORTH), sender_report(2, 7000.0, 90, _report(1, 3, 500, 80, lsr=5000.0, dlsr_s=2))),
        rtcp(102.03, FORTH, ReceiverReport(1, (_report(2, -1, 400, 8, lsr=7000.0, dlsr_s=0),))),
        rtcp(107.02, back(FORTH), ReceiverReport(2, (_report(1, 5, 750, 160, lsr=5000.0, dlsr_s=7),))),
    ).rtcp
    told = digest.told(FORTH, 1)
    assert told is not None
    assert (told.reports, told.first_lost, told.last_lost, told.last_highest) == (2, 3, 5, 750)
    assert told.rtt_s == pytest.approx(0.02, abs=1e-6)
    assert (told.jitter_sum, told.jitter_max, told.worst_fraction) == (240, 160, 9)
    other = digest.told(back(FORTH), 2)
    assert other is not None
    assert other.rtt_s == pytest.approx(0.01, abs=1e-6)
    assert other.last_lost == -1
    sender = digest.sender(FORTH, 1)
    assert sender is not None
    assert sender.packet_count == 100
    assert digest.told(FORTH, 9) is None


def _report(ssrc: int, lost: int, highest: int, jitter: int, *, lsr: float, dlsr_s: float) -> ReportBlock:
    return ReportBlock(ssrc, 9, lost, highest, jitter, int(lsr * 65536) & 0xFFFFFFFF, int(dlsr_s * 65536))


def test_reports_that_refer_to_nothing_tell_no_round_trip() -> None:
    digest = heard(
        rtcp(1, FORTH, sender_report(1, 5000.0, 100)),
        rtcp(2, back(FORTH), ReceiverReport(2, (_report(1, 0, 5, 0, lsr=4000.0, dlsr_s=0),))),
        rtcp(3, back(FORTH), ReceiverReport(2, (_report(1, 0, 5, 0, lsr=5000.0, dlsr_s=60),))),
        rtcp(4, back(FORTH), ReceiverReport(2, (ReportBlock(7, 0, 1, 0, 0, 0, 0),))),
    ).rtcp
    told = digest.told(FORTH, 1)
    assert told is not None
    assert told.rtt_s is None
    assert digest.told(FORTH, 7) is None  # about nobody


def test_ports_that_are_no_pair_are_found_by_their_hosts() -> None:
    digest = RtcpDigest()
    data = struct.pack("!BBHI6I", 0x81, 201, 7, 2, 1, 0, 9, 4, 0, 0)
    digest.take(1, Flow("10.0.0.2", 9, "10.0.0.1", 11), data)
    assert digest.told(FORTH, 1) is not None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80\xc8\x00\x00", "RTCP packet is shorter than its head"),
        (b"\x40\xc9\x00\x01" + bytes(4), "RTCP packet is of another version or reaches beyond its datagram"),
        (b"\x80\xc9\x00\x09" + bytes(4), "RTCP packet is of another version or reaches beyond its datagram"),
        (b"\x80\xc8\x00\x01" + bytes(4), "RTCP SR ends within its head"),
        (b"\x81\xc9\x00\x01" + bytes(4), "RTCP report ends within its blocks"),
    ],
)
def test_rtcp_that_is_wrong(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        RtcpDigest().take(0, SIP, data)


def test_sources_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.rtcp_digest.MOST_SOURCES", 3)
    calls = SipCalls()
    for ssrc in range(1, 9):
        for number in range(12):
            calls.signalling(
                rtcp(number, FORTH, sender_report(ssrc, number, 1, _report(ssrc, 0, 5, 0, lsr=0, dlsr_s=0)))
            )
    digest = calls.rtcp
    assert len(digest._told) == len(digest._hosts) == len(digest._senders) == 3
    assert max(len(sender.sent) for sender in digest._senders.values()) == 8
