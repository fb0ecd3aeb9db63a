"""How calls sounded, looked at from afar: over time, as a distribution, the worst of them. Nobody's number is in it.

A direction in which nothing was heard although somebody spoke, or in neither, is bad time, though it has no score.
MOS is that of listening and stays on its scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.ids import InteractionId
from telephony.core.quality_record import QualityRecord


class Measure(StrEnum):
    MOS = "mos"
    LOSS = "loss"
    LATE = "late"
    JITTER = "jitter"
    DELAY = "delay"


# Lower ends of the bins after the first; values below the first edge are in the bin 0, from the last on in the last.
EDGES = {
    Measure.MOS: (1.5, 2.0, 2.5, 3.0, 3.25, 3.5, 3.75, 4.0, 4.1, 4.2, 4.3, 4.4),
    Measure.LOSS: (0.0001, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2),  # the first bin: none at all
    Measure.LATE: (0.0001, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2),
    Measure.JITTER: (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0),
    Measure.DELAY: (50.0, 75.0, 100.0, 125.0, 150.0, 200.0, 250.0, 300.0, 400.0),
}


@dataclass(frozen=True, slots=True)
class QualityPoint:
    """One direction of one kind of leg over one step of time, from `at` on. None is not known."""

    at: float  # seconds since the epoch
    trunk: str | None  # of the caller's leg
    leg: str
    direction: str
    scale: str | None
    seconds: float
    bad_s: float
    degraded_s: float
    mos_lq: float | None  # mean over the intervals
    packets_expected: int
    packets_lost: int
    jitter_ms: float | None  # mean
    delay_ms: float | None  # mean


@dataclass(frozen=True, slots=True)
class SpreadBin:
    """How many intervals of one scale lie in a bin of `EDGES`."""

    scale: str | None
    bin: int
    intervals: int


@dataclass(frozen=True, slots=True)
class WorstCall:
    """Figures of all its legs and directions together; `verdicts` is all that was found wrong, in order."""

    interaction: InteractionId
    begun_at: float  # of its first interval
    ended_at: float  # of its last
    trunk: str | None
    queue: str | None
    bad_s: float
    mos_nb: float | None  # the worst interval on each scale
    mos_wb: float | None
    mos_fb: float | None
    loss_most: float | None
    jitter_most_ms: float | None
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoredLeg:
    """A row of `quality` beside what is known of its call."""

    arrived_at: float
    answered_at: float | None
    ended_at: float | None
    node: str
    queue: str | None
    outcome: str | None
    record: QualityRecord
