"""The compiled way through a capture: `fast_decode` and `fast_tracker` behind the shape that `read_capture` uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quality import fast_decode
from quality.capture_frames import MOST
from quality.fast_tracker import FastTracker
from quality.packet_records import FRAME, ODD, PACKET
from quality.rtcp_table import RtcpTable
from quality.stream_figures import MediaMap


class FastEngine:
    name = "compiled"

    def __init__(self) -> None:
        """Compile or load from the cache. Errors: whatever a broken cache or compiler raises."""
        tracker = self.tracker(None)
        frames, packets, odd = np.zeros(1, FRAME), np.zeros(1, PACKET), np.zeros(1, ODD)
        block = np.zeros(64, np.uint8)
        self.walk_pcap(block, 0, 1, frames, swapped=False, nano=False)
        self.walk_pcapng(block, 0, np.zeros((0, 4), np.int64), frames, swapped=False)
        self.decode(block, frames[:0], tracker.secret, packets, odd)
        tracker.feed(block, packets[:0], payload=True)
        self.reports().take(block, frames, odd[:0])

    def walk_pcap(
        self, block: NDArray[np.uint8], size: int, link: int, frames: NDArray[np.void], *, swapped: bool, nano: bool
    ) -> tuple[int, int, int]:
        found: tuple[int, int, int] = fast_decode.walk_pcap(block.ctypes.data, size, swapped, nano, link, MOST, frames)
        return found

    def walk_pcapng(
        self,
        block: NDArray[np.uint8],
        size: int,
        interfaces: NDArray[np.int64],
        frames: NDArray[np.void],
        *,
        swapped: bool,
    ) -> tuple[int, int, int, int]:
        found: tuple[int, int, int, int] = fast_decode.walk_pcapng(
            block.ctypes.data, size, swapped, interfaces, MOST, frames
        )
        return found

    def decode(
        self,
        block: NDArray[np.uint8],
        frames: NDArray[np.void],
        secret: int,
        packets: NDArray[np.void],
        odd: NDArray[np.void],
    ) -> tuple[int, int]:
        found: tuple[int, int] = fast_decode.decode(block.ctypes.data, frames, np.uint64(secret), packets, odd)
        return found

    @staticmethod
    def reports() -> RtcpTable:
        return RtcpTable()

    def tracker(self, media: MediaMap | None) -> FastTracker:
        return FastTracker(media)
