"""An RTCP report as Asterisk tells it over AMI: RTCPSent and RTCPReceived, every 5 s per leg [RFC 3550 §6.4].

It goes past the core's inbox: no routing decision hangs on it, and there may be many.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from telephony.core.ids import Uniqueid


class RtcpDirection(StrEnum):
    """Seen from Asterisk: SENT reports on what Asterisk received, RECEIVED on what the far end received."""

    SENT = "sent"
    RECEIVED = "received"


class ReportBlock(NamedTuple):
    """One report block, in the wire's own units [RFC 3550 §6.4.1]."""

    source_ssrc: int
    fraction_lost: int  # of 256, since the report before
    cumulative_lost: int  # packets since the start; negative where duplicates outweigh the lost
    highest_sequence: int  # extended: cycles in the upper 16 bits
    ia_jitter: int  # timestamp units of the stream's clock
    lsr: int  # middle 32 bits of the last sender report's NTP time; 0: none has come yet
    dlsr_s: float


class RtcpEvent(NamedTuple):
    """One report of one leg. `rtt_s` exists only in received ones, and only once `lsr` is not 0."""

    node: str
    channel: str
    uniqueid: Uniqueid
    linkedid: str
    direction: RtcpDirection
    at: float  # seconds since the epoch, when the event was read
    ssrc: int  # of the report's sender
    packet_count: int | None  # sent so far by the report's sender; None in a receiver report
    octet_count: int | None
    rtt_s: float | None
    report_blocks: tuple[ReportBlock, ...]
    local: tuple[str, int] | None = None  # Asterisk's own address for RTCP
