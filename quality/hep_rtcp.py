"""RTCP as HEP brings it: Asterisk's JSON (res_hep_rtcp), or the packets themselves, to the same reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quality.hep import HepKind, HepPacket
from quality.rtcp import ReceiverReport, ReportBlock, SenderReport, parse_compound

MOST_BLOCKS = 31  # what five bits count [RFC 3550 §6.4.1]


@dataclass(frozen=True, slots=True)
class ToldReport:
    """One sender or receiver report. `packets` and `octets`: the sender's own counts, None in a receiver report."""

    ssrc: int
    packets: int | None
    octets: int | None
    blocks: tuple[ReportBlock, ...]


def reports_of(packet: HepPacket) -> tuple[ToldReport, ...]:
    """Errors: ValueError."""
    if packet.kind not in (HepKind.RTCP_JSON, HepKind.RTCP_RAW):
        raise ValueError("not RTCP")
    if packet.payload[:1] == b"{":
        return (_from_json(packet.payload),)
    return tuple(
        ToldReport(
            each.body.ssrc,
            each.body.packet_count if isinstance(each.body, SenderReport) else None,
            each.body.octet_count if isinstance(each.body, SenderReport) else None,
            each.body.reports,
        )
        for each in parse_compound(packet.payload)
        if isinstance(each.body, SenderReport | ReceiverReport)
    )


def _from_json(payload: bytes) -> ToldReport:
    try:
        told = json.loads(payload)
    except RecursionError:
        raise ValueError("too deep") from None
    told = _object(told)
    sender, blocks = told.get("sender_information"), told.get("report_blocks") or ()
    if not isinstance(blocks, Sequence) or len(blocks) > MOST_BLOCKS:
        raise ValueError("not report blocks")
    counts = sender if isinstance(sender, dict) else {}
    return ToldReport(
        _word(told, "ssrc"),
        _word(counts, "packets") if "packets" in counts else None,
        _word(counts, "octets") if "octets" in counts else None,
        tuple(map(_block, blocks)),
    )


def _block(told: Any) -> ReportBlock:
    told = _object(told)
    lost = _word(told, "packets_lost") & 0xFFFFFF
    return ReportBlock(
        ssrc=_word(told, "source_ssrc"),
        fraction_lost=_word(told, "fraction_lost") & 0xFF,
        cumulative_lost=lost - (1 << 24) if lost & 0x800000 else lost,
        highest_sequence=_word(told, "highest_seq_no"),
        jitter=_word(told, "ia_jitter"),
        lsr=_word(told, "lsr", 0),
        dlsr=_word(told, "dlsr", 0),
    )


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError("not an object of JSON")


def _word(told: dict[str, Any], name: str, default: int | None = None) -> int:
    """32 bits, which Asterisk's JSON may show as a negative number, or (`lsr`) as text."""
    value = told.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if type(value) is not int or not -(1 << 31) <= value < 1 << 32:
        raise ValueError(f"{name} is not a number of 32 bits but {type(value).__name__}")
    return value & 0xFFFFFFFF
