"""RTCP: bytes to fields and back to the same bytes; what is wrong is said."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.rtcp import (
    App,
    Goodbye,
    Other,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SdesChunk,
    SenderReport,
    SourceDescription,
    ntp_middle,
    parse_compound,
    serialise_compound,
)
from quality.rtcp_xr import (
    Dlrr,
    ExtendedReport,
    OtherBlock,
    ReceiptTimes,
    ReferenceTime,
    RunLengths,
    Summary,
    VoipMetrics,
)

BLOCK = ReportBlock(7, 25, -3, 0x00010005, 40, 0x12345678, 65536)
VOIP = VoipMetrics(7, 12, 12, 85, 9, 120, 260, 50, 60, 0xF0, 0xC4, 55, 16, 80, 127, 41, 40, 0xB5, 0, 40, 80, 300)
COMPOUND = (
    RtcpPacket(SenderReport(1, (5 << 32) | 9, 160, 10, 1600, (BLOCK,))),
    RtcpPacket(SourceDescription((SdesChunk(1, ((1, b"a@b"), (6, b"")), b"\x00"), SdesChunk(2, (), b"\x00" * 4)))),
    RtcpPacket(App(3, 1, b"name", b"data")),
    RtcpPacket(Other(205, 1, b"\x00" * 8)),
    RtcpPacket(ReceiverReport(1, (), b"more")),
    RtcpPacket(Goodbye((1, 2), b"bye", b"")),
    RtcpPacket(Goodbye((1,)), padding=b"\x00\x00\x00\x04"),
)


def test_a_compound_of_all_types_comes_back_the_same() -> None:
    data = serialise_compound(COMPOUND)
    assert parse_compound(data) == COMPOUND
    assert serialise_compound(parse_compound(data)) == data


def test_a_sender_report_by_hand() -> None:
    data = struct.pack("!BBHIQIII", 0x80, 200, 6, 1, 0xAAAABBBBCCCCDDDD, 160, 10, 1600)
    (packet,) = parse_compound(data)
    assert isinstance(packet.body, SenderReport)
    assert (packet.body.packet_count, packet.body.ntp_middle) == (10, 0xBBBBCCCC)


def test_lost_packets_may_be_less_than_none() -> None:
    data = struct.pack("!BBHI6I", 0x81, 201, 7, 1, 7, 0xFFFFFF, 5, 0, 0, 0)
    (packet,) = parse_compound(data)
    assert isinstance(packet.body, ReceiverReport)
    assert packet.body.reports[0].cumulative_lost == -1


def test_round_trip_as_the_rfcs_figure_2_has_it() -> None:
    """[RFC 3550 §6.4.1, Figure 2]: 6.125 s."""
    report = ReportBlock(1, 0, 0, 0, 0, lsr=0xB7052000, dlsr=0x00054000)
    assert report.rtt_s(0xB7108000) == 6.125
    assert report.rtt_s(0xB7052000) is None  # before it could have come
    assert ReportBlock(1, 0, 0, 0, 0, 0, 0).rtt_s(5) is None
    assert ntp_middle(0.5) == (2208988800 << 16 | 0x8000) & 0xFFFFFFFF


XR = ExtendedReport(
    1,
    (
        RunLengths(1, 0, 7, 1, 99, (0x4001, 0x8000)),
        RunLengths(2, 3, 7, 1, 99, ()),
        ReceiptTimes(0, 7, 1, 3, (160, 320)),
        ReferenceTime(5 << 32),
        Dlrr(((1, 2, 3), (4, 5, 6))),
        Summary(0xE8, 7, 1, 99, 3, 1, 0, 90, 12, 4, 0, 0, 0, 0),
        VOIP,
        OtherBlock(99, 1, b"abcd"),
        OtherBlock(7, 0, b"shorter than VoIP metrics is.   "[:20]),
    ),
)


def test_extended_reports_come_back_the_same() -> None:
    data = serialise_compound((RtcpPacket(XR),))
    assert parse_compound(data) == (RtcpPacket(XR),)
    assert data[:2] == b"\x80\xcf"
    assert data[4 + 4 + 16 + 12 + 20 + 12 + 28 + 40 :][:4] == b"\x07\x00\x00\x08"


@pytest.mark.parametrize(
    "block",
    [
        OtherBlock(1, 0xF0, b"\x00" * 8),
        OtherBlock(1, 0, b"1234"),
        OtherBlock(3, 0, b"1234"),
        OtherBlock(4, 0, b"1234"),
        OtherBlock(5, 0, b"1234"),
        OtherBlock(6, 0, b"1234"),
    ],
)
def test_blocks_of_another_shape_are_kept_as_they_came(block: OtherBlock) -> None:
    packets = (RtcpPacket(ExtendedReport(1, (block,))),)
    assert parse_compound(serialise_compound(packets)) == packets


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "RTCP datagram is empty"),
        (b"\x80\xc8", "RTCP packet of 2 octets is shorter than its header of 4"),
        (b"\x40\xc8\x00\x00", "RTCP version is 1, not 2"),
        (b"\x80\xc8\x00\x06", "RTCP packet of 28 octets reaches beyond its datagram"),
        (b"\x80\xc8\x00\x01" + b"\x00" * 4, "RTCP SR ends within its head"),
        (b"\x80\xc9\x00\x00", "RTCP RR ends within its head"),
        (b"\x82\xc9\x00\x01" + b"\x00" * 4, "RTCP report ends within its 2 blocks"),
        (b"\x80\xcc\x00\x01" + b"\x00" * 4, "RTCP APP ends within its head"),
        (b"\xa0\xc9\x00\x01" + b"\x00\x00\x00\x09", "RTCP padding of 9 octets does not fit its packet"),
        (b"\xa0\xc9\x00\x00", "RTCP padding of 0 octets does not fit its packet"),
        (b"\x81\xca\x00\x01" + b"\x00" * 4, "RTCP SDES ends within a chunk"),
        (b"\x81\xca\x00\x02" + b"\x00" * 4 + b"\x01\xffab", "RTCP SDES item reaches beyond its packet"),
        (b"\x81\xca\x00\x02" + b"\x00" * 4 + b"\x01\x02ab", "RTCP SDES ends within a chunk"),
        (b"\x80\xca\x00\x01" + b"\x00" * 4, "RTCP SDES has 4 octets after its 0 chunks"),
        (b"\x81\xcb\x00\x00", "RTCP BYE ends within its 1 sources"),
        (b"\x80\xcb\x00\x01" + b"\x09abc", "RTCP BYE ends within its reason"),
        (b"\x80\xcf\x00\x00", "RTCP XR ends within its head"),
        (b"\x80\xcf\x00\x02" + b"\x00" * 4 + b"\x04\x00\x00\x09", "RTCP XR block of 9 words reaches beyond its packet"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        parse_compound(data)


def test_what_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="RTCP packet has room for 31, not for 32"):
        serialise_compound([RtcpPacket(Goodbye((1,) * 32))])
    with pytest.raises(ValueError, match="RTCP packet of 11 octets is not of whole words"):
        serialise_compound([RtcpPacket(App(0, 1, b"name", b"abc"))])
    with pytest.raises(ValueError, match="RTCP XR block of 3 octets is not of whole words"):
        serialise_compound([RtcpPacket(ExtendedReport(1, (OtherBlock(9, 0, b"abc"),)))])


@given(st.integers(200, 207), st.integers(0, 3), st.binary(min_size=4, max_size=60))
def test_any_bytes_are_refused_or_come_back_the_same(type_: int, count: int, content: bytes) -> None:
    content = content[: len(content) // 4 * 4]
    data = struct.pack("!BBH", 0x80 | count, type_, len(content) // 4) + content
    try:
        packets = parse_compound(data)
    except ValueError:
        return
    assert serialise_compound(packets) == data
