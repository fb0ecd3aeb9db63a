"""The simulator beside queueing theory, and its speed.

`python -m tests.benchmarks.simulate [seeds]` prints the mean waits over the seeds (default 30) with their distance from
Erlang C (a load of 0.7, 0.8 and 0.9) and, with patience, from Erlang A in standard errors; every single wait is
compared with first come, first served; then a day of 10,000 calls is timed.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass, replace

from telephony.core.views import Lane
from telephony.simulation.callers import draw
from telephony.simulation.run import Call, play
from telephony.simulation.scenario import AgentGroup, Scenario
from telephony.simulation.study import spread
from telephony.simulation.theory import expected
from tests.unit.queueing import kiefer_wolfowitz, simple

AGENTS, HANDLE_S = 5, 60.0
WARM_UP_S = 2 * 3600.0  # the formulas know no morning: the line begins empty
DURATION_S = 8 * 3600.0
SEEDS = 30
DAY_CALLS, DAY_TARGET_S = 10_000, 10.0


@dataclass(frozen=True, slots=True)
class Compared:
    mean_s: float
    error_s: float
    theory_s: float
    different: int | None  # waits unlike those of first come, first served; None with patience

    @property
    def errors(self) -> float:
        return abs(self.mean_s - self.theory_s) / self.error_s


def compare(scenario: Scenario, seeds: int, warm_up_s: float) -> Compared:
    means, different = [], 0
    for seed in range(1, seeds + 1):
        calls = play(scenario, draw(scenario, seed)).calls
        means.append(_mean_s(calls, warm_up_s))
        different += _unlike(calls, scenario)
    (pool,) = expected(scenario)
    theory, patient = pool.erlang_a or pool.erlang_c, pool.erlang_a is None
    found = spread(means)
    assert theory
    assert found
    assert found.standard_error
    return Compared(found.mean, found.standard_error, theory.wait_mean_s, different if patient else None)


def _mean_s(calls: tuple[Call, ...], warm_up_s: float) -> float:
    """Of who came after the warm-up; who is still in line at the end has waited so long, at least."""
    later = [call for call in calls if call.caller.arrived_s >= warm_up_s]
    return statistics.fmean(wait for call in later if (wait := call.waited_s) is not None)


def _unlike(calls: tuple[Call, ...], scenario: Scenario) -> int:
    arrivals = [(call.caller.arrived_s, call.caller.handle_s) for call in calls]
    fcfs = kiefer_wolfowitz(arrivals, scenario.agents[0].count)
    ended = [at if at <= scenario.duration_s else None for at in fcfs]
    return sum(call.answered_s != at for call, at in zip(calls, ended, strict=True))


def day() -> Scenario:
    """10,000 calls in 24 hours, two lanes, two skills, patience and wrap-up."""
    base = simple(agents=20, rate_per_h=340.0, handle_s=180.0, duration_s=86_400.0, patience_s=300.0)
    trained = AgentGroup(8, {"support": 2, "accessibility": 1}, 0.0, 86_400.0)
    access = replace(base.arrivals[0], lane=Lane.ACCESSIBILITY, rates_per_h=(77.0,), requires={"accessibility": 1})
    return replace(base, agents=(*base.agents, trained), arrivals=(*base.arrivals, access))


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    worst = 0.0
    for rho, patience_s in ((0.7, None), (0.8, None), (0.9, None), (0.9, 120.0), (1.2, 120.0)):
        scenario = simple(
            agents=AGENTS, rate_per_h=rho * AGENTS / HANDLE_S * 3600, handle_s=HANDLE_S, duration_s=DURATION_S,
            patience_s=patience_s,
        )  # fmt: skip
        found = compare(scenario, seeds, WARM_UP_S)
        worst = max(worst, found.errors)
        formula = "Erlang C" if patience_s is None else f"Erlang A, patience {patience_s:g} s"
        unlike = "" if found.different is None else f"; {found.different} waits unlike first come, first served"
        print(
            f"load {rho}: mean wait {found.mean_s:.2f} ± {found.error_s:.2f} s over {seeds} seeds, "
            f"{formula} {found.theory_s:.2f} s: {found.errors:.1f} standard errors{unlike}"
        )
    callers = draw(day(), 1)
    began = time.perf_counter()
    play(day(), callers)
    took = time.perf_counter() - began
    print(f"a day of {len(callers)} calls: {took:.1f} s ({took / DAY_TARGET_S:.2f} of what it may take)")
    return int(worst > 3)


if __name__ == "__main__":
    sys.exit(main())
