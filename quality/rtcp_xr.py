"""Extended reports of RTCP [RFC 3611 §4]: the seven blocks of the RFC, VoIP metrics among them.

A block that is none of them, or not of its length, is kept as it came, so that all serialises to the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import astuple, dataclass

LOSS_RLE, DUPLICATE_RLE, RECEIPT_TIMES, REFERENCE_TIME, DLRR, SUMMARY, VOIP_METRICS = range(1, 8)
UNAVAILABLE = 127  # of R factors, MOS and levels [§4.7.4, §4.7.5]


@dataclass(frozen=True, slots=True)
class RunLengths:
    """Which packets were lost (block 1) or came twice (2), as 16-bit chunks of runs and bits [§4.1, §4.2]."""

    type_: int
    thinning: int
    ssrc: int
    begin: int
    end: int
    chunks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReceiptTimes:
    """When packets from `begin` to before `end` came, in the source's timestamp units [§4.3]."""

    thinning: int
    ssrc: int
    begin: int
    end: int
    times: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """The receiver's clock, as an SR has it [§4.4]."""

    ntp: int


@dataclass(frozen=True, slots=True)
class Dlrr:
    """For each (SSRC, last RR, delay since it): a round trip for those who do not send [§4.5]."""

    reports: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Statistics of an interval [§4.6]. `flags` say which of them are reported; jitter in timestamp units."""

    flags: int
    ssrc: int
    begin: int
    end: int
    lost: int
    duplicates: int
    min_jitter: int
    max_jitter: int
    mean_jitter: int
    dev_jitter: int
    min_ttl: int
    max_ttl: int
    mean_ttl: int
    dev_ttl: int


@dataclass(frozen=True, slots=True)
class VoipMetrics:
    """[§4.7]. Rates and densities of 256, durations and delays in ms, levels in dBm0 (two's complement, 127 unknown).

    R factors 0 to 100, MOS times ten; 127 where unknown. `rx_config` tells the receiver's concealment and buffer.
    """

    ssrc: int
    loss_rate: int
    discard_rate: int
    burst_density: int
    gap_density: int
    burst_duration_ms: int
    gap_duration_ms: int
    round_trip_ms: int
    end_system_ms: int
    signal_level: int
    noise_level: int
    rerl: int
    gmin: int
    r_factor: int
    ext_r_factor: int
    mos_lq: int
    mos_cq: int
    rx_config: int
    reserved: int
    jb_nominal_ms: int
    jb_maximum_ms: int
    jb_abs_max_ms: int


@dataclass(frozen=True, slots=True)
class OtherBlock:
    type_: int
    specific: int
    data: bytes


Block = RunLengths | ReceiptTimes | ReferenceTime | Dlrr | Summary | VoipMetrics | OtherBlock
_SUMMARY, _VOIP = struct.Struct("!IHHIIIIIIBBBB"), struct.Struct("!IBBBBHHHHBBBBBBBBBBHHH")


@dataclass(frozen=True, slots=True)
class ExtendedReport:
    ssrc: int
    blocks: tuple[Block, ...] = ()


def parse_xr(content: bytes) -> ExtendedReport:
    """What follows the head of an XR packet. Errors: ValueError."""
    if len(content) < 4:
        raise ValueError("RTCP XR ends within its head")
    blocks, at = [], 4
    while at < len(content):
        if len(content) < at + 4:
            raise ValueError("RTCP XR ends within the head of a block")
        type_, specific, words = struct.unpack_from("!BBH", content, at)
        end = at + 4 + 4 * words
        if len(content) < end:
            raise ValueError(f"RTCP XR block of {words} words reaches beyond its packet")
        blocks.append(_block(type_, specific, content[at + 4 : end]))
        at = end
    return ExtendedReport(struct.unpack_from("!I", content)[0], tuple(blocks))


def _block(type_: int, specific: int, data: bytes) -> Block:
    """The block by its type; as it came where its length or its reserved bits are not those of the RFC."""
    parse = _PARSERS.get(type_)
    known = parse(type_, specific, data) if parse else None
    return known if known is not None else OtherBlock(type_, specific, data)


def _run_lengths(type_: int, specific: int, data: bytes) -> RunLengths | None:
    if specific > 15 or len(data) < 8:
        return None
    ssrc, begin, end = struct.unpack_from("!IHH", data)
    return RunLengths(type_, specific, ssrc, begin, end, struct.unpack_from(f"!{(len(data) - 8) // 2}H", data, 8))


def _receipt_times(_: int, specific: int, data: bytes) -> ReceiptTimes | None:
    if specific > 15 or len(data) < 8:
        return None
    ssrc, begin, end = struct.unpack_from("!IHH", data)
    return ReceiptTimes(specific, ssrc, begin, end, struct.unpack_from(f"!{(len(data) - 8) // 4}I", data, 8))


def _reference_time(_: int, specific: int, data: bytes) -> ReferenceTime | None:
    return ReferenceTime(*struct.unpack("!Q", data)) if specific == 0 and len(data) == 8 else None


def _dlrr(_: int, specific: int, data: bytes) -> Dlrr | None:
    if specific or len(data) % 12:
        return None
    return Dlrr(tuple(struct.iter_unpack("!III", data)))


def _summary(_: int, specific: int, data: bytes) -> Summary | None:
    return Summary(specific, *_SUMMARY.unpack(data)) if len(data) == _SUMMARY.size else None


def _voip(_: int, specific: int, data: bytes) -> VoipMetrics | None:
    if specific or len(data) != _VOIP.size:
        return None
    return VoipMetrics(*_VOIP.unpack(data))


_PARSERS: dict[int, Callable[[int, int, bytes], Block | None]] = {
    LOSS_RLE: _run_lengths,
    DUPLICATE_RLE: _run_lengths,
    RECEIPT_TIMES: _receipt_times,
    REFERENCE_TIME: _reference_time,
    DLRR: _dlrr,
    SUMMARY: _summary,
    VOIP_METRICS: _voip,
}


def serialise_xr(report: ExtendedReport) -> bytes:
    """What follows the head of an XR packet. Errors: ValueError for a block that is not of whole words."""
    return struct.pack("!I", report.ssrc) + b"".join(map(_serialised, report.blocks))


def _serialised(block: Block) -> bytes:
    type_, specific, data = _content(block)
    if len(data) % 4:
        raise ValueError(f"RTCP XR block of {len(data)} octets is not of whole words")
    return struct.pack("!BBH", type_, specific, len(data) // 4) + data


def _content(block: Block) -> tuple[int, int, bytes]:  # noqa: PLR0911  one line for each type
    match block:
        case RunLengths(type_, thinning, ssrc, begin, end, chunks):
            return type_, thinning, struct.pack(f"!IHH{len(chunks)}H", ssrc, begin, end, *chunks)
        case ReceiptTimes(thinning, ssrc, begin, end, times):
            return RECEIPT_TIMES, thinning, struct.pack(f"!IHH{len(times)}I", ssrc, begin, end, *times)
        case ReferenceTime(ntp):
            return REFERENCE_TIME, 0, struct.pack("!Q", ntp)
        case Dlrr(reports):
            return DLRR, 0, b"".join(struct.pack("!III", *each) for each in reports)
        case Summary(flags=flags):
            return SUMMARY, flags, _SUMMARY.pack(*astuple(block)[1:])
        case VoipMetrics():
            return VOIP_METRICS, 0, _VOIP.pack(*astuple(block))
        case OtherBlock(type_, specific, data):
            return type_, specific, data
