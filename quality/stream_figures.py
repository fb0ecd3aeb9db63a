"""What one RTP stream of a capture was like: the figures that scores, verdicts and reports are made of.

`quality.read_capture.read_capture` makes them. Definitions follow RFC 3550 (loss, jitter), RFC 3611 §4.7.2 (bursts
and gaps) and RFC 5481 (packet delay variation); where a definition is our own it stands at the field.

Two stages: signalling is handed to a `MediaMap` block by block, in the order of the capture and before the RTP
packets of the same block are looked at; then the map is asked once per stream and payload type for the clock rate.
What no SDP and no static payload type tells is estimated from timestamps over arrival times (`clock_rate_source` says
so).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

WINDOW_S = 10.0
PDV_EDGES_MS = (50, 70, 90, 120, 150, 200, 300)  # n edges, n + 1 counts; a value on an edge belongs to the bin above it
GMIN = 16  # received packets that end a burst [RFC 3611 §4.7.2]

RateSource = Literal["sdp", "static", "estimated", "unknown"]


class Flow(NamedTuple):
    """One direction between two addresses; IPv6 in its short form."""

    src: str
    sport: int
    dst: str
    dport: int


class Datagram(NamedTuple):
    """A packet that is no RTP but tells about it. `time` in seconds since the epoch.

    `kind`: "sip" (UDP or TCP, on the SIP ports or of SIP's shape), "rtcp" (compound or reduced size; only its first
    two bytes and its length were looked at), "dtls" (a key exchange on a media flow). A UDP payload is whole
    (fragments put together) unless `cut` bytes of it are not in the capture. A TCP segment comes with its sequence
    number, in the order of the capture: it may repeat, overtake, or hold a part of a message or several.
    """

    kind: Literal["sip", "rtcp", "dtls"]
    time: float
    flow: Flow
    transport: Literal["udp", "tcp"]
    payload: bytes
    tcp_sequence: int = 0
    cut: int = 0


class PayloadFormat(NamedTuple):
    """An encoding as SDP names it, lower case ("pcma", "opus", "telephone-event", "cn"); the clock is that of
    timestamps.
    """

    name: str
    clock_rate_hz: int


class MediaMap(Protocol):
    """What signalling says about media. All three questions are about where a packet goes to and comes from."""

    def signalling(self, datagram: Datagram) -> None:
        """In the order of the capture. Must not raise whatever the bytes are."""

    def payload_format(self, flow: Flow, payload_type: int) -> PayloadFormat | None:
        """None: no SDP speaks of it (static types are then taken from RFC 3551)."""

    def announced(self, flow: Flow) -> bool:
        """Whether an SDP named the destination for RTP: then a single packet is a stream already."""

    def encrypted(self, flow: Flow) -> bool:
        """Whether SDP agreed on SRTP for it."""


class BufferFigures(NamedTuple):
    """What is left of a stream after a jitter buffer.

    `lost_or_late` of `packets_expected` never came or came too late to be played, `late` of them the latter.
    `mean_burst_length` is that of runs of lost or late packets, None without any. `burst_ratio` is that length over
    the one expected under random loss, 1 / (1 - loss ratio) [G.107 §3.5]; 1.0 without loss.
    """

    lost_or_late: int
    late: int
    mean_burst_length: float | None
    burst_ratio: float


class Bursts(NamedTuple):
    """Bursts and gaps of packets lost or (by the AD buffer) late. Densities are shares (0 to 1) of packets lost or
    late.
    """

    burst_density: float
    gap_density: float
    burst_duration_ms: float
    gap_duration_ms: float
    burst_count: int


class Window(NamedTuple):
    """Ten seconds of a stream, counted from its first packet. Windows in which nothing was due are left out.

    `expected`: by how much the highest sequence number went on (an outage is spread evenly over the time it took),
    `lost`: those of them that were not received, never negative; `late`: too late for the AD buffer.
    """

    start: float
    expected: int
    lost: int
    late: int


class ToneEvent(NamedTuple):
    """A telephone event [RFC 4733]: when and how long, never which digit."""

    start: float
    duration_ms: float
    kind: Literal["digit", "flash", "other"]


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """One stream: a flow and an SSRC.

    `payload_types`: how many packets came with each, in the order of their first. `payload_type`: that of the first
    media packet (events and comfort noise only where there is nothing else). `format`: its name and clock; None while
    unknown.

    `packets_received`: with duplicates. `packets_lost`: distinct sequence numbers that never came. `rfc3550_lost`:
    expected - received, duplicates counted as received, so it may be negative [RFC 3550 §A.3]. `reordered`: came
    after a later one, and not before. `jitter_*_ms`: J of RFC 3550 §A.8, its mean and maximum taken as tshark takes
    them (not at packets with the marker, comfort noise, or after it); None where the clock rate is unknown.
    `delta_max_ms`: the longest time between two packets, of the same packets. `ptime_ms`: most timestamp steps from
    one number to the next. `pdv_histogram`: media packets by their delay above the least delay of the last 10 to 20
    s. `dtx`: pauses in which numbers ran on and timestamps leapt. `dscp`: of the first packet; `dscp_changes` counts
    changes from packet to packet. `codec_changes`: media payload type differs from that before. `earlier_ssrcs`: how
    many streams the same flow had before this one. `encrypted`: by SDP, a DTLS key exchange on the flow, or an
    authentication tag behind G.711. `silence_ratio`: share of G.711 packets whose mean power is under -50 dBov;
    `clipping_ratio`: share of samples at the ends of the scale; both None unless asked for, and for other codecs.
    `capture_drops`: packets the capture itself lost, as far as its file tells (None: it does not).
    """

    flow: Flow
    ssrc: int
    payload_type: int
    payload_types: tuple[tuple[int, int], ...]
    format: PayloadFormat | None
    clock_rate_source: RateSource
    start: float
    end: float
    packets_received: int
    packets_expected: int
    packets_lost: int
    rfc3550_lost: int
    duplicates: int
    reordered: int
    jitter_mean_ms: float | None
    jitter_max_ms: float | None
    delta_max_ms: float
    ptime_ms: float | None
    pdv_histogram: tuple[int, ...]
    f1: BufferFigures
    f2: BufferFigures
    ad: BufferFigures
    bursts_prose: Bursts
    bursts_a2: Bursts
    windows: tuple[Window, ...]
    dscp: int
    dscp_changes: int
    markers: int
    dtx: int
    events: tuple[ToneEvent, ...]
    codec_changes: int
    earlier_ssrcs: int
    encrypted: bool
    silence_ratio: float | None
    clipping_ratio: float | None
    capture_drops: int | None


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture read to its end. `fault` says what was wrong with the file where it could be read only up to a point.

    `packets`: all of any kind; `start`, `end`: times of the first and last (0.0 without any); `streams` in the order
    of their first packets.
    """

    streams: tuple[StreamFigures, ...]
    packets: int
    start: float
    end: float
    drops: int | None
    fault: str | None


class CaptureError(ValueError):
    """The file cannot be read as a capture at all; the message says why and what can be."""
