"""RTP packets: bytes to fields and back to the same bytes; what is wrong is said."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.rtp import (
    ONE_BYTE_PROFILE,
    TWO_BYTE_PROFILE,
    Extension,
    ExtensionElement,
    RtpPacket,
    TelephoneEvent,
    parse_elements,
    parse_rtp,
    parse_telephone_event,
    serialise_elements,
    serialise_rtp,
    serialise_telephone_event,
)

HEAD = bytes.fromhex("80 08 1234 0000 00a0 deadbeef".replace(" ", ""))


def test_a_plain_packet() -> None:
    packet = parse_rtp(HEAD + b"\xd5" * 160)
    assert packet == RtpPacket(8, 0x1234, 160, 0xDEADBEEF, b"\xd5" * 160)
    assert serialise_rtp(packet) == HEAD + b"\xd5" * 160


def test_everything_a_header_can_carry() -> None:
    data = (
        bytes([0b10110010, 0x80 | 96])
        + struct.pack("!HIIII", 65535, 2**32 - 1, 1, 7, 8)
        + bytes.fromhex("bede0001")
        + b"\x10\xaa\x00\x00"
        + b"speech"
        + b"\x00\x00\x03"
    )
    packet = parse_rtp(data)
    assert packet.csrc == (7, 8)
    assert packet.marker
    assert packet.extension == Extension(0xBEDE, b"\x10\xaa\x00\x00")
    assert (packet.payload, packet.padding) == (b"speech", b"\x00\x00\x03")
    assert serialise_rtp(packet) == data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80" * 11, "RTP packet of 11 octets is shorter than its header of 12"),
        (b"\x40" + HEAD[1:], "RTP version is 1, not 2"),
        (b"\x82" + HEAD[1:] + b"1234", "RTP packet ends within its 2 CSRC"),
        (b"\x90" + HEAD[1:], "RTP packet ends within the head of its extension"),
        (b"\x90" + HEAD[1:] + b"\x00\x00\xff\xff", "RTP extension of 65535 words reaches beyond the packet"),
        (b"\xa0" + HEAD[1:], "RTP padding of 0 octets does not fit a payload of 0"),
        (b"\xa0" + HEAD[1:] + b"ab\x09", "RTP padding of 9 octets does not fit a payload of 3"),
        (b"\xa0" + HEAD[1:] + b"ab\x00", "RTP padding of 0 octets does not fit a payload of 3"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        parse_rtp(data)


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (RtpPacket(0, 0, 0, 0, csrc=(1,) * 16), "RTP header has room for 15 CSRC, not for 16"),
        (RtpPacket(0, 0, 0, 0, padding=b"\x00\x01"), "RTP padding of 2 octets has to end with its count"),
        (RtpPacket(0, 0, 0, 0, extension=Extension(1, b"abc")), "RTP extension of 3 octets is not of whole words"),
    ],
)
def test_what_a_header_cannot_say(packet: RtpPacket, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        serialise_rtp(packet)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_come_back_the_same(data: bytes) -> None:
    data = b"\x80" + data if data and data[0] < 64 else data
    try:
        packet = parse_rtp(data)
    except ValueError:
        return
    assert serialise_rtp(packet) == data


@pytest.mark.parametrize(
    ("profile", "data"),
    [
        (ONE_BYTE_PROFILE, b"\x10\xaa\x21\x01\x02\x00\x00\x00"),
        (ONE_BYTE_PROFILE, b"\x10\xaa\xf0\x01"),
        (TWO_BYTE_PROFILE, b"\x01\x00\x02\x03abc\x00"),
        (TWO_BYTE_PROFILE | 5, b"\x01\x00\x00\x00"),
    ],
)
def test_elements_of_an_extension(profile: int, data: bytes) -> None:
    elements = parse_elements(Extension(profile, data))
    assert serialise_elements(elements, profile) == Extension(profile, data)


def test_elements_by_their_names() -> None:
    assert parse_elements(Extension(ONE_BYTE_PROFILE, b"\x21\x01\x02\x00")) == (
        ExtensionElement(2, b"\x01\x02"),
        ExtensionElement(0),
    )


def test_elements_that_are_wrong() -> None:
    with pytest.raises(ValueError, match="RTP extension element reaches beyond its extension"):
        parse_elements(Extension(ONE_BYTE_PROFILE, b"\x1f\x00\x00\x00"))
    with pytest.raises(ValueError, match="RTP extension element reaches beyond its extension"):
        parse_elements(Extension(TWO_BYTE_PROFILE, b"\x01\x02\x03"))
    with pytest.raises(ValueError, match="RTP extension profile 0x1234 is not of RFC 8285"):
        parse_elements(Extension(0x1234, b""))
    with pytest.raises(ValueError, match="one-byte header cannot carry element 3 of 17 octets"):
        serialise_elements((ExtensionElement(3, bytes(17)),))


def test_telephone_events() -> None:
    event = parse_telephone_event(b"\x0b\x8a\x06\x40")
    assert event == TelephoneEvent(11, end=True, volume=10, duration=1600)
    assert event.name == "#"
    assert TelephoneEvent(70, end=False, volume=0, duration=0).name == "event 70"
    assert serialise_telephone_event(event) == b"\x0b\x8a\x06\x40"
    with pytest.raises(ValueError, match="telephone event of 3 octets is shorter than 4"):
        parse_telephone_event(b"\x0b\x8a\x06")


@given(st.binary(min_size=4, max_size=4))
def test_any_telephone_event_comes_back(payload: bytes) -> None:
    assert serialise_telephone_event(parse_telephone_event(payload)) == payload
