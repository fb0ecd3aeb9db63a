"""From a capture's bytes to the figures of its RTP streams.

`hotline quality score` and tests read with it. Two ways do the same: compiled where Numba is installed and works,
plain NumPy and Python otherwise.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from quality.capture_frames import CaptureFrames
from quality.capture_source import CaptureSource
from quality.engines import Decoded, DecodingWalker, Engine, best_engine
from quality.figures import Closed, Context, figures_of
from quality.odd_packets import OddPackets, as_block
from quality.packet_records import FRAGMENT, FRAME, RTCP
from quality.rtcp_digest import RtcpDigest
from quality.stream_figures import Capture, Flow, MediaMap, StreamFigures

Progress = Callable[[int], None]


@contextmanager
def without_collection() -> Iterator[None]:
    """Many small records and none of them garbage: looking for some took as long as making them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def read_capture(
    source: Path | BinaryIO,
    media: MediaMap | None = None,
    *,
    payload: bool = False,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Capture:
    """Read a pcap or pcapng file (gzip, too) or stream in blocks and tell about each RTP stream in it.

    `payload` asks for the analysis of G.711 samples. `progress` hears after each block how many bytes of the source
    were read. Errors: CaptureError where nothing of the file can be read; OSError.
    """
    opened = CaptureSource(source)
    try:
        reading = _Reading(opened, engine or best_engine(), media, payload=payload)
        with without_collection():
            for frames in reading.frames:
                reading.take(frames)
                if progress:
                    progress(opened.read_bytes)
            return reading.capture()
    finally:
        opened.close()


@runtime_checkable
class DigestsReports(Protocol):
    """A media map whose RTCP may come digested."""

    rtcp: RtcpDigest
    faults: int


class _Reading:
    """One capture on its way from frames to figures."""

    def __init__(self, source: CaptureSource, engine: Engine, media: MediaMap | None, *, payload: bool) -> None:
        self._engine = engine
        self._media = media
        self._payload = payload
        self._tracker = engine.tracker(media)
        self._odd_packets = OddPackets(media)
        taker: object = media
        self._digests = taker if isinstance(taker, DigestsReports) else None
        self._reports = engine.reports() if self._digests else None
        self._decoded = Decoded(self._tracker.secret)
        self.frames = CaptureFrames(source, DecodingWalker(engine, self._decoded))
        self._one_frame = np.zeros(1, FRAME)
        self._times: list[int] = []  # of the first and the last packet
        self._done: list[Closed] = []

    def take(self, frames: NDArray[np.void]) -> None:
        block = self.frames.block
        self._times = [*(self._times[:1] or [int(frames["time"][0])]), int(frames["time"][-1])]
        decoded = self._decoded
        packets = decoded.packets[: decoded.found]
        if decoded.others:
            packets = self._take_odd(block, frames, packets, decoded.odd[: decoded.others])
        self._tracker.feed(block, packets, payload=self._payload)
        self._done += self._tracker.closed()

    def _take_odd(
        self, block: NDArray[np.uint8], frames: NDArray[np.void], packets: NDArray[np.void], odd: NDArray[np.void]
    ) -> NDArray[np.void]:
        """Signalling goes to the media map, fragments are put together: the RTP packets still to be fed."""
        odd = odd.copy()  # the table is used for packets that were put together
        begin = 0
        for end in (*(np.flatnonzero(odd["kind"] == FRAGMENT) + 1).tolist(), len(odd)):
            for whole, frame in self._signalling(block, frames, odd[begin:end]):
                before = int(np.searchsorted(packets["payload_at"], frame[1]))
                self._tracker.feed(block, packets[:before], payload=self._payload)
                packets = packets[before:].copy()
                self._take_whole(whole, frame[0])
            begin = end
        return packets

    def _signalling(
        self, block: NDArray[np.uint8], frames: NDArray[np.void], odd: NDArray[np.void]
    ) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """Take signalling; packets that are whole now, and the frames of their last fragments."""
        if self._reports and self._digests:
            self._digests.faults += self._reports.take(block, frames, odd)
            odd = odd[odd["kind"] != RTCP]
        view, rows = memoryview(block), frames[odd["frame"]].tolist()  # type: ignore[arg-type]
        for frame, each in zip(rows, odd.tolist(), strict=True):
            whole = self._odd_packets.take(view, frame, each)
            if whole is not None:
                yield whole, frame

    def _take_whole(self, packet: bytes, time: int) -> None:
        block = as_block(packet, self._one_frame, time)
        packets, odd = self._decoded.packets, self._decoded.odd
        found, others = self._engine.decode(block, self._one_frame, self._decoded.secret, packets, odd)
        self._tracker.feed(block, packets[:found], payload=self._payload)
        for _ in self._signalling(block, self._one_frame, odd[:others]):
            pass  # a fragment of what was put together is none of ours

    def capture(self) -> Capture:
        if self._reports and self._digests:
            self._reports.enter_into(self._digests.rtcp)
            self._reports = None
        begin, end = (self._times[0] / 1e9, self._times[-1] / 1e9) if self._times else (0.0, 0.0)
        frames = self.frames
        streams = tuple(self._figures(chain(self._done, self._tracker.finish())))
        return Capture(streams, frames.packets, begin, end, frames.drops, frames.fault)

    def _figures(self, all_closed: Iterable[Closed]) -> Iterator[StreamFigures]:
        earlier: Counter[Flow] = Counter()
        for closed in all_closed:
            secured, before = [], []
            for flow in closed.flows:
                secured.append(
                    flow in self._odd_packets.secured or (self._media is not None and self._media.encrypted(flow))
                )
                before.append(earlier[flow])
                earlier[flow] += 1
            yield from figures_of(closed, Context(before, secured, self.frames.drops))
