"""The plain way through a capture, without Numba: the same figures, slower."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from quality import plain_decode
from quality.engines import Decoded
from quality.figures import COUNTERS, Closed, Counters, Note
from quality.odd_packets import address_text
from quality.packet_records import (
    HELD,
    MAX_MISORDER,
    MEDIA,
    NOTE,
    PACKET,
    PROBATION_NS,
    PROBATION_UNITS,
    SILENT,
    Packet,
)
from quality.payload_formats import G711, Known, guessed_formats, kind_of, known_format
from quality.pcm import CLIPPED, POWER
from quality.plain_stream import Meaning, PlainStream
from quality.stream_figures import Flow, MediaMap

CANDIDATES = 1 << 16
MOST_STREAMS = 1 << 13
IDLE_NS = 60_000_000_000


class PlainEngine:
    name = "plain"
    walk_pcap = staticmethod(plain_decode.walk_pcap)
    walk_pcapng = staticmethod(plain_decode.walk_pcapng)
    decode = staticmethod(plain_decode.decode)

    def read_pcap(
        self,
        block: NDArray[np.uint8],
        size: int,
        link: int,
        frames: NDArray[np.void],
        decoded: Decoded,
        *,
        swapped: bool,
        nano: bool,
    ) -> tuple[int, int, int]:
        walked = self.walk_pcap(block, size, link, frames, swapped=swapped, nano=nano)
        decoded.found, decoded.others = self.decode(
            block, frames[: walked[0]], decoded.secret, decoded.packets, decoded.odd
        )
        return walked

    @staticmethod
    def reports() -> None:
        """Datagrams go to the media map one by one."""

    def tracker(self, media: MediaMap | None) -> PlainTracker:
        return PlainTracker(media)


class _Stream:
    """A stream with its flow and formats; its packets are held back while the clock rate of the first is unknown."""

    def __init__(self, flow: Flow, media: MediaMap | None) -> None:
        self.flow = flow
        self.formats: dict[int, Known] = {}
        self.state: PlainStream | None = None
        self._media = media
        self._held: list[Packet] = []
        self._guessed: dict[int, Known] = {}

    @property
    def last_time(self) -> int:
        return self.state.last_time if self.state else self._held[-1].time

    def take(self, packet: Packet) -> None:
        if self.state:
            self.state.take(packet)
        elif self._held or known_format(self._media, self.flow, packet.type) is None:
            self._held.append(packet)
            if len(self._held) == HELD:
                self.release()
        else:
            self.state = PlainStream(packet, self._meaning)

    def release(self) -> None:
        """Guess what is still unknown and take what was held back."""
        if self._held:
            held, self._held = self._held, []
            unknown = [each for each in _types(held) if known_format(self._media, self.flow, each) is None]
            self._guessed = guessed_formats(np.array(held, PACKET), unknown)
            self.state = PlainStream(held[0], self._meaning)
            for packet in held[1:]:
                self.state.take(packet)

    def _meaning(self, packet: Packet) -> Meaning:
        known = known_format(self._media, self.flow, packet.type) or self._guessed.get(packet.type)
        if known is None:
            known = guessed_formats(np.array([packet], PACKET), [packet.type])[packet.type]
        self.formats[packet.type] = known
        format_ = known[0]
        if format_ is None or format_.clock_rate_hz <= 0:
            return Meaning(MEDIA, 0.0, g711=False)
        return Meaning(kind_of(format_.name), 1e9 / format_.clock_rate_hz, format_.name in G711)


def _types(packets: list[Packet]) -> list[int]:
    return list(dict.fromkeys(packet.type for packet in packets))


class PlainTracker:
    """See `engines.Tracker`."""

    def __init__(self, media: MediaMap | None, *, most_streams: int = MOST_STREAMS) -> None:
        self._media = media
        self._most = most_streams
        self._candidates: dict[int, tuple[Packet, Flow]] = {}
        self._streams: dict[int, _Stream] = {}
        self._closed: list[Closed] = []
        self.secret = secrets.randbits(64)

    def feed(self, block: NDArray[np.uint8], packets: NDArray[np.void], *, payload: bool = False) -> None:
        for row in packets.tolist():
            packet = Packet._make(row)
            stream = self._streams.get(packet.flow) or self._confirmed(block, packet)
            if stream:
                stream.take(packet)
        if payload:
            self._analyse(block, packets)

    def _confirmed(self, block: NDArray[np.uint8], packet: Packet) -> _Stream | None:
        """The stream that this second packet makes [RFC 3550 §A.1]; else the packet is a candidate itself."""
        before = self._candidates.get(packet.flow)
        if before and _follows(before[0], packet):
            if before[0].sequence == packet.sequence:
                return None
            del self._candidates[packet.flow]
            return self._open(*before)
        if before is None and len(self._candidates) >= CANDIDATES:
            del self._candidates[next(iter(self._candidates))]
        self._candidates[packet.flow] = packet, _flow(block, packet)
        return None

    def _open(self, first: Packet, flow: Flow) -> _Stream:
        if len(self._streams) >= self._most:
            self._evict(first.time)
        stream = self._streams[first.flow] = _Stream(flow, self._media)
        stream.take(first)
        return stream

    def _evict(self, now: int) -> None:
        """Close streams that have been silent for a minute; where these are few, the longest silent quarter."""
        by_silence = sorted(self._streams, key=lambda each: self._streams[each].last_time)
        over = [each for each in by_silence if now - self._streams[each].last_time > IDLE_NS]
        if len(over) < len(by_silence) // 4:
            over = by_silence[: max(1, len(by_silence) // 4)]
        self._closed.append(self._finished([self._streams.pop(each) for each in over]))

    def _analyse(self, block: NDArray[np.uint8], packets: NDArray[np.void]) -> None:
        """G.711 samples: silent packets, and samples at the ends of the scale."""
        for row in packets[(packets["type"] == 0) | (packets["type"] == 8)].tolist():
            packet = Packet._make(row)
            stream = self._streams.get(packet.flow)
            if stream is None or stream.state is None or packet.present == 0:
                continue
            law, state = packet.type >> 3, stream.state
            codes = block[packet.payload_at : packet.payload_at + packet.present]
            state.analysed += 1
            state.silent += bool(POWER[law][codes].sum() < SILENT * packet.present)
            state.samples += packet.present
            state.clipped += int(CLIPPED[law][codes].sum())

    def closed(self) -> list[Closed]:
        closed, self._closed = self._closed, []
        return closed

    def finish(self) -> Iterator[Closed]:
        if self._media:
            for first, flow in list(self._candidates.values()):
                if self._media.announced(flow):
                    self._open(first, flow)
        yield self._finished(list(self._streams.values()))

    def _finished(self, streams: list[_Stream]) -> Closed:
        over: list[tuple[_Stream, Counters, list[Note]]] = []
        for stream in streams:
            stream.release()
            assert stream.state
            counters = stream.state.finish()
            if counters.in_sequence or (self._media and self._media.announced(stream.flow)):
                over.append((stream, counters, stream.state.notes))
        over.sort(key=lambda each: each[1].first_time)
        notes = [(place, *note[1:]) for place, (_, _, notes) in enumerate(over) for note in notes]
        rows = np.array([counters for _, counters, _ in over], COUNTERS)
        flows, formats = ([getattr(each, name) for each, _, _ in over] for name in ("flow", "formats"))
        return Closed(flows, rows, np.array(notes, NOTE), formats)


def _follows(before: Packet, packet: Packet) -> bool:
    """Whether two packets may be neighbours in a stream, in either order."""
    ahead = packet.sequence - before.sequence & 0xFFFF
    units = packet.timestamp - before.timestamp & 0xFFFFFFFF
    if ahead > 0x7FFF:
        ahead, units = 0x10000 - ahead, -units & 0xFFFFFFFF
    near = abs(packet.time - before.time) <= PROBATION_NS and units <= PROBATION_UNITS
    return near and ahead <= MAX_MISORDER


def _flow(block: NDArray[np.uint8], packet: Packet) -> Flow:
    size = 4 if packet.family == 4 else 16
    first, udp = packet.frame_at + (12 if packet.family == 4 else 8), packet.frame_at + packet.ports_at
    src, dst = (block[at : at + size].tobytes() for at in (first, first + size))
    sport, dport = (int.from_bytes(block[at : at + 2].tobytes(), "big") for at in (udp, udp + 2))
    return Flow(address_text(src), sport, address_text(dst), dport)
