"""How long a screen-pop took from the offer to the page, and whether it was there before the phone rang."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, replace

from telephony.core.ids import AgentId, InteractionId
from telephony.core.views import CallView

INTERACTIONS = 10_000


@dataclass(frozen=True, slots=True)
class PopTiming:
    """One offer. `visible` is False where the page that painted first was in the background."""

    interaction: InteractionId
    attempt: int
    agent: AgentId
    offered_at: float
    painted_at: float | None = None
    rang_at: float | None = None
    visible: bool = True

    @property
    def pop_ms(self) -> float | None:
        return None if self.painted_at is None else (self.painted_at - self.offered_at) * 1000

    @property
    def before_ring(self) -> bool:
        return self.painted_at is not None and (self.rang_at is None or self.painted_at <= self.rang_at)


class PopTimings:
    """The timings of the last interactions, by interaction and attempt."""

    def __init__(self, interactions: int = INTERACTIONS) -> None:
        self._interactions = interactions
        self._timings: OrderedDict[InteractionId, dict[int, PopTiming]] = OrderedDict()
        self._late: Counter[AgentId] = Counter()

    def late(self, agent: AgentId) -> int:
        """How often this agent's phone rang before a page had painted the call, since the server started."""
        return self._late[agent]

    def of(self, interaction: InteractionId) -> list[PopTiming]:
        return list(self._timings.get(interaction, {}).values())

    def offered(self, interaction: InteractionId, attempt: int, agent: AgentId, offered_at: float) -> None:
        self._timings.setdefault(interaction, {})[attempt] = PopTiming(interaction, attempt, agent, offered_at)
        while len(self._timings) > self._interactions:
            self._timings.popitem(last=False)

    def painted(
        self, interaction: InteractionId, attempt: int, agent: AgentId, now: float, *, visible: bool = True
    ) -> bool:
        """The first page's acknowledgement counts; False for every other one, and for what was never offered."""
        timing = self._timings.get(interaction, {}).get(attempt)
        if timing is None or timing.agent != agent or timing.painted_at is not None:
            return False
        self._timings[interaction][attempt] = replace(timing, painted_at=now, visible=visible)
        return True

    def seen(self, call: CallView) -> None:
        """Learn from the call when the phone rang."""
        timing = self._timings.get(call.interaction, {}).get(call.attempt)
        if timing and timing.rang_at is None and call.rang_at is not None:
            self._timings[call.interaction][call.attempt] = replace(timing, rang_at=call.rang_at)
            self._late[timing.agent] += timing.painted_at is None
