"""HEP packets: there and back, captured shapes of agents, and whatever strangers send."""

from __future__ import annotations

import gzip
import json
import random
import struct
import zlib
from dataclasses import replace

import pytest

from quality.hep import MOST_CHUNKS, MOST_PAYLOAD, HepKind, HepPacket, parse_hep, serialise_hep
from quality.hep_rtcp import ToldReport, reports_of
from quality.rtcp import ReceiverReport, ReportBlock, RtcpPacket, SenderReport, serialise_compound

SIP = b"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\n"
PACKET = HepPacket("192.0.2.1", 5060, "198.51.100.2", 5080, 1_790_000_000.25, HepKind.SIP, SIP, "x", 2001, "edge", "k")
ASTERISK = {
    "ssrc": -1_000_000, "type": 200, "report_count": 1,
    "sender_information": {"ntp_timestamp_sec": "1", "ntp_timestamp_usec": "2", "rtp_timestamp": 8000, "packets": 250,
                           "octets": 40000},
    "report_blocks": [{"source_ssrc": 7, "fraction_lost": 12, "packets_lost": 16777215, "highest_seq_no": 66000,
                       "ia_jitter": 16, "lsr": "5", "dlsr": 65536}],
}  # fmt: skip
BLOCK = ReportBlock(7, 12, -1, 66000, 16, 5, 65536)


def chunk(kind: int, content: bytes, vendor: int = 0) -> bytes:
    return struct.pack("!HHH", vendor, kind, 6 + len(content)) + content


def hep(*chunks: bytes) -> bytes:
    body = b"".join(chunks)
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body


ENDS = (chunk(3, bytes(4)), chunk(4, bytes(4)), chunk(9, bytes(4)), chunk(11, b"\x01"))


@pytest.mark.parametrize(
    "packet", [PACKET, replace(PACKET, src="2001:db8::1", dst="2001:db8::2", correlation="", node="", key="")]
)
def test_there_and_back(packet: HepPacket) -> None:
    assert parse_hep(serialise_hep(packet)) == packet


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_compressed_payload_is_unpacked(pack: object) -> None:
    assert parse_hep(hep(*ENDS, chunk(16, pack(SIP)))).payload == SIP  # type: ignore[operator]


def test_vendors_chunks_and_unknown_ones_are_passed_over() -> None:
    strange = chunk(9, b"?", vendor=7), chunk(999, b"?")
    assert parse_hep(hep(*ENDS, *strange, chunk(15, SIP))).payload == SIP


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not HEP"),
        (b"HEP2\0\x06", "not HEP"),
        (b"HEP3\0\x07", "6 octets, of which HEP speaks of 7"),
        (hep(*ENDS), "no payload"),
        (hep(chunk(15, SIP)), "no time"),
        (hep(*ENDS[2:], chunk(15, SIP)), "no address"),
        (hep(*ENDS, b"\0\0"), "cut short"),
        (hep(*ENDS, struct.pack("!HHH", 0, 15, 5)), "length of 5"),
        (hep(*ENDS, struct.pack("!HHH", 0, 15, 60)), "length of 60"),
        (hep(*ENDS, chunk(7, b"abc")), "chunk 7 has 3 octets"),
        (hep(*ENDS, chunk(16, b"nonsense")), "cannot be unpacked"),
        (hep(*ENDS, chunk(16, zlib.compress(bytes(MOST_PAYLOAD + 1)))), "more than"),
        (hep(*ENDS, chunk(16, zlib.compress(SIP)[:-2])), "cut short"),
        (hep(*(chunk(999, b"") for _ in range(MOST_CHUNKS + 1))), f"more than {MOST_CHUNKS}"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_hep(data)


def test_whatever_comes_nothing_but_a_value_error_is_raised() -> None:
    rng = random.Random(11)
    seeds = [serialise_hep(PACKET), serialise_hep(replace(PACKET, kind=5, payload=json.dumps(ASTERISK).encode()))]
    parsed = 0
    for _ in range(4000):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            packet = parse_hep(bytes(data[: rng.randrange(len(data)) if rng.random() < 0.2 else len(data)]))
            parsed += 1
            reports_of(packet)
        except ValueError:
            continue
    assert parsed > 100


def test_asterisks_report_is_read() -> None:
    packet = replace(PACKET, kind=HepKind.RTCP_JSON, payload=json.dumps(ASTERISK).encode())
    assert reports_of(packet) == (ToldReport(2**32 - 1_000_000, 250, 40000, (BLOCK,)),)
    receiver = {key: value for key, value in ASTERISK.items() if key != "sender_information"}
    packet = replace(packet, payload=json.dumps(receiver).encode())
    assert reports_of(packet)[0].packets is None


def test_a_report_as_it_was_on_the_wire_is_read() -> None:
    packets = (
        RtcpPacket(SenderReport(1, 0, 0, 250, 40000, (BLOCK,))), RtcpPacket(ReceiverReport(2, (BLOCK,))),
    )  # fmt: skip
    raw = replace(PACKET, kind=HepKind.RTCP_RAW, payload=serialise_compound(packets))
    assert reports_of(raw) == (ToldReport(1, 250, 40000, (BLOCK,)), ToldReport(2, None, None, (BLOCK,)))


@pytest.mark.parametrize(
    "payload",
    [
        b"{", b"{}", b'{"ssrc": 1.5}', b'{"ssrc": true}', b'{"ssrc": 1, "report_blocks": 7}', b"{" * 5000,
        b'{"ssrc": 1, "report_blocks": [7]}', b'{"ssrc": 99999999999}', b"\x80\xc8",
        json.dumps({"ssrc": 1, "report_blocks": [{}] * 40}).encode(),
    ],
)  # fmt: skip
def test_other_reports_are_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        reports_of(replace(PACKET, kind=HepKind.RTCP_JSON, payload=payload))


def test_sip_is_no_report() -> None:
    with pytest.raises(ValueError, match="not RTCP"):
        reports_of(PACKET)
