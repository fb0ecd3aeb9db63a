"""What Erlang C and Erlang A say of a scenario's load, as far as they can.

The formulas know one kind of caller and one kind of agent. Queues that share agents are therefore taken together, and
a day is taken apart where rates or shifts change: each stretch as if it had always been so, weighted by its callers
(SIPP: the stationary independent period by period approach [Green, Kolesar, Soares, Operations Research 49 (2001)]).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from telephony.core.ids import QueueName
from telephony.simulation.erlang import Expected, Load, erlang_a, erlang_c
from telephony.simulation.scenario import HOUR_S, AgentGroup, Arrivals, Scenario


@dataclass(frozen=True, slots=True)
class Pool:
    """Queues that share agents. Erlang C is None where more work comes, at some time of the run, than its agents can
    do; Erlang A where nobody ever gives up.
    """

    queues: tuple[QueueName, ...]
    erlangs: float  # mean over the run
    agents: float  # likewise
    erlang_c: Expected | None
    erlang_a: Expected | None


def expected(scenario: Scenario) -> list[Pool]:
    """By the name of their first queue; queues without callers are left out."""
    return [_pool(scenario, queues) for queues in _shared(scenario)]


def _shared(scenario: Scenario) -> list[tuple[QueueName, ...]]:
    """Queues with callers, together wherever one agent serves both."""
    parts = [{queue} for queue in sorted({stream.queue for stream in scenario.arrivals})]
    for group in scenario.agents:
        own = [part for part in parts if any(group.skills.get(queue, 0) >= 1 for queue in part)]
        if group.count and len(own) > 1:
            parts = [part for part in parts if part not in own] + [set().union(*own)]
    return sorted(tuple(sorted(part)) for part in parts)


def _pool(scenario: Scenario, queues: tuple[QueueName, ...]) -> Pool:
    groups = [each for each in scenario.agents if any(each.skills.get(queue, 0) >= 1 for queue in queues)]
    streams = [each for each in scenario.arrivals if each.queue in queues]
    stretches = list(_stretches(scenario, groups, streams))
    loads = [load for _, load in stretches]
    seconds = [length for length, _ in stretches]
    threshold_s = scenario.service_level_s
    return Pool(
        queues=queues,
        erlangs=_weighted([load.erlangs for load in loads], seconds),
        agents=_weighted([load.agents for load in loads], seconds),
        erlang_c=_together(stretches, lambda load: erlang_c(load, threshold_s)),
        erlang_a=_together(stretches, lambda load: erlang_a(load, threshold_s)),
    )


def _stretches(
    scenario: Scenario, groups: Sequence[AgentGroup], streams: Sequence[Arrivals]
) -> Iterator[tuple[float, Load]]:
    """Lengths in seconds and loads, from each change of a rate or of a shift to the next."""
    end_s = scenario.duration_s
    changes = {0.0, end_s, *(at for each in groups for at in (each.from_s, each.to_s) if at < end_s)}
    if any(len(each.rates_per_h) > 1 for each in streams):
        changes |= {hour * HOUR_S for hour in range(math.ceil(end_s / HOUR_S))}
    for begin, end in pairwise(sorted(changes)):
        agents = sum(each.count for each in groups if each.from_s <= begin < each.to_s)
        rates = [each.rate_per_s(begin, end_s) for each in streams]
        rate = math.fsum(rates)
        after_s = _weighted([each.answer_after_s for each in groups], [each.count for each in groups])
        works = [after_s + each.handle_mean_s + _wrap_up_s(scenario, each.queue) for each in streams]
        leaving = _weighted([1 / each.patience_mean_s if each.patience_mean_s else 0.0 for each in streams], rates)
        yield end - begin, Load(rate, _weighted(works, rates), agents, 1 / leaving if leaving else None)


def _wrap_up_s(scenario: Scenario, queue: QueueName) -> float:
    rules = scenario.queues.get(queue)
    return rules.wrap_up_s if rules else 0.0


def _together(stretches: Iterable[tuple[float, Load]], formula: Callable[[Load], Expected | None]) -> Expected | None:
    found = [(length * load.rate_per_s, formula(load)) for length, load in stretches if load.rate_per_s > 0]
    known = [each for _, each in found if each is not None]
    if not known or len(known) < len(found):
        return None
    callers = [weight for weight, _ in found]
    return Expected(
        wait_probability=_weighted([each.wait_probability for each in known], callers),
        wait_mean_s=_weighted([each.wait_mean_s for each in known], callers),
        abandoned_ratio=_weighted([each.abandoned_ratio for each in known], callers),
        answered_in_time_ratio=_weighted([each.answered_in_time_ratio for each in known], callers),
        occupancy=_weighted([each.occupancy for each in known], callers),
    )


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    total = math.fsum(weights)
    return math.fsum(value * weight for value, weight in zip(values, weights, strict=True)) / total if total else 0.0
