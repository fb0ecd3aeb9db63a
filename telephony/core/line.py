"""The line: who waits, in which order, and who is next for the agents that are free.

Two lanes. Accessibility callers are served first; but while a standard caller is overdue (waits longer than the
queue's `max_wait_s`), every third assignment goes to the oldest overdue one: priority holds in overload, and nobody
starves. Within a lane the first to have arrived is the first to be served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from telephony.core.agent import Agent
from telephony.core.ids import InteractionId, QueueName
from telephony.core.views import Lane

OVERDUE_TURN = 3  # every third assignment, while someone is overdue


class Rule(StrEnum):
    ACCESSIBILITY_FIRST = "accessibility_first"
    OVERDUE_TURN = "overdue_turn"
    FIRST_COME = "first_come"


@dataclass(frozen=True, slots=True)
class Waiting:
    interaction: InteractionId
    queue: QueueName
    lane: Lane
    first_arrival: float
    requires: Mapping[str, int]
    max_wait_s: float

    def overdue(self, now: float) -> bool:
        return self.lane is Lane.STANDARD and now - self.first_arrival > self.max_wait_s


@dataclass(frozen=True, slots=True)
class Choice:
    waiting: Waiting
    agent: Agent
    rule: Rule


@dataclass(slots=True)
class Line:
    """Those who wait. `choose` looks, `take` changes: an offer that is not answered returns to its old place."""

    _waiting: dict[InteractionId, Waiting] = field(default_factory=dict)
    _since_overdue: int = 0  # assignments in a row that passed an overdue caller by

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    def add(self, waiting: Waiting) -> None:
        self._waiting[waiting.interaction] = waiting

    def remove(self, interaction: InteractionId) -> None:
        self._waiting.pop(interaction, None)

    def count(self, lane: Lane) -> int:
        return sum(waiting.lane is lane for waiting in self._waiting.values())

    def choose(self, free: Iterable[Agent], now: float) -> Choice | None:
        """The next caller for whom one of the `free` agents will do, and that agent: the longest idle one."""
        agents = sorted(free, key=lambda agent: (agent.idle_since, agent.agent))
        if not agents:
            return None
        for rule, waiting in self._in_order(now):
            for agent in agents:
                if agent.can_serve(waiting.requires):
                    return Choice(waiting, agent, rule)
        return None

    def take(self, choice: Choice, now: float) -> None:
        """Carry the choice out: the caller leaves the line, and the turn of the overdue is counted."""
        passed_by = any(
            waiting.overdue(now) for waiting in self._waiting.values() if waiting is not choice.waiting
        ) and not choice.waiting.overdue(now)
        self._since_overdue = self._since_overdue + 1 if passed_by else 0
        self.remove(choice.waiting.interaction)

    def _in_order(self, now: float) -> Iterable[tuple[Rule, Waiting]]:
        by_arrival = sorted(self._waiting.values(), key=lambda each: (each.first_arrival, each.interaction))
        if self._since_overdue >= OVERDUE_TURN - 1:
            yield from ((Rule.OVERDUE_TURN, each) for each in by_arrival if each.overdue(now))
        for lane, rule in ((Lane.ACCESSIBILITY, Rule.ACCESSIBILITY_FIRST), (Lane.STANDARD, Rule.FIRST_COME)):
            yield from ((rule, each) for each in by_arrival if each.lane is lane)
