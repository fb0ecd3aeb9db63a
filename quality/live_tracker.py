"""Live packets to windows of ten seconds for each stream: the same decoding and statistics as for captures in files.

Each window has a tracker of its own, so that its values are its own; what was lost between two windows counts to the
later one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quality import plain_ring
from quality.capture_ring import BLOCK_BYTES, LEAST_FRAME
from quality.engines import Engine, Tracker
from quality.figures import Context, figures_of
from quality.live_window import StreamWindow
from quality.packet_records import FRAME, MAX_DROPOUT, MAX_MISORDER, ODD, PACKET
from quality.stream_figures import Flow, StreamFigures
from quality.stream_score import codec_of

FRAMES = BLOCK_BYTES // LEAST_FRAME
ANALYSED = 8  # one block in so many is looked at for silence and clipping: that costs more than all the rest


class WalkRing(Protocol):
    def __call__(self, block: NDArray[np.uint8], frames: NDArray[np.void]) -> int: ...


def walker_of(engine: Engine) -> WalkRing:
    """The compiled one where the engine is."""
    if engine.name != "compiled":
        return plain_ring.walk
    from quality.machine_code import at, machine_code

    code = machine_code()

    def fast(block: NDArray[np.uint8], frames: NDArray[np.void]) -> int:
        return code.walk(*at(block), *at(frames))[0]

    return fast


class LiveTracker:
    """Feed it blocks of the ring, and take the windows of all streams every ten seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._walk = walker_of(engine)
        self._frames, self._packets = np.zeros(FRAMES, FRAME), np.zeros(FRAMES, PACKET)
        self._odd = np.zeros(FRAMES, ODD)
        self._tracker: Tracker = engine.tracker(None)
        self._blocks = -1
        self._ends: dict[tuple[Flow, int], int] = {}  # the highest sequence number of the window before

    def feed(self, block: NDArray[np.uint8]) -> int:
        """How many RTP packets were in it."""
        frames = self._frames[: self._walk(block, self._frames)]
        found, _ = self._engine.decode(block, frames, self._tracker.secret, self._packets, self._odd)
        self._blocks += 1
        self._tracker.feed(block, self._packets[:found], payload=self._blocks % ANALYSED == 0)
        return found

    def cut(self, start: float, seconds: float) -> Iterator[StreamWindow]:
        """What each stream was like since this was asked last, which was at `start`.

        What is fed from now on belongs to the next window; this one may be gone through in another thread.
        """
        tracker, self._tracker = self._tracker, self._engine.tracker(None)
        return self._windows(tracker, start, seconds)

    def _windows(self, tracker: Tracker, start: float, seconds: float) -> Iterator[StreamWindow]:
        ends, self._ends = self._ends, {}
        for closed in (*tracker.closed(), *tracker.finish()):
            count = len(closed.flows)
            edges = zip(closed.rows["base"].tolist(), closed.rows["highest"].tolist(), strict=True)
            streams = figures_of(closed, Context([0] * count, [False] * count, None))
            for figures, (first, highest) in zip(streams, edges, strict=True):
                key = figures.flow, figures.ssrc
                self._ends[key] = highest
                between = signed(first - ends[key] - 1) if key in ends else 0
                yield _window(figures, start, seconds, between if -MAX_MISORDER < between < MAX_DROPOUT else 0)


def signed(number: int) -> int:
    """A distance between sequence numbers, the nearer way round."""
    return ((number + 0x8000) & 0xFFFF) - 0x8000


def _window(figures: StreamFigures, start: float, seconds: float, between: int) -> StreamWindow:
    """`between`: numbers that came in neither window; negative where late ones of the window before came in this one,
    so that both expect them: those that are missing here came there.
    """
    return StreamWindow(
        flow=figures.flow,
        ssrc=figures.ssrc,
        payload_type=figures.payload_type,
        codec=codec_of(figures),
        clock_rate_hz=figures.format.clock_rate_hz if figures.format else None,
        ptime_ms=figures.ptime_ms,
        start=start,
        seconds=seconds,
        received=figures.packets_received,
        expected=figures.packets_expected + between,
        lost=max(0, figures.packets_lost + between),
        late=figures.ad.late,
        burst_ratio=figures.ad.burst_ratio,
        jitter_mean_ms=figures.jitter_mean_ms,
        jitter_max_ms=figures.jitter_max_ms,
        dscp=figures.dscp,
        dscp_changes=figures.dscp_changes,
        silence_ratio=figures.silence_ratio,
        clipping_ratio=figures.clipping_ratio,
    )
