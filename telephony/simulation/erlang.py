"""What queueing theory says of a load: Erlang C, where nobody gives up, and Erlang A, where callers do.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities…" (1917), in the form of L. Kleinrock,
Queueing Systems 1, §3.5; C. Palm (1946), in the form of A. Mandelbaum and S. Zeltyn, "The Palm/Erlang-A Queue, with
Applications to Call Centers" (2005), §3 and §4. Both: Poisson arrivals, exponential handling, agents alike, first come
first served, and a system that has run for long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_NEGLIGIBLE = 1e-16  # a state so improbable, and all beyond it, change no figure that anybody reads
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Load:
    """`patience_mean_s` is the mean of exponential patience; None: for ever."""

    rate_per_s: float
    handle_mean_s: float
    agents: int
    patience_mean_s: float | None = None

    @property
    def erlangs(self) -> float:
        return self.rate_per_s * self.handle_mean_s


@dataclass(frozen=True, slots=True)
class Expected:
    """Means over all callers, the ones who give up among them; ratios are of all callers."""

    wait_probability: float
    wait_mean_s: float
    abandoned_ratio: float
    answered_in_time_ratio: float  # answered within the threshold
    occupancy: float


def erlang_c(load: Load, threshold_s: float) -> Expected | None:
    """M/M/N; None where more work comes than the agents can do, so that the line has no steady state."""
    if load.erlangs >= load.agents:
        return None
    busy = erlang_b(load.erlangs, load.agents)
    occupancy = load.erlangs / load.agents
    waits = busy / (1 - occupancy * (1 - busy))
    if load.handle_mean_s == 0:
        return Expected(0.0, 0.0, 0.0, 1.0, 0.0)
    drain_per_s = (load.agents - load.erlangs) / load.handle_mean_s
    in_time = 1 - waits * math.exp(-drain_per_s * threshold_s)
    return Expected(waits, waits / drain_per_s, 0.0, in_time, occupancy)


def erlang_b(erlangs: float, agents: int) -> float:
    """The probability that all are busy when nobody waits (M/M/N/N), by the recursion over N [ITU-T E.501 §A]."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = erlangs * blocked / (number + erlangs * blocked)
    return blocked


def erlang_a(load: Load, threshold_s: float) -> Expected | None:
    """M/M/N+M; None without patience (nobody gives up: Erlang C), without agents, or without work."""
    if load.patience_mean_s is None or load.agents == 0 or load.erlangs == 0:
        return None
    waiting = _waiting_states(load)
    others = 1 / max(erlang_b(load.erlangs, load.agents), _TINY)  # all states without a line, as multiples of state N
    total = others + math.fsum(waiting[1:])
    queue = math.fsum(number * weight for number, weight in enumerate(waiting)) / total
    abandoned = queue / load.patience_mean_s / load.rate_per_s
    reached = zip(waiting, _reached_in_time(load, threshold_s, len(waiting)), strict=True)
    in_time = (others - 1 + math.fsum(weight * ratio for weight, ratio in reached)) / total
    occupancy = load.erlangs * (1 - abandoned) / load.agents
    return Expected(math.fsum(waiting) / total, queue / load.rate_per_s, abandoned, in_time, occupancy)


def _waiting_states(load: Load) -> list[float]:
    """The steady state with all agents busy and 0, 1, 2, … callers in line, as multiples of the first."""
    assert load.patience_mean_s
    weights = [1.0]
    while weights[-1] > _NEGLIGIBLE * max(weights):
        leave_per_s = load.agents / load.handle_mean_s + len(weights) / load.patience_mean_s
        weights.append(weights[-1] * load.rate_per_s / leave_per_s)
    return weights


def _reached_in_time(load: Load, threshold_s: float, states: int) -> list[float]:
    """The probability that who finds 0, 1, 2, … in line is answered within the threshold and has not given up.

    The stages of that wait have the rates Nμ + kθ, k = 0 … n: the wait is -ln(X)/θ with X of the Beta distribution
    (Nμ/θ, n + 1), and the incomplete beta function follows by recursion over n [DLMF 8.17.20].
    """
    assert load.patience_mean_s
    served = load.agents * load.patience_mean_s / load.handle_mean_s  # Nμ/θ
    x = math.exp(-threshold_s / load.patience_mean_s)
    beyond = x ** (served + 1)
    step = beyond * (1 - x) * (served + 1)
    found = []
    for number in range(states):
        found.append(served / (served + number + 1) * (1 - beyond))
        beyond += step
        step *= (1 - x) * (served + number + 2) / (number + 2)
    return found
