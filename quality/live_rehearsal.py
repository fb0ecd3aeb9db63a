"""A block of the kernel's ring made by hand, with every sort of stream in it.

Whatever is compiled when it is first used is used once with it, before privileges are given up: afterwards the cache
may not be readable any more.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

_BLOCK = struct.Struct("=IIIIII24x")  # version, private data, status, packets, the first one, length
_HEAD = struct.Struct("=IIIIIIHH20x")
_ETHERNET = bytes(12) + b"\x08\x00"
_PTIME_NS, _UNITS = 20_000_000, 160
_DYNAMIC, _EVENT, _ALAW = 96, 101, 8
_OF_A_DYNAMIC_STREAM = 100  # more than are held back until the clock is known
_OF_AN_ORDINARY_ONE = 60
_MANY = 1_500  # streams: tables grow


def rehearsal() -> NDArray[np.uint8]:
    """Streams of static and dynamic types, with loss, reordering, events, and silence."""
    return ring_block((time, ethernet(rtp, sport)) for time, sport, rtp in _packets())


def ring_block(frames: Iterable[tuple[int, bytes]]) -> NDArray[np.uint8]:
    """As the kernel hands it over [linux/if_packet.h]: frames with their times in ns."""
    each = [_framed(time, frame) for time, frame in frames]
    whole = _BLOCK.pack(3, 0, 1, len(each), _BLOCK.size, 0) + b"".join(each)
    return np.frombuffer(whole, np.uint8).copy()


def ethernet(payload: bytes, sport: int, *, tos: int = 0xB8) -> bytes:
    """A UDP datagram over IPv4 in an Ethernet frame; checksums are not looked at."""
    udp = struct.pack("!HHHH", sport, 40000, 8 + len(payload), 0) + payload
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, tos, 20 + len(udp), 0, 0, 64, 17, 0, b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"
    )
    return _ETHERNET + ip + udp


def rtp(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    head = struct.pack("!BBHII", 0x80, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + payload


def _framed(time: int, frame: bytes) -> bytes:
    size = (_HEAD.size + len(frame) + 15) // 16 * 16
    head = _HEAD.pack(size, time // 10**9, time % 10**9, len(frame), len(frame), 1, _HEAD.size, 0)
    return (head + frame).ljust(size, b"\0")


def _packets() -> Iterator[tuple[int, int, bytes]]:
    for number in range(2 * _MANY):
        sequence, stream = divmod(number, _MANY)
        yield 10**18, 20008, rtp(_ALAW, sequence, sequence * _UNITS, 1000 + stream, b"")
    for number in range(_OF_A_DYNAMIC_STREAM):
        time, timestamp = 10**18 + number * _PTIME_NS, number * _UNITS
        yield time, 20000, rtp(_DYNAMIC, number, timestamp * 6, 1, b"\x12\x34" * 40)
        if number >= _OF_AN_ORDINARY_ONE:
            continue
        if number % 10 != 7:  # lost
            swapped = number ^ 1 if number == 20 else number
            yield time, 20002, rtp(_ALAW, swapped, swapped * _UNITS, 2, b"\xd5" * _UNITS)
        yield time, 20004, rtp(_EVENT, number, number // 5 * 800, 3, bytes((5, 10, number % 5 * 2, 0)))
        if number % 30 == 0:
            yield time, 20006, rtp(13, number, timestamp, 2, b"\x40")
