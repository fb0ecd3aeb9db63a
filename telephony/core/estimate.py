"""How long a caller will still wait, as a range of whole minutes, or silence where that cannot be said honestly.

Those ahead are served one after another by agents whose talks end at random: the wait is a sum of exponential stages,
and near enough a gamma distribution of the same mean and variance. Of it the narrowest range of minutes is said that
holds often enough; never one that is later than what was said before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CONFIDENCE = 0.76  # of a range as it is reckoned; whole minutes make it 0.8 and more (tests/benchmarks/announcements)
LEAST_CONFIDENCE = 0.5  # of a range that must not be later than the one before
LEAST_HANDLED = 10  # talks that must have ended before anything is said
LEAST_HANDLE_S = 1.0
MAX_MINUTES = 120
NARROW_MIN, NARROW_SHARE = 4, 0.7  # a range is said up to this width, or this share of its middle


@dataclass(frozen=True, slots=True)
class Present:
    """What the line knows now. `ahead`: those before the caller who want the same agents, of whom `agents` serve."""

    ahead: int
    agents: int
    handle_mean_s: float  # talk and wrap-up, of late
    handle_cv2: float  # its variance by its mean squared
    handled: int  # how many talks that is from
    leave_per_s: float = 0.0  # how readily one who waits gives up
    overtake_per_s: float = 0.0  # callers who come later and are served before
    overtakers: int = 0  # how many that rate is from


@dataclass(frozen=True, slots=True)
class Minutes:
    """From `low` to `high` whole minutes; low 0: at most `high`."""

    low: int
    high: int


def estimate(present: Present, said: Minutes | None = None) -> Minutes | None:
    """What may be said now to a caller to whom `said` was said last; None: nothing."""
    wait = _wait(present)
    if wait is None:
        return None
    latest = said or Minutes(MAX_MINUTES, MAX_MINUTES)
    below = [wait.below(60.0 * minute) for minute in range(latest.high + 1)]
    found = _narrowest(below, latest, CONFIDENCE)
    if found is None and said:
        found = _narrowest(below, latest, LEAST_CONFIDENCE)
    return found if found and _narrow(found) else None


def mean_wait_s(present: Present) -> float | None:
    """What the wait comes to on the average; None where nothing is known of it."""
    wait = _wait(present)
    return wait.shape * wait.scale_s if wait else None


def _narrow(found: Minutes) -> bool:
    return found.high - found.low <= max(NARROW_MIN, NARROW_SHARE * (found.low + found.high) / 2)


def _narrowest(below: list[float], latest: Minutes, confidence: float) -> Minutes | None:
    """The narrowest range within which the wait is with that confidence; of several the likeliest."""
    found: tuple[int, float, Minutes] | None = None
    high = 1
    for low in range(min(latest.low, latest.high - 1) + 1):
        high = max(high, low + 1)
        while high < latest.high and below[high] - below[low] < confidence:
            high += 1
        likely = below[high] - below[low]
        if likely < confidence:
            break
        key = (high - low, -likely, Minutes(low, high))
        found = key if found is None or key[:2] < found[:2] else found
    return found[2] if found else None


@dataclass(frozen=True, slots=True)
class _Gamma:
    shape: float
    scale_s: float

    def below(self, wait_s: float) -> float:
        """The share of waits up to this one: the regularised lower incomplete gamma function by its series
        [DLMF 8.11.4]; far above the mean it is 1.
        """
        x = wait_s / self.scale_s
        if x <= 0:
            return 0.0
        if x > self.shape + 12 * math.sqrt(self.shape) + 40:
            return 1.0
        term = math.exp(self.shape * math.log(x) - x - math.lgamma(self.shape + 1))
        total, step = term, self.shape
        while term > total * 1e-9:
            step += 1
            term *= x / step
            total += term
        return min(1.0, total)


def _wait(present: Present) -> _Gamma | None:
    """The distribution of the wait; None where too little is known, or nothing moves."""
    if not present.agents or present.handled < LEAST_HANDLED or present.handle_mean_s < LEAST_HANDLE_S:
        return None
    serve = present.agents / present.handle_mean_s
    free = serve - present.overtake_per_s
    if free < serve / 10:
        return None
    spread = (serve + present.overtake_per_s) / free * max(0.5, (1 + present.handle_cv2) / 2)
    mean = variance = 0.0
    for before in range(present.ahead + 1):
        stage = 1 / (free + before * present.leave_per_s)
        mean += stage
        variance += stage * stage * spread
        if mean > 2 * MAX_MINUTES * 60:  # whatever is added: nothing will be said
            return None
    variance += mean * mean * present.handle_cv2 / present.handled
    if present.overtakers:
        variance += (mean * present.overtake_per_s / free) ** 2 / present.overtakers
    return _Gamma(mean * mean / variance, variance / mean)
