"""The line by itself: what a decision costs with 100 to 100,000 callers waiting and 1,000 agents with skills.

`python -m tests.benchmarks.line [decisions]` plays an overloaded house: every agent is busy, one becomes free, gets the
next caller, and another caller arrives. A decision is one of: a caller arrives and nobody is free (`arrival`); an agent
is freed and the next caller chosen, explained and taken off (`freed`); time passes so far that somebody is overdue or
needs less (`time`). The last row stands for an idle house: nobody waits, 1,000 are free, one caller arrives. Times are
those of a core, with the garbage collector at work; callers ask for some 200 different things.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable
from itertools import count

from telephony.core.agent import Agent
from telephony.core.explain import describe
from telephony.core.free_agents import ACCESSIBILITY_SKILL
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.line import Line
from telephony.core.rules import Boost, QueueRules, Relaxation, Rules
from telephony.core.views import AgentState, Lane
from telephony.core.waiting import Waiting

WAITING = (100, 1_000, 10_000, 100_000)
AGENTS = 1_000
DECISIONS = 20_000
WARM_UP = 3_000  # decisions, in which whatever is asked of agents has been asked of each
TARGET_US = 200.0
TARGET_AT = 10_000
QUEUES = ("sales", "support", "billing")
LANGUAGES = ("english", "ukrainian")
PRODUCTS = ("internet", "television", "voip")


def rules() -> Rules:
    boosts = {Boost.OUTAGE: 120.0, Boost.REPEAT: 180.0, Boost.COMPLAINT: 300.0}
    return Rules(
        {
            QueueName(queue): QueueRules(
                boosts=boosts,
                reserve=3,
                relax=(Relaxation(60.0, queue, 2), Relaxation(180.0, queue, 1, instead=other)),
            )
            for queue, other in zip(QUEUES, QUEUES[1:] + QUEUES[:1], strict=True)
        }
    )


class House:
    """So many callers in the line, none of whom anybody free could serve, and agents who are all busy."""

    def __init__(self, waiting: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.line = Line(rules())
        self.now = 1_800_000_000.0
        self.gap_s = 3_600.0 / max(waiting, 1)  # the line reaches back an hour: two thirds of it are overdue
        self._sequence = count()
        self.taken: list[Agent] = []
        self.agents = [self._agent(number) for number in range(AGENTS)]
        for agent in self.agents:
            self.line.free(agent)
            self.line.busy(agent.agent)
        for _ in range(waiting):
            self.now += self.gap_s
            self.line.add(self.caller())
        self.line.choose(self.now)

    def caller(self) -> Waiting:
        rng, number = self.rng, next(self._sequence)
        queue = rng.choice(QUEUES)
        requires = {queue: rng.randint(1, 3)}
        if rng.random() < 0.2:
            requires[rng.choice(LANGUAGES)] = rng.randint(1, 2)
        if rng.random() < 0.3:
            requires[rng.choice(PRODUCTS)] = 1
        wishes = {rng.choice(PRODUCTS): 2} if rng.random() < 0.5 else {}
        lane = Lane.ACCESSIBILITY if rng.random() < 0.1 else Lane.STANDARD
        boosts = frozenset({rng.choice(list(Boost))}) if rng.random() < 0.2 else frozenset()
        return Waiting(InteractionId(f"c{number}"), QueueName(queue), lane, self.now, requires, number, wishes, boosts)

    def freed(self) -> Agent:
        agent = self.rng.choice(self.agents)
        return Agent(agent.agent, agent.endpoint, agent.skills, AgentState.AVAILABLE, idle_since=self.now)

    def _agent(self, number: int) -> Agent:
        rng = self.rng
        skills = {queue: rng.randint(1, 3) for queue in rng.sample(QUEUES, rng.randint(1, 2))}
        skills |= {language: rng.randint(1, 2) for language in LANGUAGES if rng.random() < 0.4}
        skills |= {product: rng.randint(1, 2) for product in PRODUCTS if rng.random() < 0.5}
        if rng.random() < 0.2:
            skills[ACCESSIBILITY_SKILL] = 1
        return Agent(AgentId(f"a{number}"), f"p{number}", skills, AgentState.AVAILABLE, idle_since=float(number))


def timed(run: Callable[[], object]) -> float:
    """Microseconds on a core: who else is busy on this machine does not count."""
    begun = time.thread_time_ns()
    run()
    return (time.thread_time_ns() - begun) / 1_000


def decide(house: House) -> None:
    """Whatever there is to be decided now, as `core.offers` does it."""
    while choice := house.line.choose(house.now):
        decision = house.line.decision(choice)
        house.line.take(choice)
        house.taken.append(choice.agent)
        describe(decision, house.now)


def arrival(house: House, caller: Waiting) -> None:
    house.line.add(caller)
    decide(house)


def freed(house: House, agent: Agent) -> None:
    house.line.free(agent)
    decide(house)


def overloaded(waiting: int, decisions: int) -> dict[str, list[float]]:
    house = House(waiting, seed=waiting)
    cost: dict[str, list[float]] = {"arrival": [], "freed": [], "time": []}
    for number in range(WARM_UP + decisions):
        if number == WARM_UP:
            cost = {name: [] for name in cost}
        house.now += house.gap_s / 2
        cost["time"].append(timed(lambda: decide(house)))
        agent = house.freed()
        cost["freed"].append(timed(lambda agent=agent: freed(house, agent)))  # type: ignore[misc]
        house.line.busy(agent.agent)  # nobody was there for this agent: as if back in a pause
        house.now += house.gap_s / 2
        decide(house)
        caller = house.caller()
        cost["arrival"].append(timed(lambda caller=caller: arrival(house, caller)))  # type: ignore[misc]
    return cost


def idle(decisions: int) -> list[float]:
    house = House(0, seed=1)
    for agent in house.agents:
        house.line.free(agent)
    cost = []
    for _ in range(decisions):
        house.now += 1.0
        caller = house.caller()
        cost.append(timed(lambda caller=caller: arrival(house, caller)))  # type: ignore[misc]
        house.line.remove(caller.interaction)
        for agent in house.taken:  # is back, and the last to have become idle
            house.line.free(Agent(agent.agent, "p", agent.skills, AgentState.AVAILABLE, idle_since=house.now))
        house.taken.clear()
    return cost


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def told(name: str, values: list[float]) -> str:
    return f"{name} {percentile(values, 0.5):6.1f} / {percentile(values, 0.99):6.1f}"


def main() -> None:
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS
    gc.freeze()
    print(
        f"{AGENTS} agents, microseconds per decision, median / p99 (target: p99 under {TARGET_US:.0f} at {TARGET_AT})"
    )
    worst: dict[int, float] = {}
    for waiting in WAITING:
        cost = overloaded(waiting, decisions)
        worst[waiting] = max(percentile(each, 0.99) for each in cost.values())
        print(f"{waiting:>7} waiting: ", "   ".join(told(name, values) for name, values in cost.items()), flush=True)
    print("nobody waits, all free: ", told("arrival", idle(decisions)))
    ratio = worst[100_000] / worst[10_000]
    print(f"at {TARGET_AT}: {worst[TARGET_AT]:.0f} of {TARGET_US:.0f} us allowed")
    print(f"100,000 against 10,000: {ratio:.2f} times (log n: 1.25)")


if __name__ == "__main__":
    main()
