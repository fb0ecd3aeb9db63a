"""Which leg a report that HEP has brought is about, and in which direction it went. Pure.

By the address at which Asterisk has the leg's media, where AMI has told it; else by the channel's name, which Asterisk
sends as correlation with `uuid_type = channel` in hep.conf, and by who has reported it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from quality.hep import HepPacket
from quality.hep_rtcp import ToldReport
from quality.rtcp import ntp_middle
from telephony.core.ids import Uniqueid
from telephony.core.rtcp_event import ReportBlock, RtcpDirection, RtcpEvent

DLSR_UNITS_S = 65_536


class LegName(NamedTuple):
    node: str
    channel: str
    uniqueid: str
    linkedid: str


def event_of(
    packet: HepPacket,
    report: ToldReport,
    reporter: str,
    *,
    by_address: Callable[[tuple[str, int]], LegName | None],
    by_channel: Callable[[str], LegName | None],
) -> RtcpEvent | None:
    """None where no leg is known for it, or nobody can say which way it went."""
    src, dst = (packet.src, packet.sport & ~1), (packet.dst, packet.dport & ~1)
    if leg := by_address(src):
        return _event(leg, RtcpDirection.SENT, packet, report)
    if leg := by_address(dst):
        return _event(leg, RtcpDirection.RECEIVED, packet, report)
    if (leg := by_channel(packet.correlation)) is None or (packet.src == reporter) == (packet.dst == reporter):
        return None
    sent = packet.src == reporter
    return _event(leg, RtcpDirection.SENT if sent else RtcpDirection.RECEIVED, packet, report)


def _event(leg: LegName, direction: RtcpDirection, packet: HepPacket, report: ToldReport) -> RtcpEvent:
    port = packet.sport if direction is RtcpDirection.SENT else packet.dport
    host = packet.src if direction is RtcpDirection.SENT else packet.dst
    return RtcpEvent(
        node=leg.node,
        channel=leg.channel,
        uniqueid=Uniqueid(leg.uniqueid),
        linkedid=leg.linkedid,
        direction=direction,
        at=packet.time,
        ssrc=report.ssrc,
        packet_count=report.packets,
        octet_count=report.octets,
        rtt_s=_rtt_s(direction, packet, report),
        report_blocks=tuple(
            ReportBlock(
                each.ssrc, each.fraction_lost, each.cumulative_lost, each.highest_sequence, each.jitter, each.lsr,
                each.dlsr / DLSR_UNITS_S,
            )
            for each in report.blocks
        ),
        local=(host, port),
    )  # fmt: skip


def _rtt_s(direction: RtcpDirection, packet: HepPacket, report: ToldReport) -> float | None:
    """Of what came in, by the time at which the agent saw it [RFC 3550 §6.4.1]."""
    if direction is RtcpDirection.SENT:
        return None
    return next((rtt for each in report.blocks if (rtt := each.rtt_s(ntp_middle(packet.time))) is not None), None)
