"""The two ways through a capture, and which of them is taken."""

from __future__ import annotations

import functools
import shutil
import warnings
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quality.capture_frames import FRAMES, Walker
from quality.compiled import cache_folder
from quality.figures import Closed
from quality.packet_records import ODD, PACKET
from quality.rtcp_digest import RtcpDigest
from quality.stream_figures import MediaMap


class Tracker(Protocol):
    """Follows the streams of a capture. `secret` belongs into `Engine.decode`."""

    secret: int

    def feed(self, block: NDArray[np.uint8], packets: NDArray[np.void], *, payload: bool = False) -> None:
        """RTP packets in the order of the capture; their samples are in `block`."""

    def closed(self) -> list[Closed]:
        """Streams that had to be closed to make room, since the last call."""

    def finish(self) -> Iterator[Closed]:
        """All others, and those of one packet that signalling has announced; some at a time."""


class Reports(Protocol):
    """Digests RTCP block by block."""

    datagrams: int

    def take(self, block: NDArray[np.uint8], frames: NDArray[np.void], odd: NDArray[np.void]) -> int:
        """RTCP among `odd`: how many datagrams of it could not be read."""

    def enter_into(self, digest: RtcpDigest) -> None:
        """All of it, once."""


class Decoded:
    """RTP packets (`found`) and odd frames (`others`) of a block, in tables that are used again for the next."""

    def __init__(self, secret: int) -> None:
        self.secret = secret
        self.packets, self.odd = np.zeros(FRAMES, PACKET), np.zeros(FRAMES, ODD)
        self.found = self.others = 0


class DecodingWalker:
    """A walker that decodes what it finds on the way."""

    def __init__(self, engine: Engine, decoded: Decoded) -> None:
        self._engine = engine
        self._decoded = decoded

    def walk_pcap(
        self, block: NDArray[np.uint8], size: int, link: int, frames: NDArray[np.void], *, swapped: bool, nano: bool
    ) -> tuple[int, int, int]:
        return self._engine.read_pcap(block, size, link, frames, self._decoded, swapped=swapped, nano=nano)

    def walk_pcapng(
        self,
        block: NDArray[np.uint8],
        size: int,
        interfaces: NDArray[np.int64],
        frames: NDArray[np.void],
        *,
        swapped: bool,
    ) -> tuple[int, int, int, int]:
        into = self._decoded
        walked = self._engine.walk_pcapng(block, size, interfaces, frames, swapped=swapped)
        into.found, into.others = self._engine.decode(block, frames[: walked[0]], into.secret, into.packets, into.odd)
        return walked


class Engine(Walker, Protocol):
    name: str

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
        """`walk_pcap` and `decode` in one pass."""

    def decode(
        self,
        block: NDArray[np.uint8],
        frames: NDArray[np.void],
        secret: int,
        packets: NDArray[np.void],
        odd: NDArray[np.void],
    ) -> tuple[int, int]:
        """Fill the tables with RTP packets and odd frames: how many of each."""

    def reports(self) -> Reports | None:
        """None: RTCP goes to the media map, datagram by datagram."""

    def tracker(self, media: MediaMap | None) -> Tracker: ...


@functools.cache
def best_engine() -> Engine:
    """The compiled one where it works. Warns once where it should and does not: plain Python does the same, slower."""
    try:
        return _compiled()
    except ImportError:
        why = "Numba is not installed (extra `fast`)"
    except Exception as error:  # noqa: BLE001 - whatever a damaged cache or another compiler raises
        shutil.rmtree(cache_folder(), ignore_errors=True)
        try:
            return _compiled()
        except Exception:  # noqa: BLE001
            why = f"Numba does not work here ({type(error).__name__})"
    warnings.warn(f"captures are read slowly: {why}", RuntimeWarning, stacklevel=2)
    from quality.plain_engine import PlainEngine

    return PlainEngine()


def _compiled() -> Engine:
    from quality.fast_engine import FastEngine

    return FastEngine()
