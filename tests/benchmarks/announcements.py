"""Calibration of what callers are told of their wait, over every announcement made in simulated days.

`python -m tests.benchmarks.announcements [seeds]` plays different days (default: 5 seeds each) in which everybody in
line is told on entering and every minute, and prints: how often the real wait was within the range (80 % or more are
wanted), the median of width to what it may be, the larger of 2 min and half the middle (1 or less), and how often
nothing was said (15 % or less). Who gave up before the range was over is not counted: nobody knows that wait.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from telephony.core.estimate import Minutes
from telephony.core.rules import QueueRules
from telephony.core.views import Lane
from telephony.simulation.callers import draw
from telephony.simulation.run import Run, play
from telephony.simulation.scenario import AgentGroup, Arrivals, Handle, Scenario
from tests.unit.queueing import SUPPORT, simple

SEEDS = 5
EVERY_S = 60.0
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Case:
    """One occasion to say something: the range, and the real wait; `held` None where nobody knows."""

    said: Minutes | None
    held: bool | None


@dataclass(frozen=True, slots=True)
class Calibration:
    occasions: int
    silent: float
    covered: float
    width: float  # median, in relation to what it may be

    @property
    def good(self) -> bool:
        return self.silent <= 0.15 and self.covered >= 0.8 and self.width <= 1


def cases(run: Run, end_s: float) -> Iterator[Case]:
    calls = {call.caller.id: call for call in run.calls}
    for each in run.announcements:
        call, said = calls[each.interaction], each.said
        ends_s = call.answered_s or call.abandoned_s or end_s
        left_s = ends_s - each.at_s
        if said is None:
            yield Case(None, None)
        elif call.answered_s is None:
            yield Case(said, False if left_s > said.high * 60 else None)
        else:
            yield Case(said, said.low * 60 <= left_s <= said.high * 60)


def calibration(found: Sequence[Case]) -> Calibration:
    said = [case.said for case in found if case.said]
    known = [case.held for case in found if case.held is not None]
    widths = [(each.high - each.low) / max(2.0, (each.low + each.high) / 4) for each in said]
    return Calibration(len(found), 1 - len(said) / len(found), statistics.fmean(known), statistics.median(widths))


def days() -> dict[str, Scenario]:
    """Different houses: small and large, busy and overloaded, patient or not, one lane and two."""
    steady = simple(agents=12, rate_per_h=12 * 20 * 0.95, handle_s=180, duration_s=8 * HOUR_S)
    impatient = simple(agents=10, rate_per_h=10 * 12 * 1.2, handle_s=300, duration_s=8 * HOUR_S, patience_s=600)
    small = simple(agents=4, rate_per_h=4 * 15 * 0.9, handle_s=240, duration_s=8 * HOUR_S)
    overload = simple(agents=20, rate_per_h=20 * 15 * 1.1, handle_s=240, duration_s=8 * HOUR_S)
    return {
        "12 agents, load 0.95": steady,
        "10 agents, 20 % too few, patience 10 min": impatient,
        "4 agents, load 0.9": small,
        "20 agents, 10 % too few": overload,
        "the same, two lanes": _with_access(overload, 0.15),
        "a day of changing rates, wrap-up, shifts": _real_day(),
    }


def _with_access(base: Scenario, share: float) -> Scenario:
    (stream,) = base.arrivals
    rates = tuple(rate * share for rate in stream.rates_per_h)
    rest = replace(stream, rates_per_h=tuple(rate * (1 - share) for rate in stream.rates_per_h))
    return replace(base, arrivals=(rest, replace(stream, lane=Lane.ACCESSIBILITY, rates_per_h=rates)))


def _real_day() -> Scenario:
    rates = (120.0, 260.0, 330.0, 300.0, 240.0, 230.0, 260.0, 220.0, 180.0, 120.0)
    stream = Arrivals(SUPPORT, Lane.STANDARD, rates, handle_mean_s=210.0, handle=Handle.EXP, patience_mean_s=900.0)
    agents = (AgentGroup(10, {"support": 1}, 0.0, 10 * HOUR_S), AgentGroup(7, {"support": 1}, 0.0, 7 * HOUR_S))
    return _with_access(Scenario(10 * HOUR_S, 1, agents, (stream,), {SUPPORT: QueueRules(wrap_up_s=15.0)}), 0.1)


def played(scenario: Scenario, seeds: int) -> list[Case]:
    runs = (play(scenario, draw(scenario, seed), EVERY_S) for seed in range(1, seeds + 1))
    return [case for run in runs for case in cases(run, scenario.duration_s)]


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    every: list[Case] = []
    for name, scenario in days().items():
        found = played(scenario, seeds)
        every += found
        _print(name, calibration(found))
    together = calibration(every)
    _print("all", together)
    return int(not together.good)


def _print(name: str, found: Calibration) -> None:
    print(
        f"{name:42} {found.occasions:7} occasions: {found.covered:6.1%} within the range, "
        f"median width {found.width:.2f} of what it may be, silent {found.silent:6.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
