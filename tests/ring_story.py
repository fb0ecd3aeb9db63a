"""Blocks of the kernel's ring made by hand: frames with their times, as TPACKET_V3 hands them over."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_BLOCK = struct.Struct("=IIIIII24x")  # version, private data, status, packets, the first one, length
_HEAD = struct.Struct("=IIIIIIHH20x")
_ETHERNET = bytes(12) + b"\x08\x00"


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
