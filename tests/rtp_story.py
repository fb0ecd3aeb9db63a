"""RTP on its way over a network that loses, delays, doubles and reorders; and captures of it."""

from __future__ import annotations

import ipaddress
import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

EPOCH_NS = 1_790_000_000_000_000_000
PTIME_NS, UNITS = 20_000_000, 160


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet with the moment of its arrival (ns since the epoch)."""

    time: int
    sequence: int
    timestamp: int
    ssrc: int = 0x1234
    payload_type: int = 8
    marker: bool = False
    payload: bytes = bytes(160)

    def rtp(self) -> bytes:
        kind = self.payload_type | self.marker << 7
        head = struct.pack("!BBHII", 0x80, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return head + self.payload


def steady(count: int, *, first: int = 1000, timestamp: int = 5000, **fields: object) -> list[Sent]:
    """Packets every 20 ms."""
    return [
        Sent(EPOCH_NS + number * PTIME_NS, first + number, timestamp + number * UNITS, **fields)  # type: ignore[arg-type]
        for number in range(count)
    ]


def without(packets: Sequence[Sent], lost: Iterable[int]) -> list[Sent]:
    gone = set(lost)
    return [packet for number, packet in enumerate(packets) if number not in gone]


def gilbert(count: int, p: float, r: float, rng: random.Random) -> list[int]:
    """Numbers lost by a Gilbert model: `p` into the bad state, `r` out of it. The first and the last come through."""
    bad, lost = False, []
    for number in range(1, count - 1):
        bad = rng.random() >= r if bad else rng.random() < p
        if bad:
            lost.append(number)
    return lost


def delayed(packets: Sequence[Sent], delays_ns: Sequence[int]) -> list[Sent]:
    """In the order in which they arrive then."""
    moved = [replace(each, time=each.time + delay) for each, delay in zip(packets, delays_ns, strict=True)]
    return sorted(moved, key=lambda each: each.time)


@dataclass(frozen=True, slots=True)
class Route:
    """Addresses and ports, and how IP says them."""

    src: str = "10.0.0.1"
    dst: str = "10.0.0.2"
    sport: int = 10_000
    dport: int = 20_000
    dscp: int = 46

    def udp(self, payload: bytes) -> bytes:
        """An IP packet."""
        body = struct.pack("!HHHH", self.sport, self.dport, len(payload) + 8, 0) + payload
        return self.ip(17, body)

    def ip(self, protocol: int, body: bytes, *, number: int = 0, fragment: int = 0) -> bytes:
        src, dst = (ipaddress.ip_address(each).packed for each in (self.src, self.dst))
        if len(src) == 4:
            size = len(body) + 20
            head = struct.pack("!BBHHHBBH", 0x45, self.dscp << 2, size, number, fragment, 64, protocol, 0)
            return head + src + dst + body
        return struct.pack("!IHBB", 6 << 28 | self.dscp << 22, len(body), protocol, 64) + src + dst + body


USUAL = Route()
ETHERNET, SLL, SLL2, NULL, LOOP, RAW = 1, 113, 276, 0, 108, 101


def framed(ip: bytes, link: int = ETHERNET, *, tags: Sequence[int] = ()) -> bytes:
    """An IP packet on a link; `tags` are the types of VLAN tags around it."""
    kind = 0x0800 if ip[0] >> 4 == 4 else 0x86DD
    if link == ETHERNET:
        return bytes(12) + b"".join(struct.pack("!HH", tag, 7) for tag in tags) + struct.pack("!H", kind) + ip
    if link == SLL:
        return bytes(14) + struct.pack("!H", kind) + ip
    if link == SLL2:
        return struct.pack("!H", kind) + bytes(18) + ip
    return (struct.pack("<I", 2) if link in {NULL, LOOP} else b"") + ip


@dataclass
class Pcap:
    """A pcap file as bytes."""

    link: int = ETHERNET
    order: str = "<"
    nano: bool = True
    data: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        magic = 0xA1B23C4D if self.nano else 0xA1B2C3D4
        self.data += struct.pack(self.order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, self.link)

    def add(self, time: int, frame: bytes, *, length: int | None = None) -> Pcap:
        fraction = time % 1_000_000_000 // (1 if self.nano else 1000)
        head = struct.pack(self.order + "IIII", time // 1_000_000_000, fraction, len(frame), length or len(frame))
        self.data += head + frame
        return self

    def stream(self, packets: Iterable[Sent], route: Route = USUAL) -> Pcap:
        for packet in packets:
            self.add(packet.time, framed(route.udp(packet.rtp()), self.link))
        return self


def pcapng(
    frames: Iterable[tuple[int, bytes]], *, link: int = ETHERNET, order: str = "<", resolution: int = 9
) -> bytes:
    """Frames at their times (ns); the clock ticks 10^resolution times a second, or 2^(resolution - 128)."""
    ticks = 2 ** (resolution - 128) if resolution & 128 else 10**resolution
    blocks = [_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    option = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    blocks.append(_block(order, 1, struct.pack(order + "HHI", link, 0, 0) + option))
    blocks += [enhanced(order, time * ticks // 1_000_000_000, frame) for time, frame in frames]
    return b"".join(blocks)


def enhanced(order: str, ticks: int, frame: bytes, options: bytes = b"") -> bytes:
    head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return _block(order, 6, head + frame + bytes(-len(frame) % 4) + options)


def statistics(order: str, dropped: int) -> bytes:
    """A block that says how many packets the interface has dropped so far."""
    return _block(order, 5, struct.pack(order + "III", 0, 0, 0) + struct.pack(order + "HHQHH", 5, 8, dropped, 0, 0))


def _block(order: str, kind: int, body: bytes) -> bytes:
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def events(first: int, timestamp: int, at: int, *, ssrc: int = 0x1234) -> Iterator[Sent]:
    """A digit of 160 ms as eight packets and two repetitions of its end [RFC 4733]."""
    for number in range(10):
        end, units = number >= 7, min(number + 1, 8) * UNITS
        payload = struct.pack("!BBH", 5, end << 7 | 10, units)
        yield Sent(at + min(number, 7) * PTIME_NS, first + number, timestamp, ssrc, 101, number == 0, payload)
