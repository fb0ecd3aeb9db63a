"""A scenario: who calls, who answers, for how long. Frozen records; times are seconds from the start of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from telephony.core.ids import QueueName
from telephony.core.rules import Boost, QueueRules
from telephony.core.views import Lane

HOUR_S = 3600.0


class Handle(StrEnum):
    """How handling times are drawn: exponentially, or all alike."""

    EXP = "exp"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class OverflowTo:
    """Where a caller goes whom the queue lets go: to another `queue`, to a call-back, or away (both are not set)."""

    queue: QueueName | None = None
    call_back: bool = False


class ScenarioError(ValueError):
    """The scenario cannot be played; `str()` gives `file:line: place: what is expected there`."""


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """`count` agents alike, signed in from `from_s` to `to_s`; a call under way then is still finished."""

    count: int
    skills: Mapping[str, int]
    from_s: float
    to_s: float
    answer_after_s: float = 0.0  # how long the phone rings before it is picked up
    name: str = ""
    no_answer_ratio: float = 0.0  # share of rings that nobody picks up
    back_after_s: float = 60.0  # after which who was set aside for that is ready again


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call of the real history; what is not known of it is None and drawn."""

    arrived_s: float
    handle_s: float | None = None
    patience_s: float | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """One stream of callers: either `rates_per_h` (Poisson, one rate or one for each hour) or known `calls`."""

    queue: QueueName
    lane: Lane
    rates_per_h: tuple[float, ...] = ()
    calls: tuple[PastCall, ...] = ()
    handle_mean_s: float = 180.0
    handle: Handle = Handle.EXP
    patience_mean_s: float | None = None  # of exponential patience; None: for ever
    requires: Mapping[str, int] = field(default_factory=dict)
    wishes: Mapping[str, int] = field(default_factory=dict)
    boosts: frozenset[Boost] = frozenset()
    overflow: OverflowTo | None = None  # None: the flow knows no other way than the line
    callback_ratio: float = 1.0  # share of those who are offered a call-back and take it
    reached_ratio: float = 1.0  # share of calls back that are picked up

    def rate_per_s(self, at_s: float, duration_s: float) -> float:
        """Calls per second around `at_s`; of known calls the mean over the run."""
        if self.calls:
            return len(self.calls) / duration_s
        if len(self.rates_per_h) <= 1:
            return sum(self.rates_per_h) / HOUR_S
        hour = int(at_s // HOUR_S)
        return self.rates_per_h[hour] / HOUR_S if hour < len(self.rates_per_h) else 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    duration_s: float
    seed: int
    agents: tuple[AgentGroup, ...]
    arrivals: tuple[Arrivals, ...]
    queues: Mapping[QueueName, QueueRules] = field(default_factory=dict)
    service_level_s: float = 20.0

    def with_agents(self, more: int, group: str = "") -> Scenario:
        """The same with so many agents more (or fewer) in the group of that name, the first where none is named."""
        at = next((i for i, each in enumerate(self.agents) if not group or each.name == group), None)
        if at is None:
            raise ScenarioError(f"no [[agents]] has the name {group!r}" if group else "there are no [[agents]]")
        changed = replace(self.agents[at], count=self.agents[at].count + more)
        if changed.count < 0:
            raise ScenarioError(f"{more:+d} agents would leave {changed.count}")
        return replace(self, agents=(*self.agents[:at], changed, *self.agents[at + 1 :]))
