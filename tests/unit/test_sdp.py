"""What session descriptions say of media, and that hostile ones are bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.sdp import Direction, Encoding, Media, parse_sdp, serialise_sdp

OFFER = b"""v=0\r
o=- 1 2 IN IP4 10.0.0.1\r
s=-\r
c=IN IP4 10.0.0.1\r
t=0 0\r
m=audio 4000/2 RTP/AVP 8 0 96 101 200 x\r
a=rtpmap:96 opus/48000/2\r
a=fmtp:96 useinbandfec=1\r
a=rtpmap:101 telephone-event/8000\r
a=rtpmap:200 no/8000\r
a=ptime:20\r
a=recvonly\r
a=rtcp:4005 IN IP4 10.0.0.9\r
m=video 0 RTP/AVP 34\r
"""


def media(body: bytes) -> Media:
    return parse_sdp(body).media[0]


def test_audio_with_everything() -> None:
    description = parse_sdp(OFFER)
    audio, video = description.media
    assert (audio.kind, audio.address, audio.port, audio.protocol) == ("audio", "10.0.0.1", 4000, "RTP/AVP")
    assert audio.encodings == (
        (8, Encoding("pcma", 8000)),
        (0, Encoding("pcmu", 8000)),
        (96, Encoding("opus", 48000, "useinbandfec=1")),
        (101, Encoding("telephone-event", 8000)),
    )
    assert audio.encoding(96) == Encoding("opus", 48000, "useinbandfec=1")
    assert audio.encoding(97) is None
    assert (audio.ptime_ms, audio.direction, audio.rtcp) == (20, Direction.RECVONLY, ("10.0.0.9", 4005))
    assert not audio.secured
    assert not audio.on_hold
    assert (video.port, video.rtcp) == (0, ("10.0.0.1", 0))
    assert description.origin == "- 1 2 IN IP4 10.0.0.1"
    assert serialise_sdp(description) == OFFER


def head(*lines: str) -> bytes:
    return "\r\n".join(("v=0", "c=IN IP4 10.0.0.1", *lines)).encode()


def test_directions() -> None:
    assert media(head("a=sendonly", "m=audio 1 RTP/AVP 0")).direction is Direction.SENDONLY
    assert media(head("a=sendonly", "m=audio 1 RTP/AVP 0", "a=inactive")).direction is Direction.INACTIVE
    assert media(head("m=audio 1 RTP/AVP 0")).direction is Direction.SENDRECV
    assert [each.sends for each in Direction] == [True, True, False, False]
    assert [each.receives for each in Direction] == [True, False, True, False]


def test_hold_in_both_ways() -> None:
    assert media(head("m=audio 1 RTP/AVP 0", "a=sendonly")).on_hold
    assert media(head("m=audio 1 RTP/AVP 0", "c=IN IP4 0.0.0.0")).on_hold


def test_fax() -> None:
    assert media(head("m=image 4000 udptl t38")).is_t38
    assert not media(head("m=image 0 udptl t38")).is_t38
    assert media(head("m=image 4000 udptl t38")).encodings == ()


@pytest.mark.parametrize(
    "lines",
    [
        ("m=audio 1 RTP/SAVP 0",),
        ("m=audio 1 UDP/TLS/RTP/SAVPF 0",),
        ("m=audio 1 RTP/AVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"),
        ("a=fingerprint:sha-256 AA", "m=audio 1 RTP/AVP 0"),
    ],
)
def test_encryption(lines: tuple[str, ...]) -> None:
    assert media(head(*lines)).secured


def test_rtcp_on_the_same_port_and_candidates() -> None:
    found = media(
        head(
            "m=audio 9 UDP/TLS/RTP/SAVPF 0",
            "a=rtcp-mux",
            "a=candidate:1 1 udp 2130706431 10.1.1.1 5000 typ host",
            "a=candidate:1 2 udp 2130706431 10.1.1.1 5001 typ host",
        )
    )
    assert found.rtcp == ("10.0.0.1", 9)
    assert found.candidates == (("10.1.1.1", 5000),)
    assert media(head("m=audio 4000 RTP/AVP 0", "a=rtcp:4011")).rtcp == ("10.0.0.1", 4011)
    assert media(head("m=audio 4000 RTP/AVP 0")).rtcp == ("10.0.0.1", 4001)


@pytest.mark.parametrize("value", ["x", "0", "-20", "nan", "1e9", ""])
def test_a_packet_time_that_is_none(value: str) -> None:
    assert media(head("m=audio 1 RTP/AVP 0", f"a=ptime:{value}")).ptime_ms is None


@pytest.mark.parametrize("value", ["96 opus", "96 /8000", "96 opus/0", "96 opus/9999999", "x opus/8000"])
def test_a_mapping_that_is_none(value: str) -> None:
    assert media(head("m=audio 1 RTP/AVP 96", f"a=rtpmap:{value}")).encodings == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "SDP does not begin with v=0"),
        (b"v=1\r\n", "SDP does not begin with v=0"),
        (b"v=0\r\nhello\r\n", "SDP line 2 is no type=value"),
        (b"v=0\r\nm=audio 1\r\n", "SDP line m= has less than 3 words"),
        (b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n", "SDP line m= has no port between 0 and 65535"),
        (b"v=0\r\nc=IN\r\nm=audio 1 RTP/AVP 0\r\n", "SDP line c= has less than 3 words"),
        (b"v=0\r\n" + b"m=audio 1 RTP/AVP 0\r\n" * 33, "SDP has more than 32 media"),
        (b"v=0\r\n" + b"a=x\r\n" * 2000, "SDP of 2002 lines is longer than 2000"),
        (b"v=0\r\n" + b"a" * 65536, "SDP of 65541 octets is longer than 65536"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        parse_sdp(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_come_back_the_same(rest: bytes) -> None:
    body = b"v=0\r\n" + rest
    try:
        description = parse_sdp(body)
    except ValueError:
        return
    assert serialise_sdp(description) == body
