"""How calls sounded on one trunk over a time, on one scale: both directions of the callers' legs together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrunkSound:
    """`mos_lq` is the mean of the measured intervals. Bad has a bad score, or nobody was heard."""

    trunk: str
    scale: str | None  # nb, wb, fb; None: nothing could be scored
    seconds: float
    bad_s: float
    mos_lq: float | None
