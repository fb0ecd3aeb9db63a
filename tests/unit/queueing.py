"""First come, first served, written down another way, and small scenarios for the tests of the simulator."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from telephony.core.ids import QueueName
from telephony.core.views import Lane
from telephony.simulation.scenario import AgentGroup, Arrivals, Scenario

SUPPORT = QueueName("support")


def kiefer_wolfowitz(calls: Iterable[tuple[float, float]], agents: int) -> list[float]:
    """When each of the (arrived_s, handle_s), by arrival, is answered: by the agent who is free first
    [Kiefer and Wolfowitz, On the theory of queues with many servers (1955), eq. 2.1, in moments instead of waits].
    """
    free_s = [0.0] * agents
    answered = []
    for arrived_s, handle_s in calls:
        answered.append(max(arrived_s, free_s[0]))
        heapq.heapreplace(free_s, answered[-1] + handle_s)
    return answered


def simple(
    *, agents: int, rate_per_h: float, handle_s: float, duration_s: float, patience_s: float | None = None
) -> Scenario:
    """One queue, one skill, one priority."""
    group = AgentGroup(agents, {"support": 1}, 0.0, duration_s)
    callers = Arrivals(SUPPORT, Lane.STANDARD, (rate_per_h,), handle_mean_s=handle_s, patience_mean_s=patience_s)
    return Scenario(duration_s, 1, (group,), (callers,))
