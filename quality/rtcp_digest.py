"""What RTCP said of each stream of a capture, kept small however long the capture is [RFC 3550 §6.4, RFC 3611 §4.7].

The capture sees a sender report go by, and the receiver's answer to it: between the two, less the receiver's delay,
lies the round trip from the place of the capture to that receiver and back. That of both parties together is the
round trip from end to end.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from quality.packet_records import SENDER_REPORTS
from quality.rtcp import MOST_LOST, RR, SR, XR
from quality.rtcp_xr import VoipMetrics, parse_xr
from quality.stream_figures import Flow

MOST_SOURCES = 200_000
MOST_RTT_S = 10.0
_HEAD, _SR, _BLOCK = struct.Struct("!BBH"), struct.Struct("!IQIII"), struct.Struct("!6I")


@dataclass(slots=True)
class Told:
    """What the reports of one receiver say of one source. Wire units; times in seconds since the epoch."""

    reports: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    first_highest: int = 0
    last_highest: int = 0
    first_lost: int = 0
    last_lost: int = 0
    worst_fraction: int = 0
    jitter_sum: int = 0
    jitter_max: int = 0
    rtt_sum_s: float = 0.0
    rtt_max_s: float = 0.0
    rtts: int = 0
    voip: VoipMetrics | None = None

    @property
    def rtt_s(self) -> float | None:
        """Mean round trip between the capture and the receiver."""
        return self.rtt_sum_s / self.rtts if self.rtts else None


@dataclass(slots=True)
class Sender:
    """What a source says of itself: its count of packets at its last report.

    `sent`: when its latest reports went by, by the middle of their NTP time; the oldest first.
    """

    packet_count: int = 0
    at: float = 0.0
    sent: dict[int, float] = field(default_factory=dict)


_Key = tuple[str, int, str, int, int]


@dataclass(slots=True)
class RtcpDigest:
    """All reports of a capture. SSRC and addresses name a source; the oldest are forgotten beyond a bound."""

    datagrams: int = 0
    _told: OrderedDict[_Key, Told] = field(default_factory=OrderedDict)
    _hosts: dict[tuple[str, str, int], Told] = field(default_factory=dict)
    _senders: OrderedDict[_Key, Sender] = field(default_factory=OrderedDict)
    _later_told: Iterator[tuple[Flow, int, Told]] = field(default=iter(()), compare=False)
    _later_senders: Iterator[tuple[Flow, int, Sender]] = field(default=iter(()), compare=False)

    def take(self, time: float, flow: Flow, data: bytes) -> None:
        """One datagram. Errors: ValueError where it is no RTCP (what came before in it is kept)."""
        self.datagrams += 1
        at, end = 0, len(data)
        while at < end:
            if end < at + 8:
                raise ValueError("RTCP packet is shorter than its head")
            first, type_, words = _HEAD.unpack_from(data, at)
            after = at + 4 + 4 * words
            if first >> 6 != 2 or after > end:
                raise ValueError("RTCP packet is of another version or reaches beyond its datagram")
            if type_ == SR:
                self._sender(time, flow, data, at, after)
                self._blocks(time, flow, data[at + 28 : after], first & 0x1F)
            elif type_ == RR:
                self._blocks(time, flow, data[at + 8 : after], first & 0x1F)
            elif type_ == XR:
                self._extended(flow, data[at + 4 : after])
            at = after

    def _sender(self, time: float, flow: Flow, data: bytes, at: int, after: int) -> None:
        if after < at + 28:
            raise ValueError("RTCP SR ends within its head")
        ssrc, ntp, _, packets, _ = _SR.unpack_from(data, at + 4)
        key = _key(flow, ssrc)
        sender = self._senders.get(key)
        if sender is None:
            sender = Sender()
            self._enter_sender(key, sender)
        sender.packet_count, sender.at = packets, time
        sender.sent[ntp >> 16 & 0xFFFFFFFF] = time
        if len(sender.sent) > SENDER_REPORTS:
            del sender.sent[next(iter(sender.sent))]

    def _blocks(self, time: float, flow: Flow, blocks: bytes, count: int) -> None:
        if len(blocks) < 24 * count:
            raise ValueError("RTCP report ends within its blocks")
        for at in range(0, 24 * count, 24):
            ssrc, lost, highest, jitter, lsr, dlsr = _BLOCK.unpack_from(blocks, at)
            if highest or jitter or lsr:  # otherwise about nobody
                cumulative = lost & 0xFFFFFF
                told = self._of(flow, ssrc)
                _report(told, time, cumulative - (1 << 24) if cumulative > MOST_LOST else cumulative, highest)
                if lost >> 24 > told.worst_fraction:  # noqa: PLR1730  a call of max takes longer than the rest
                    told.worst_fraction = lost >> 24
                told.jitter_sum += jitter
                if jitter > told.jitter_max:  # noqa: PLR1730
                    told.jitter_max = jitter
                if lsr:
                    self._round_trip(told, time, flow, ssrc, lsr, dlsr)

    def _of(self, flow: Flow, ssrc: int) -> Told:
        key = _key(flow, ssrc)
        told = self._told.get(key)
        if told is None:
            told = Told()
            self._enter_told(key, told)
        return told

    def _enter_told(self, key: _Key, told: Told) -> None:
        self._told[key] = self._hosts[key[0], key[2], key[4]] = told
        if len(self._told) > MOST_SOURCES:
            old, _ = self._told.popitem(last=False)
            self._hosts.pop((old[0], old[2], old[4]), None)

    def _enter_sender(self, key: _Key, sender: Sender) -> None:
        self._senders[key] = sender
        if len(self._senders) > MOST_SOURCES:
            self._senders.popitem(last=False)

    def enter(self, told: Iterator[tuple[Flow, int, Told]], senders: Iterator[tuple[Flow, int, Sender]]) -> None:
        """What was digested elsewhere (`rtcp_table`): flows, SSRCs, and what is known of each, the oldest first.

        Taken when it is asked for: what nobody asks for costs nothing.
        """
        self._later_told, self._later_senders = told, senders

    def _round_trip(self, told: Told, time: float, flow: Flow, ssrc: int, lsr: int, dlsr: int) -> None:
        sender = self._senders.get((flow.dst, flow.dport & ~1, flow.src, flow.sport & ~1, ssrc))
        sent = sender.sent.get(lsr) if sender is not None else None
        rtt = time - sent - dlsr / 65536 if sent is not None else -1.0
        if -0.001 <= rtt <= MOST_RTT_S:  # clocks of capture and receiver run at different rates
            told.rtts += 1
            told.rtt_sum_s += max(0.0, rtt)
            told.rtt_max_s = max(told.rtt_max_s, rtt)

    def _extended(self, flow: Flow, content: bytes) -> None:
        for block in parse_xr(content).blocks:
            if isinstance(block, VoipMetrics):
                self._of(flow, block.ssrc).voip = block

    def told(self, stream: Flow, ssrc: int) -> Told | None:
        """What the receiver of this RTP flow reported of the source."""
        for flow, its_ssrc, each in self._later_told:
            self._enter_told(_key(flow, its_ssrc), each)
        key = (stream.dst, stream.dport & ~1, stream.src, stream.sport & ~1, ssrc)
        return self._told.get(key) or self._hosts.get((stream.dst, stream.src, ssrc))

    def sender(self, stream: Flow, ssrc: int) -> Sender | None:
        for flow, its_ssrc, each in self._later_senders:
            self._enter_sender(_key(flow, its_ssrc), each)
        return self._senders.get(_key(stream, ssrc))


def _report(told: Told, time: float, lost: int, highest: int) -> None:
    if told.reports == 0:
        told.first_at, told.first_lost, told.first_highest = time, lost, highest
    told.reports += 1
    told.last_at, told.last_lost, told.last_highest = time, lost, highest


def _key(flow: Flow, ssrc: int) -> _Key:
    """RTP's even port and RTCP's odd one [RFC 3550 §11], or one for both."""
    return flow.src, flow.sport & ~1, flow.dst, flow.dport & ~1, ssrc
