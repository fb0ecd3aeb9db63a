"""RTCP packets [RFC 3550 §6]: compound datagrams of SR, RR, SDES, BYE, APP, and XR of `quality.rtcp_xr`.

Parsing and serialising come in pairs: what was parsed serialises to the same bytes. What is wrong on the wire is a
`ValueError` that says what. A packet of another type is kept as it came.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quality.rtcp_xr import ExtendedReport, parse_xr, serialise_xr

VERSION = 2
SR, RR, SDES, BYE, APP, XR = 200, 201, 202, 203, 204, 207
MOST_LOST = 0x7FFFFF  # what 24 signed bits hold
NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one source [§6.4.1].

    `fraction_lost` of 256 since the report before; `jitter` in timestamp units; `lsr` the middle 32 bits of the NTP
    time of the last SR, `dlsr` the time since then, both in 1/65536 s; 0 without an SR.
    """

    ssrc: int
    fraction_lost: int
    cumulative_lost: int
    highest_sequence: int
    jitter: int
    lsr: int
    dlsr: int

    def rtt_s(self, arrival_ntp_middle: int) -> float | None:
        """Round trip when this arrived at that (middle 32 bits of NTP) [§6.4.1]; None without an SR, or negative."""
        if self.lsr == 0:
            return None
        rtt = (arrival_ntp_middle - self.lsr - self.dlsr) % (1 << 32)
        return rtt / 65536 if rtt < 1 << 31 else None


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` in 1/2³² s since 1900; `extension` whatever a profile adds."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()
    extension: bytes = b""

    @property
    def ntp_middle(self) -> int:
        return self.ntp >> 16 & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReportBlock, ...] = ()
    extension: bytes = b""


@dataclass(frozen=True, slots=True)
class SdesChunk:
    """A source's items (type, value); `filler` the octets after them, up to the next word [§6.5]."""

    ssrc: int
    items: tuple[tuple[int, bytes], ...]
    filler: bytes


@dataclass(frozen=True, slots=True)
class SourceDescription:
    chunks: tuple[SdesChunk, ...]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """`reason` None where none is given; `filler` the octets after it, up to the next word."""

    ssrcs: tuple[int, ...]
    reason: bytes | None = None
    filler: bytes = b""


@dataclass(frozen=True, slots=True)
class App:
    subtype: int
    ssrc: int
    name: bytes
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Other:
    """A type of which nothing is known here, such as feedback [RFC 4585]; `count` the five bits of its head."""

    type_: int
    count: int
    data: bytes


Body = SenderReport | ReceiverReport | SourceDescription | Goodbye | App | ExtendedReport | Other


@dataclass(frozen=True, slots=True)
class RtcpPacket:
    """One packet of a compound; `padding` only the last one may have, its count in the last octet."""

    body: Body
    padding: bytes = b""


def parse_compound(data: bytes) -> tuple[RtcpPacket, ...]:
    """All packets of a datagram; also of reduced size, which need not begin with a report [RFC 5506].

    Errors: ValueError.
    """
    packets = []
    at = 0
    while at < len(data):
        head, length = _head(data, at)
        packets.append(_packet(head, data[at + 1], data[at + 4 : at + length]))
        at += length
    if not packets:
        raise ValueError("RTCP datagram is empty")
    return tuple(packets)


def _head(data: bytes, at: int) -> tuple[int, int]:
    """The first octet, and the whole packet's length."""
    if len(data) < at + 4:
        raise ValueError(f"RTCP packet of {len(data) - at} octets is shorter than its header of 4")
    first, _, words = struct.unpack_from("!BBH", data, at)
    if first >> 6 != VERSION:
        raise ValueError(f"RTCP version is {first >> 6}, not {VERSION}")
    length = 4 * (words + 1)
    if len(data) < at + length:
        raise ValueError(f"RTCP packet of {length} octets reaches beyond its datagram")
    return first, length


def _packet(first: int, type_: int, content: bytes) -> RtcpPacket:
    padding = b""
    if first & 0x20:
        count = content[-1] if content else 0
        if not 0 < count <= len(content):
            raise ValueError(f"RTCP padding of {count} octets does not fit its packet")
        content, padding = content[:-count], content[-count:]
    return RtcpPacket(_body(type_, first & 0x1F, content), padding)


def _body(type_: int, count: int, content: bytes) -> Body:
    parse = _PARSERS.get(type_)
    if parse is not None:
        return parse(count, content)
    return parse_xr(content) if type_ == XR and count == 0 else Other(type_, count, content)


def _sender(count: int, content: bytes) -> SenderReport:
    _at_least(24, content, "SR")
    ssrc, ntp, timestamp, packets, octets = struct.unpack_from("!IQIII", content)
    return SenderReport(ssrc, ntp, timestamp, packets, octets, *_reports(content, 24, count))


def _receiver(count: int, content: bytes) -> ReceiverReport:
    _at_least(4, content, "RR")
    return ReceiverReport(struct.unpack_from("!I", content)[0], *_reports(content, 4, count))


def _app(count: int, content: bytes) -> App:
    _at_least(8, content, "APP")
    return App(count, struct.unpack_from("!I", content)[0], content[4:8], content[8:])


def _at_least(octets: int, content: bytes, name: str) -> None:
    if len(content) < octets:
        raise ValueError(f"RTCP {name} ends within its head")


def _reports(content: bytes, at: int, count: int) -> tuple[tuple[ReportBlock, ...], bytes]:
    end = at + 24 * count
    if len(content) < end:
        raise ValueError(f"RTCP report ends within its {count} blocks")
    return tuple(_report(content, start) for start in range(at, end, 24)), content[end:]


def _report(content: bytes, at: int) -> ReportBlock:
    ssrc, lost, highest, jitter, lsr, dlsr = struct.unpack_from("!6I", content, at)
    cumulative = lost & 0xFFFFFF
    return ReportBlock(
        ssrc, lost >> 24, cumulative - (1 << 24) if cumulative > MOST_LOST else cumulative, highest, jitter, lsr, dlsr
    )


def _sdes(count: int, content: bytes) -> SourceDescription:
    chunks, at = [], 0
    for _ in range(count):
        chunk, at = _chunk(content, at)
        chunks.append(chunk)
    if at != len(content):
        raise ValueError(f"RTCP SDES has {len(content) - at} octets after its {count} chunks")
    return SourceDescription(tuple(chunks))


def _chunk(content: bytes, at: int) -> tuple[SdesChunk, int]:
    if len(content) < at + 8:
        raise ValueError("RTCP SDES ends within a chunk")
    start, items = at, []
    ssrc = struct.unpack_from("!I", content, at)[0]
    at += 4
    while at < len(content) and content[at] != 0:
        end = at + 2 + (content[at + 1] if at + 1 < len(content) else 0)
        if len(content) < end or at + 1 == len(content):
            raise ValueError("RTCP SDES item reaches beyond its packet")
        items.append((content[at], content[at + 2 : end]))
        at = end
    end = at + 4 - (at - start) % 4
    if len(content) < end:
        raise ValueError("RTCP SDES ends within a chunk")
    return SdesChunk(ssrc, tuple(items), content[at:end]), end


def _bye(count: int, content: bytes) -> Goodbye:
    end = 4 * count
    if len(content) < end:
        raise ValueError(f"RTCP BYE ends within its {count} sources")
    ssrcs = struct.unpack_from(f"!{count}I", content)
    if len(content) == end:
        return Goodbye(ssrcs)
    after = end + 1 + content[end]
    if len(content) < after:
        raise ValueError("RTCP BYE ends within its reason")
    return Goodbye(ssrcs, content[end + 1 : after], content[after:])


_PARSERS: dict[int, Callable[[int, bytes], Body]] = {SR: _sender, RR: _receiver, SDES: _sdes, BYE: _bye, APP: _app}


def serialise_compound(packets: Sequence[RtcpPacket]) -> bytes:
    """The datagram. Errors: ValueError for what a packet cannot say."""
    return b"".join(map(_serialised, packets))


def _serialised(packet: RtcpPacket) -> bytes:
    type_, count, content = _content(packet.body)
    content += packet.padding
    if len(content) % 4:
        raise ValueError(f"RTCP packet of {len(content)} octets is not of whole words")
    if count > 31:
        raise ValueError(f"RTCP packet has room for 31, not for {count}")
    first = VERSION << 6 | bool(packet.padding) << 5 | count
    return struct.pack("!BBH", first, type_, len(content) // 4) + content


def _content(body: Body) -> tuple[int, int, bytes]:  # noqa: PLR0911  one line for each type
    """Type, the five bits of the head, and what follows the head."""
    match body:
        case SenderReport(ssrc, ntp, timestamp, packets, octets, reports, extension):
            head = struct.pack("!IQIII", ssrc, ntp, timestamp, packets, octets)
            return SR, len(reports), head + b"".join(map(_block, reports)) + extension
        case ReceiverReport(ssrc, reports, extension):
            return RR, len(reports), struct.pack("!I", ssrc) + b"".join(map(_block, reports)) + extension
        case SourceDescription(chunks):
            return SDES, len(chunks), b"".join(map(_serialised_chunk, chunks))
        case Goodbye(ssrcs, reason, filler):
            said = b"" if reason is None else bytes([len(reason)]) + reason + filler
            return BYE, len(ssrcs), struct.pack(f"!{len(ssrcs)}I", *ssrcs) + said
        case App(subtype, ssrc, name, data):
            return APP, subtype, struct.pack("!I4s", ssrc, name) + data
        case ExtendedReport():
            return XR, 0, serialise_xr(body)
        case Other(type_, count, data):
            return type_, count, data


def _block(report: ReportBlock) -> bytes:
    lost = max(-MOST_LOST - 1, min(report.cumulative_lost, MOST_LOST)) & 0xFFFFFF
    return struct.pack(
        "!6I",
        report.ssrc,
        report.fraction_lost << 24 | lost,
        report.highest_sequence,
        report.jitter,
        report.lsr,
        report.dlsr,
    )


def _serialised_chunk(chunk: SdesChunk) -> bytes:
    items = b"".join(bytes([type_, len(value)]) + value for type_, value in chunk.items)
    return struct.pack("!I", chunk.ssrc) + items + chunk.filler


def ntp_middle(unix_s: float) -> int:
    """The middle 32 bits of the NTP time, as LSR has them."""
    return int((unix_s + NTP_EPOCH_S) * 65536) & 0xFFFFFFFF
