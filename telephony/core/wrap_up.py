"""The end of a talk for its agent: the wrap-up time, and the disposition without which there is no next call.

Who owes one is paused when the time is over (never made available in silence), and is available again once it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from telephony.core.agent import IN_CALL, AgentInput
from telephony.core.commands import AgentOwes, DispositionChanged, ReadyRefused
from telephony.core.disposition import MISSING, Disposition
from telephony.core.events import DispositionChosen, DispositionsRecovered, OfDisposition
from telephony.core.ids import AgentId, InteractionId
from telephony.core.roster import Roster
from telephony.core.rules import Rules
from telephony.core.timers import Timers
from telephony.core.views import AgentState, CallView

Told = Callable[[AgentOwes | DispositionChanged | ReadyRefused], None]


class WrapUp:
    def __init__(self, rules: Rules, roster: Roster, timers: Timers, told: Told) -> None:
        self._rules = rules
        self._roster = roster
        self._timers = timers
        self._told = told
        self._owed: dict[AgentId, dict[InteractionId, Disposition]] = {}
        self._early: set[tuple[AgentId, InteractionId]] = set()  # given while the talk goes on

    def begin(self, call: CallView, now: float) -> None:
        """The agent of this call has done talking."""
        self._owe(call, now)
        if agent := self._roster.serving(call.agent, call.interaction):
            self._roster.step(agent.agent, AgentInput.FINISH_TALK, now)
            if not self._roster.grant_wish(agent.agent, now):
                self._timers.set(("wrap_up", agent.agent), now + self._rules.of(call.queue).wrap_up_s)

    def over(self, agent: AgentId, now: float) -> None:
        """The wrap-up time has passed."""
        if self._owed.get(agent):
            self._roster.step(agent, AgentInput.PAUSE, now, reason=MISSING)
        else:
            self._roster.step(agent, AgentInput.WRAPPED_UP, now)

    def ready(self, agent_id: AgentId, now: float) -> None:
        """The agent wants calls, or wants no break after the call in hand any more."""
        agent = self._roster.get(agent_id)
        if agent and agent.state in IN_CALL:
            self._roster.wish(agent_id, None)
        elif owed := self._owed.get(agent_id):
            self._told(ReadyRefused(agent_id, MISSING, len(owed)))
        else:
            self._timers.cancel(("wrap_up", agent_id))
            self._roster.step(agent_id, AgentInput.READY, now)

    def hear(self, event: OfDisposition, now: float) -> None:
        if isinstance(event, DispositionsRecovered):
            self._recover(event.dispositions)
        else:
            self._chosen(event, now)

    def _owe(self, call: CallView, now: float) -> None:
        agent, queue = call.agent, call.queue
        if agent is None or queue is None or not self._rules.of(queue).disposition:
            return
        if (agent, call.interaction) in self._early:
            self._early.discard((agent, call.interaction))
            return
        owed = Disposition(call.interaction, agent, queue, now)
        self._owed.setdefault(agent, {})[call.interaction] = owed
        self._told(DispositionChanged(owed))
        self._tell(agent)

    def _chosen(self, event: DispositionChosen, now: float) -> None:
        """The last word counts; one for a talk that goes on is taken, too."""
        known = self._owed.get(event.agent, {}).pop(event.interaction, None)
        given = known or Disposition(event.interaction, event.agent, event.queue, now)
        self._told(DispositionChanged(replace(given, code=event.code, given_at=now)))
        if known is None and self._roster.serving(event.agent, event.interaction):
            self._early.add((event.agent, event.interaction))
        if known:
            self._tell(event.agent)
            self._release(event.agent, now)

    def _release(self, agent_id: AgentId, now: float) -> None:
        agent = self._roster.get(agent_id)
        waits = agent is not None and agent.state is AgentState.PAUSED and agent.reason == MISSING
        if waits and not self._owed.get(agent_id):
            self._roster.step(agent_id, AgentInput.READY, now)

    def _recover(self, dispositions: Iterable[Disposition]) -> None:
        """What was owed when a server before us went, as far as it still is by today's rules."""
        for each in dispositions:
            if each.code is None and self._rules.of(each.queue).disposition:
                self._owed.setdefault(each.agent, {})[each.interaction] = each
        for agent in self._owed:
            self._tell(agent)

    def _tell(self, agent: AgentId) -> None:
        self._told(AgentOwes(agent, tuple(self._owed.get(agent, {}).values())))
