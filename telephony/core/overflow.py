"""Who waits too long, too far back, or for nobody, and whose flow knows another way, goes on with the flow.

What comes then (other skills, a call-back, a message, a number outside) is the flow's `on_overflow`. A queue lets the
same caller go once: a flow that leads back into it has them wait.
"""

from __future__ import annotations

from collections.abc import Callable

from telephony.core.call import CallInput
from telephony.core.calls import Calls
from telephony.core.commands import Command, LeaveLine
from telephony.core.ids import InteractionId, QueueName
from telephony.core.line import Line
from telephony.core.roster import Roster
from telephony.core.rules import OverflowWhy, Rules
from telephony.core.timers import Timers
from telephony.core.views import CallState, CallView

Expects = Callable[[CallView, float], float | None]


class Overflow:
    """Beside the line: `entered`, `left` and `gone` come from the calls, `look` after every decision."""

    def __init__(
        self,
        rules: Rules,
        calls: Calls,
        roster: Roster,
        line: Line,
        timers: Timers,
        told: Callable[[Command], None],
        expects: Expects,
    ) -> None:
        self._rules = rules
        self._calls = calls
        self._roster = roster
        self._line = line
        self._timers = timers
        self._told = told
        self._expects = expects
        self._since: dict[InteractionId, float] = {}  # who may be let go, and when they entered
        self._let_go: dict[InteractionId, set[QueueName]] = {}
        self._unlooked: set[InteractionId] = set()
        self._shifts = 0

    def entered(self, call: CallView, now: float) -> None:
        """The caller waits, and the flow knows another way."""
        if call.queue is None or call.queue in self._let_go.get(call.interaction, ()):
            return
        rule = self._rules.of(call.queue).overflow
        self._since[call.interaction] = now
        self._unlooked.add(call.interaction)
        if rule.after_s is not None:
            self._timers.set(("overflow", call.interaction), now + rule.after_s)

    def back(self, interaction: InteractionId) -> None:
        """An offer came to nothing, or the time is over: look again."""
        if interaction in self._since:
            self._unlooked.add(interaction)

    def left(self, interaction: InteractionId) -> None:
        """The caller waits no more."""
        self._since.pop(interaction, None)
        self._unlooked.discard(interaction)
        self._timers.cancel(("overflow", interaction))

    def gone(self, interaction: InteractionId) -> None:
        """The call is over."""
        self.left(interaction)
        self._let_go.pop(interaction, None)

    def look(self, now: float) -> list[InteractionId]:
        """Let go of whom a rule says so, in the order of entering, and tell whom."""
        if self._shifts != self._roster.shifts:  # somebody has signed in or out: each is asked about anew
            self._shifts = self._roster.shifts
            self._unlooked.update(self._since)
        asked = sorted(self._unlooked, key=lambda each: (self._since[each], each))
        self._unlooked.clear()
        return [interaction for interaction in asked if self._looked_at(interaction, now)]

    def _looked_at(self, interaction: InteractionId, now: float) -> bool:
        call = self._calls.get(interaction)
        why = self._why(call, now) if call and call.state is CallState.LINE else None
        if call is None or call.queue is None or why is None:
            return False
        self._let_go.setdefault(interaction, set()).add(call.queue)
        self._calls.step(interaction, CallInput.OVERFLOW)
        self._told(LeaveLine(interaction, call.queue, why))
        return True

    def _why(self, call: CallView, now: float) -> OverflowWhy | None:
        rule = self._rules.of(call.queue).overflow
        if rule.after_s is not None and now - self._since[call.interaction] >= rule.after_s:
            return OverflowWhy.WAITED
        if rule.agents_below and self._on_shift(str(call.queue)) < rule.agents_below:
            return OverflowWhy.AGENTS
        if rule.ahead is not None and self._line.ahead(call.interaction) >= rule.ahead:
            return OverflowWhy.AHEAD
        wait_s = self._expects(call, now) if rule.expected_s is not None else None
        return OverflowWhy.EXPECTED if wait_s is not None and wait_s >= (rule.expected_s or 0.0) else None

    def _on_shift(self, queue: str) -> int:
        return sum(agent.on_shift and agent.skills.get(queue, 0) > 0 for agent in self._roster.all())
