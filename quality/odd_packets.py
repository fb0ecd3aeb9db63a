"""Frames that are no RTP: SIP, RTCP and DTLS for the media map, and fragments of IP that have to be put together.

IPv4 fragments by RFC 791, IPv6 by RFC 8200 §4.5. What is remembered has a limit, so that loops of fragments cost
nothing more.
"""

from __future__ import annotations

import functools
import socket
import struct
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quality.packet_records import DTLS, FRAGMENT, RTCP, SIP
from quality.stream_figures import Datagram, Flow, MediaMap

MOST_UNFINISHED = 256  # packets in fragments at a time; the oldest is given up
MOST_BYTES = 65_535
MOST_SECURED = 65_536  # flows with a key exchange
_KINDS = {SIP: "sip", RTCP: "rtcp", DTLS: "dtls"}
_PORTS = struct.Struct("!HH")


@functools.lru_cache(maxsize=65536)
def address_text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


@dataclass
class _Parts:
    header: bytes = b""
    parts: dict[int, bytes] = field(default_factory=dict)
    whole: int | None = None  # bytes, known with the last fragment


class OddPackets:
    """`secured`: flows on which a DTLS key exchange was seen, both directions."""

    def __init__(self, media: MediaMap | None) -> None:
        self._media = media
        self._unfinished: OrderedDict[bytes, _Parts] = OrderedDict()
        self.secured: set[Flow] = set()

    def take(self, block: memoryview, frame: tuple[int, ...], odd: tuple[int, ...]) -> bytes | None:
        """One frame; `frame` and `odd` are rows of their tables. A packet that is whole now comes back, from its IP
        header.
        """
        _, kind, family, ip, transport, payload, size, cut = odd
        if kind == FRAGMENT:
            return self._fragment(block, ip, frame[1] + frame[2], family)
        if family == 4:
            src, dst = bytes(block[ip + 12 : ip + 16]), bytes(block[ip + 16 : ip + 20])
        else:
            src, dst = bytes(block[ip + 8 : ip + 24]), bytes(block[ip + 24 : ip + 40])
        sport, dport = _PORTS.unpack_from(block, transport)
        flow = Flow(address_text(src), sport, address_text(dst), dport)
        if kind == DTLS and len(self.secured) < MOST_SECURED:
            self.secured |= {flow, Flow(flow.dst, flow.dport, flow.src, flow.sport)}
        if self._media is not None:
            tcp = block[ip + 9] == 6 if family == 4 else payload - transport != 8
            sequence = struct.unpack_from("!I", block, transport + 4)[0] if tcp else 0
            self._media.signalling(
                Datagram(
                    _KINDS[kind],  # type: ignore[arg-type]
                    frame[0] / 1e9,
                    flow,
                    "tcp" if tcp else "udp",
                    bytes(block[payload : payload + size]),
                    sequence,
                    max(0, cut),
                )
            )
        return None

    def _fragment(self, block: memoryview, ip: int, end: int, family: int) -> bytes | None:
        read = _fragment4(block, ip, end) if family == 4 else _fragment6(block, ip, end)
        if read is None:
            return None
        key, header, offset, more, data = read
        parts = self._unfinished.setdefault(key, _Parts())
        if len(self._unfinished) > MOST_UNFINISHED:
            self._unfinished.popitem(last=False)
        if offset + len(data) > MOST_BYTES or len(parts.parts) > MOST_BYTES // 8:
            self._unfinished.pop(key, None)
            return None
        parts.parts.setdefault(offset, data)
        if offset == 0:
            parts.header = header
        if not more:
            parts.whole = offset + len(data)
        return self._joined(key, parts, family)

    def _joined(self, key: bytes, parts: _Parts, family: int) -> bytes | None:
        if parts.whole is None or not parts.header:
            return None
        joined = bytearray()
        for offset, data in sorted(parts.parts.items()):
            if offset > len(joined):
                return None
            joined += data[len(joined) - offset :]
        if len(joined) < parts.whole:
            return None
        self._unfinished.pop(key, None)
        body = bytes(joined[: parts.whole])
        header = bytearray(parts.header)
        if family == 4:
            struct.pack_into("!HHH", header, 2, min(len(header) + len(body), MOST_BYTES), 0, 0)
        else:
            struct.pack_into("!H", header, 4, len(body))
        return bytes(header) + body


_Fragment = tuple[bytes, bytes, int, bool, bytes]


def _fragment4(block: memoryview, ip: int, end: int) -> _Fragment | None:
    header = (block[ip] & 15) * 4
    whole, _, flags = struct.unpack_from("!HHH", block, ip + 2)
    if ip + whole > end:
        return None  # the capture has not all of it
    key = bytes(block[ip + 4 : ip + 6]) + bytes(block[ip + 9 : ip + 10]) + bytes(block[ip + 12 : ip + 20])
    data = bytes(block[ip + header : ip + whole])
    return key, bytes(block[ip : ip + header]), (flags & 0x1FFF) * 8, bool(flags & 0x2000), data


def _fragment6(block: memoryview, ip: int, end: int) -> _Fragment | None:
    whole = 40 + struct.unpack_from("!H", block, ip + 4)[0]
    if ip + whole > end:
        return None
    at, kind = ip + 40, block[ip + 6]
    for _ in range(8):
        if kind == 44 or at + 8 > end:
            break
        kind, at = block[at], at + (block[at + 1] + 1) * 8
    if kind != 44 or at + 8 > ip + whole:
        return None
    following, _, offset, number = struct.unpack_from("!BBHI", block, at)
    header = bytearray(block[ip : ip + 40])
    header[6] = following  # extension headers before the fragment's are of no use to the statistics
    key = struct.pack("!I", number) + bytes(block[ip + 8 : ip + 40])
    return key, bytes(header), offset & 0xFFF8, bool(offset & 1), bytes(block[at + 8 : ip + whole])


def as_block(packet: bytes, frames: NDArray[np.void], time: int) -> NDArray[np.uint8]:
    """A packet that was put together as a block with one frame, which `frames[0]` becomes."""
    frames[0] = (time, 0, len(packet), len(packet), 101)
    return np.frombuffer(packet + bytes(8), np.uint8)
