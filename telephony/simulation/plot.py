"""The picture of a study: how long callers waited, and the service level with fewer and with more agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from telephony.core.views import Lane
from telephony.simulation.chart import Curve, Panel, svg
from telephony.simulation.run import Call
from telephony.simulation.study import Study, study
from telephony.simulation.summary import Figures
from telephony.simulation.theory import expected

AROUND = 5  # so many agents fewer and more
POINTS = 200  # of a curve


def plot(base: Study, title: str) -> str:
    """An SVG document. Plays the scenario again for each number of agents, with the seeds of `base`."""
    threshold_s = base.scenario.service_level_s
    waited = Panel("Callers who waited longer than …", "minutes", tuple(_waits(base.first.calls)))
    level = Panel(f"Answered within {threshold_s:g} s, of all callers", "agents", tuple(_levels(base)))
    return svg(title, [waited, level])


def _waits(calls: Sequence[Call]) -> Iterator[Curve]:
    for lane in Lane:
        waits = sorted(wait for call in calls if call.caller.lane is lane and (wait := call.waited_s) is not None)
        if waits:
            yield Curve(lane, tuple(_longer_than(waits)))


def _longer_than(waits: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The share of callers whose wait exceeded each wait, in minutes, thinned out."""
    at_once = sum(wait == 0 for wait in waits)
    yield 0.0, 1 - at_once / len(waits)
    for number in range(at_once, len(waits), max(1, (len(waits) - at_once) // POINTS)):
        yield waits[number] / 60, 1 - (number + 1) / len(waits)
    yield waits[-1] / 60, 0.0


def _levels(base: Study) -> Iterator[Curve]:
    if not base.scenario.agents:
        return
    now = sum(group.count for group in base.scenario.agents)
    least = -min(AROUND, base.scenario.agents[0].count)
    by_agents = {now + more: _with(base, more) for more in range(least, AROUND + 1)}
    found = [(agents, each.spread(_of_all)) for agents, each in by_agents.items()]
    yield Curve("simulated", tuple((agents, spread.mean) for agents, spread in found if spread))
    pools = [(agents, expected(each.scenario)) for agents, each in by_agents.items()]
    if all(len(of) == 1 for _, of in pools):
        c = [(agents, of[0].erlang_c.answered_in_time_ratio) for agents, of in pools if of[0].erlang_c]
        a = [(agents, of[0].erlang_a.answered_in_time_ratio) for agents, of in pools if of[0].erlang_a]
        yield from (Curve(name, tuple(points)) for name, points in (("Erlang C", c), ("Erlang A", a)) if points)


def _with(base: Study, more: int) -> Study:
    return study(base.scenario.with_agents(more), len(base.seeds)) if more else base


def _of_all(found: Figures) -> float | None:
    return found.service_level.of_all
