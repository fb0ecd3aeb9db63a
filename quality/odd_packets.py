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
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from quality.packet_records import DTLS, FRAGMENT, RTCP, SIP
from quality.stream_figures import Datagram, Flow, MediaMap

MOST_UNFINISHED = 256  # packets in fragments at a time; the oldest is given up
MOST_BYTES = 65_535
MOST_FLOWS = 65_536
_KINDS: dict[int, Literal["sip", "rtcp", "dtls"]] = {SIP: "sip", RTCP: "rtcp", DTLS: "dtls"}
_NO_SEQUENCE = (0,)
_PORTS, _SEQUENCE = struct.Struct("!HH"), struct.Struct("!I")


@functools.lru_cache(maxsize=65536)
def address_text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


@dataclass
class _Parts:
    header: bytes = b""
    parts: dict[int, bytes] = field(default_factory=dict)
    whole: int | None = None  # bytes, known with the last fragment


@runtime_checkable
class TakesSip(Protocol):
    """A media map that does not ask where SIP in datagrams comes from."""

    def sip(self, time: float, message: bytes) -> None:
        """A message; `time` in seconds since the epoch."""


class OddPackets:
    """`secured`: flows on which a DTLS key exchange was seen, both directions."""

    def __init__(self, media: MediaMap | None) -> None:
        self._media = media
        taker: object = media
        self._sip = taker if isinstance(taker, TakesSip) else None
        self._unfinished: OrderedDict[bytes, _Parts] = OrderedDict()
        self._flows: dict[bytes, Flow] = {}  # by their bytes
        self.secured: set[Flow] = set()

    def take(self, block: memoryview, frame: tuple[int, ...], odd: tuple[int, ...]) -> bytes | None:
        """One frame; `frame` and `odd` are rows of their tables. A packet that is whole now comes back, from its IP
        header.
        """
        _, kind, family, ip, transport, payload, size, cut = odd
        if kind == FRAGMENT:
            return self._fragment(block, ip, frame[1] + frame[2], family)
        if self._media is None and kind != DTLS:
            return None
        if self._sip is not None and kind == SIP and payload - transport == 8:
            self._sip.sip(frame[0] / 1e9, bytes(block[payload : payload + size]))
            return None
        if transport - ip == 20 and family == 4:  # as most are: addresses and ports stand together
            key = bytes(block[ip + 12 : ip + 24])
        else:
            addresses = block[ip + 12 : ip + 20] if family == 4 else block[ip + 8 : ip + 40]
            key = bytes(addresses) + bytes(block[transport : transport + 4])
        flow = self._flows.get(key) or self._new_flow(key)
        if kind == DTLS and len(self.secured) < MOST_FLOWS:
            self.secured |= {flow, Flow(flow.dst, flow.dport, flow.src, flow.sport)}
        if self._media is not None:
            tcp = payload - transport != 8
            (sequence,) = _SEQUENCE.unpack_from(block, transport + 4) if tcp else _NO_SEQUENCE
            self._media.signalling(
                Datagram(
                    _KINDS[kind], frame[0] / 1e9, flow, "tcp" if tcp else "udp",
                    bytes(block[payload : payload + size]), sequence, max(0, cut),
                )
            )  # fmt: skip
        return None

    def _new_flow(self, key: bytes) -> Flow:
        """Of two addresses and two ports."""
        size = (len(key) - 4) // 2
        sport, dport = _PORTS.unpack(key[-4:])
        if len(self._flows) >= MOST_FLOWS:
            self._flows.clear()
        flow = self._flows[key] = Flow(address_text(key[:size]), sport, address_text(key[size : 2 * size]), dport)
        return flow

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
