"""The compiled way through a capture: `fast_decode` and `fast_tracker` behind the shape that `read_capture` uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quality.capture_frames import MOST
from quality.engines import Decoded
from quality.fast_tracker import FastTracker
from quality.machine_code import at, machine_code
from quality.rtcp_table import RtcpTable
from quality.stream_figures import MediaMap


class FastEngine:
    name = "compiled"

    def __init__(self) -> None:
        """Compile or load what was compiled. Errors: see `MachineCode`."""
        self._code = machine_code()

    def walk_pcap(
        self, block: NDArray[np.uint8], size: int, link: int, frames: NDArray[np.void], *, swapped: bool, nano: bool
    ) -> tuple[int, int, int]:
        count, used, stop = self._code.walk_pcap(block.ctypes.data, size, swapped, nano, link, MOST, *at(frames))
        return count, used, stop

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
        count, used, stop, decoded.found, decoded.others = self._code.read_pcap(
            block.ctypes.data, size, swapped, nano, link, MOST, *at(frames), decoded.secret,
            *at(decoded.packets), *at(decoded.odd),
        )  # fmt: skip
        return count, used, stop

    def walk_pcapng(
        self,
        block: NDArray[np.uint8],
        size: int,
        interfaces: NDArray[np.int64],
        frames: NDArray[np.void],
        *,
        swapped: bool,
    ) -> tuple[int, int, int, int]:
        count, used, stop, dropped = self._code.walk_pcapng(
            block.ctypes.data, size, swapped, *at(interfaces), MOST, *at(frames)
        )
        return count, used, stop, dropped

    def decode(
        self,
        block: NDArray[np.uint8],
        frames: NDArray[np.void],
        secret: int,
        packets: NDArray[np.void],
        odd: NDArray[np.void],
    ) -> tuple[int, int]:
        found, others = self._code.decode(block.ctypes.data, *at(frames), secret, *at(packets), *at(odd))
        return found, others

    @staticmethod
    def reports() -> RtcpTable:
        return RtcpTable()

    def tracker(self, media: MediaMap | None) -> FastTracker:
        return FastTracker(media)
