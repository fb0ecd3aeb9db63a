"""Too few agents for hours: what becomes of both lanes.

`python -m tests.benchmarks.overload [seeds]` plays as many runs (default 300), each with 5 to 25 % too few agents for
what comes in, and prints in how many of them accessibility callers waited at most a third of the standard mean, and the
standard callers' share of the assignments.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

from telephony.core.views import Lane
from telephony.simulation.callers import draw
from telephony.simulation.run import Call, play
from telephony.simulation.scenario import Scenario
from tests.unit.queueing import simple

SEEDS = 300
AGENTS, HANDLE_S = 10, 300.0
DURATION_S = 8 * 3600.0
DEFICITS = (0.05, 0.25)  # too few agents
SHARES = (0.05, 0.4)  # accessibility callers among all


@dataclass(frozen=True, slots=True)
class Overload:
    """`ratio`: mean wait of accessibility callers to that of standard ones; who still waits counts until the end."""

    deficit: float
    share: float
    ratio: float
    standard_share: float  # of the assignments


def overload(seed: int) -> Overload:
    rng = random.Random(seed)
    deficit, share = rng.uniform(*DEFICITS), rng.uniform(*SHARES)
    scenario = too_few(deficit, share)
    calls = play(scenario, draw(scenario, seed)).calls
    answered = [call for call in calls if call.answered_s is not None]
    standard = sum(call.caller.lane is Lane.STANDARD for call in answered)
    ratio = _mean_s(calls, Lane.ACCESSIBILITY) / _mean_s(calls, Lane.STANDARD)
    return Overload(deficit, share, ratio, standard / len(answered))


def too_few(deficit: float, share: float) -> Scenario:
    """So many erlangs that the agents are `deficit` fewer than they would have to be."""
    rate = AGENTS / (1 - deficit) / HANDLE_S * 3600
    base = simple(agents=AGENTS, rate_per_h=rate * (1 - share), handle_s=HANDLE_S, duration_s=DURATION_S)
    access = replace(base.arrivals[0], lane=Lane.ACCESSIBILITY, rates_per_h=(rate * share,))
    return replace(base, arrivals=(*base.arrivals, access))


def _mean_s(calls: Iterable[Call], lane: Lane) -> float:
    own = (call for call in calls if call.caller.lane is lane)
    return statistics.fmean(
        DURATION_S - call.caller.arrived_s if call.waited_s is None else call.waited_s for call in own
    )


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    found = [overload(seed) for seed in range(1, seeds + 1)]
    held = sum(each.ratio <= 1 / 3 for each in found)
    kept = sum(each.standard_share >= 1 / 3 for each in found)
    ratios = sorted(each.ratio for each in found)
    print(f"{seeds} runs of {DURATION_S / 3600:g} h, {AGENTS} agents, 5 to 25 % too few of them")
    print(f"accessibility waits at most a third of the standard mean in {held / seeds:.1%} of the runs")
    print(f"  its mean wait is {statistics.median(ratios):.2f} of theirs in the median, {ratios[-1]:.2f} at worst")
    least = min(each.standard_share for each in found)
    print(f"standard callers keep a third of the assignments in {kept / seeds:.1%} of the runs, {least:.0%} at least")
    return int(held < 0.99 * seeds or kept < seeds)


if __name__ == "__main__":
    sys.exit(main())
