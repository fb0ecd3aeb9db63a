"""Frames of a pcap or pcapng capture, block by block: libpcap's format and draft-ietf-opsawg-pcapng.

What cannot be read ends the capture with a fault that says where; what came before counts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quality.capture_source import BLOCK, CaptureSource
from quality.packet_records import FRAME
from quality.stream_figures import CaptureError

MOST = 262_144  # bytes of a frame: libpcap's own limit
FRAMES = BLOCK // 32  # an upper limit: a frame with its header takes more
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", False),
    b"\xa1\xb2\xc3\xd4": (">", False),
    b"\x4d\x3c\xb2\xa1": ("<", True),
    b"\xa1\xb2\x3c\x4d": (">", True),
}
_SECTION, _INTERFACE, _SIMPLE, _STATISTICS = 0x0A0D0D0A, 1, 3, 5
_MAGIC = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}


class Walker(Protocol):
    """How frames are found in a block: compiled (`fast_engine`) or plain (`plain_engine`)."""

    def walk_pcap(
        self, block: NDArray[np.uint8], size: int, link: int, frames: NDArray[np.void], *, swapped: bool, nano: bool
    ) -> tuple[int, int, int]:
        """How many frames, how many bytes they took, and 1 where the next one's length is impossible."""

    def walk_pcapng(
        self,
        block: NDArray[np.uint8],
        size: int,
        interfaces: NDArray[np.int64],
        frames: NDArray[np.void],
        *,
        swapped: bool,
    ) -> tuple[int, int, int, int]:
        """The same; 2 where another kind of block follows; and how many packets the capture lost."""


class CaptureFrames:
    """Iterate to get the frames of each block; `block` holds their bytes until the next.

    `drops` is None unless the file tells how many packets the capture lost.
    """

    def __init__(self, source: CaptureSource, walker: Walker) -> None:
        self._source = source
        self._walker = walker
        self.drops: int | None = None
        self.fault: str | None = None
        self.packets = 0
        self._frames = np.zeros(FRAMES, FRAME)
        self._order = "<"
        self._interfaces = np.zeros((0, 4), np.int64)  # ticks per second, offset in s, link type, and
        # by how many bits the ticks of a part of a second are shortened, so that they can be multiplied
        self._dropped: dict[int, int] = {}  # by interface, as its latest statistics say

    @property
    def block(self) -> NDArray[np.uint8]:
        return self._source.block

    def __iter__(self) -> Iterator[NDArray[np.void]]:
        head = self._source.block[:4].tobytes() if self._source.size >= 4 else b""
        if head in _PCAP:
            yield from self._pcap(*_PCAP[head])
        elif head == struct.pack(">I", _SECTION):
            yield from self._pcapng()
        else:
            raise CaptureError(self._source.fault or "this is no capture: neither pcap nor pcapng (nor gzip of one)")
        self.fault = self.fault or self._source.fault

    def _pcap(self, order: str, nano: bool) -> Iterator[NDArray[np.void]]:  # noqa: FBT001
        source = self._source
        if source.size < 24:
            raise CaptureError("the capture is cut off in its header")
        link = struct.unpack(order + "I", source.block[20:24].tobytes())[0] & 0x0FFFFFFF
        source.take(24)
        while source.size:
            count, used, stop = self._walker.walk_pcap(
                source.block, source.size, link, self._frames, swapped=order == ">", nano=nano
            )
            self.packets += count
            if count:
                yield self._frames[:count]
            if stop or not used:
                self._ends_early("has an impossible length" if stop else "is cut off")
                return
            source.take(used)

    def _ends_early(self, why: str) -> None:
        self.fault = self._source.fault or f"packet {self.packets + 1} {why}: what follows it was not read"

    def _pcapng(self) -> Iterator[NDArray[np.void]]:
        source = self._source
        while source.size:
            count, used, stop, dropped = self._walker.walk_pcapng(
                source.block, source.size, self._interfaces, self._frames, swapped=self._order == ">"
            )
            self.packets += count
            if dropped:
                self.drops = (self.drops or 0) + dropped
            if count:
                yield self._frames[:count]
            if stop == 2 and used + 12 <= source.size:
                used = self._other_block(used)
                stop = 0 if used else 1
            if stop or not used:
                self._ends_early("has an impossible length" if stop else "is cut off")
                return
            source.take(used)

    def _other_block(self, at: int) -> int:
        """A block that holds no packet, at this place: where the next begins, or 0 where it makes no sense."""
        block, size = self._source.block, self._source.size
        if block[at : at + 4].tobytes() == struct.pack(">I", _SECTION):
            order = _MAGIC.get(block[at + 8 : at + 12].tobytes())
            if order is None:
                return 0
            self._order = order
            self._interfaces = np.zeros((0, 4), np.int64)
        kind, total = struct.unpack(self._order + "II", block[at : at + 8].tobytes())
        if total < 12 or total % 4:
            return 0
        body = block[at + 8 : min(at + total, size) - 4].tobytes()
        if kind in {_INTERFACE, _STATISTICS} and at + total > size:
            # Not whole yet: come again when it is at the beginning of the block.
            return at if at and total <= MOST else 0
        if kind == _INTERFACE and not self._interface(body):
            return 0
        if kind == _STATISTICS:
            self._statistics(body)
        self.packets += kind == _SIMPLE  # it has no time: nothing can be said of it
        return at + int(total)

    def _interface(self, body: bytes) -> bool:
        if len(body) < 8 or len(self._interfaces) >= 65536:
            return False
        ticks, offset = 1_000_000, 0
        for code, value in _options(body[8:], self._order):
            if code == 9 and value:  # if_tsresol
                power = value[0] & 0x7F
                if power > (60 if value[0] & 0x80 else 18):
                    return False
                ticks = 2**power if value[0] & 0x80 else 10**power
            elif code == 14 and len(value) == 8:  # if_tsoffset
                offset = struct.unpack(self._order + "q", value)[0]
        link = struct.unpack_from(self._order + "H", body)[0]
        row = [ticks, offset % (1 << 33), link, max(0, ticks.bit_length() - 33)]
        self._interfaces = np.concatenate((self._interfaces, np.array([row], np.int64)))
        return True

    def _statistics(self, body: bytes) -> None:
        if len(body) < 12:
            return
        interface = struct.unpack_from(self._order + "I", body)[0]
        for code, value in _options(body[12:], self._order):
            if code == 5 and len(value) == 8:  # isb_ifdrop
                now = struct.unpack(self._order + "Q", value)[0]
                self.drops = (self.drops or 0) + max(0, now - self._dropped.get(interface, 0))
                self._dropped[interface] = now


def _options(body: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            return
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
