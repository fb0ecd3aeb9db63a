"""A ring shared with the kernel, into which it writes packets as they pass an interface: TPACKET_V3.

[Linux, Documentation/networking/packet_mmap.rst]. UDP alone comes in, filtered by the kernel (BPF). CAP_NET_RAW
is needed to open it and nothing afterwards. What the reader is too slow for is dropped by the kernel and counted.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 1 << 20
RETIRE_MS = 50  # a block that is not full is handed over after this time
LEAST_FRAME = 128  # bytes that the shortest UDP packet takes in a block

_SOL_PACKET, _RX_RING, _STATISTICS, _VERSION, _FANOUT, _IGNORE_OUTGOING = 263, 5, 6, 10, 18, 23
_SO_ATTACH_FILTER, _TPACKET_V3 = 26, 2
_FANOUT_HASH, _FANOUT_DEFRAG, _FANOUT_IGNORE_OUTGOING = 0, 0x8000, 0x4000
_ETH_P_ALL, _FRAME_BYTES, _SNAP = 3, 2048, 0x40000
_ETHERNET, _LOOPBACK = 1, 772  # [if_arp.h]
_STATUS_AT = 8 // 4  # of a block's descriptor, in words
_USER = 1

# (code, jump if true, jump if false, operand): classic BPF over Ethernet frames, one VLAN tag at most.
_UDP: tuple[tuple[int, int, int, int], ...] = (
    (0x28, 0, 0, 12),  # the type
    (0x15, 0, 2, 0x0800),  # IPv4?
    (0x30, 0, 0, 23),
    (0x15, 10, 11, 17),
    (0x15, 0, 2, 0x86DD),  # IPv6?
    (0x30, 0, 0, 20),
    (0x15, 7, 8, 17),
    (0x15, 0, 7, 0x8100),  # one tag?
    (0x28, 0, 0, 16),
    (0x15, 0, 2, 0x0800),
    (0x30, 0, 0, 27),
    (0x15, 2, 3, 17),
    (0x30, 0, 0, 24),  # whatever else is tagged, as IPv6
    (0x15, 0, 1, 17),
    (0x06, 0, 0, _SNAP),
    (0x06, 0, 0, 0),
)


class CaptureRefusedError(OSError):
    """The kernel does not let us listen; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Since they were read last."""

    packets: int  # that reached us
    drops: int  # for which there was no room


class Ring:
    """Blocks of packets of one interface. `address` of a block is that of its first byte."""

    def __init__(self, interface: str, *, blocks: int = 64, fanout: int | None = None) -> None:
        """`fanout`: rings of the same number share the interface's flows. Errors: CaptureRefusedError."""
        kind = _kind_of(interface)
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError as error:
            raise CaptureRefusedError(error.errno, "CAP_NET_RAW is missing (docs/live-quality.md)") from None
        try:
            self._prepare(interface, kind, blocks, fanout)
        except OSError as error:
            self._socket.close()
            raise CaptureRefusedError(
                error.errno, f"{interface} cannot be captured: {os.strerror(error.errno or 0)}"
            ) from None
        self._blocks = [self._bytes[at : at + BLOCK_BYTES] for at in range(0, blocks * BLOCK_BYTES, BLOCK_BYTES)]
        self._words = [each[:16].view(np.uint32) for each in self._blocks]
        self._next = 0
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLERR)

    def _prepare(self, interface: str, kind: int, blocks: int, fanout: int | None) -> None:
        raw = self._socket
        raw.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V3)
        program = b"".join(struct.pack("HBBI", *each) for each in _UDP)
        kept = ctypes.create_string_buffer(program)
        raw.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_UDP), ctypes.addressof(kept)))
        frames = BLOCK_BYTES // _FRAME_BYTES * blocks
        request = struct.pack("7I", BLOCK_BYTES, blocks, _FRAME_BYTES, frames, RETIRE_MS, 0, 0)
        raw.setsockopt(_SOL_PACKET, _RX_RING, request)
        if kind == _LOOPBACK:  # there each packet passes twice: going out and coming in
            raw.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        self._map = mmap.mmap(raw.fileno(), blocks * BLOCK_BYTES, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._bytes: NDArray[np.uint8] = np.frombuffer(self._map, np.uint8)
        raw.bind((interface, _ETH_P_ALL))
        if fanout is not None:
            incoming = _FANOUT_IGNORE_OUTGOING if kind == _LOOPBACK else 0  # a group does not heed its sockets' option
            option = fanout & 0xFFFF | (_FANOUT_HASH | _FANOUT_DEFRAG | incoming) << 16
            raw.setsockopt(_SOL_PACKET, _FANOUT, struct.pack("I", option))

    def wait(self, timeout_ms: int) -> None:
        """Until a block is ready, or so long."""
        self._poll.poll(timeout_ms)

    def ready(self) -> Iterator[NDArray[np.uint8]]:
        """The blocks that are full or old enough; each is the kernel's again once it is left."""
        for _ in range(len(self._blocks)):
            words = self._words[self._next]
            if not words[_STATUS_AT] & _USER:
                return
            try:
                yield self._blocks[self._next]
            finally:  # who leaves it at that has had this one, too
                words[_STATUS_AT] = 0
                self._next = (self._next + 1) % len(self._blocks)

    def statistics(self) -> Statistics:
        told = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 12)
        packets, drops, _ = struct.unpack("3I", told)
        return Statistics(packets, drops)

    def close(self) -> None:
        self._socket.close()


def _kind_of(interface: str) -> int:
    try:
        kind = int((Path("/sys/class/net") / interface / "type").read_text("ascii"))
    except (OSError, ValueError):
        raise CaptureRefusedError(19, f"there is no interface {interface}") from None
    if kind not in (_ETHERNET, _LOOPBACK):
        raise CaptureRefusedError(95, f"{interface} is neither Ethernet nor the loopback")
    return kind
