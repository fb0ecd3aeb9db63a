"""What callers in line are told of their wait: from the line's own present, and never more than before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from telephony.core.agent import AWAY, Agent
from telephony.core.devices import NO_DEVICE
from telephony.core.estimate import Minutes, Present, estimate, mean_wait_s
from telephony.core.ids import InteractionId
from telephony.core.recent import Recent
from telephony.core.views import AgentState, CallState, CallView, Direction, Lane, Outcome
from telephony.core.waiting import Waiting


@dataclass(slots=True)
class Outlook:
    """Told of every caller who comes, is answered or goes; asked by `say`."""

    _recent: Recent = field(default_factory=Recent)
    _said: dict[InteractionId, Minutes] = field(default_factory=dict)

    def came(self, call: CallView, now: float) -> None:
        if call.queue:
            self._recent.came(call.queue, now, accessible=call.lane is Lane.ACCESSIBILITY)

    def answered(self, call: CallView, now: float) -> None:
        if call.queue and call.queued_at is not None and call.direction is Direction.IN:
            self._recent.left(call.queue, now - call.queued_at, now, gave_up=False)

    def worked(self, call: CallView, wrap_up_s: float, now: float) -> None:
        """The talk is over."""
        if call.queue and call.answered_at is not None:
            self._recent.worked(call.queue, now - call.answered_at + wrap_up_s, now)

    def ended(self, call: CallView, now: float) -> None:
        self._said.pop(call.interaction, None)
        if call.queue and call.queued_at is not None and call.outcome is Outcome.ABANDONED_LINE:
            self._recent.left(call.queue, now - call.queued_at, now, gave_up=True)

    def say(self, call: CallView, waiting: Waiting, ahead: int, agents: Iterable[Agent], now: float) -> Minutes | None:
        """The range to be said to this caller now; None: say nothing."""
        if call.state is not CallState.LINE:
            return None
        found = estimate(self._present(call, waiting, ahead, agents, now), self._said.get(call.interaction))
        if found:
            self._said[call.interaction] = found
        return found

    def expect(self, call: CallView, waiting: Waiting, ahead: int, agents: Iterable[Agent], now: float) -> float | None:
        """How many seconds the caller will wait, on the average; None where nothing is known of it."""
        return mean_wait_s(self._present(call, waiting, ahead, agents, now))

    def _present(self, call: CallView, waiting: Waiting, ahead: int, agents: Iterable[Agent], now: float) -> Present:
        able = sum(each.can_serve(waiting.requires) for each in agents if _serves(each))
        return self._recent.present(waiting.queue, ahead, able, now, overtaken=call.lane is Lane.STANDARD)


def _serves(agent: Agent) -> bool:
    return agent.state not in AWAY | {AgentState.OFF} and agent.device not in NO_DEVICE
