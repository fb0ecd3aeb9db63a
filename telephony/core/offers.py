"""From the line to an agent's phone: who is offered to whom, the pop, the dial, and the way back if nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

from telephony.core.agent import Agent, AgentInput
from telephony.core.call import CallInput
from telephony.core.calls import Calls
from telephony.core.commands import CancelDial, Command, Decided, Dial, HidePop, PopLate, ShowPop
from telephony.core.decision import Decision
from telephony.core.events import CallQueued
from telephony.core.explain import describe
from telephony.core.hand_over import ONLY_S
from telephony.core.ids import AgentId, InteractionId
from telephony.core.line import Line
from telephony.core.needs import personal
from telephony.core.overflow import Expects, Overflow
from telephony.core.roster import Roster
from telephony.core.rules import Rules
from telephony.core.timers import Timers
from telephony.core.views import CallState, CallView, Direction, Lane
from telephony.core.waiting import Waiting

DIAL_MARGIN_S = 10.0  # past the ring time-out: the dial's end was lost, give the caller back to the line

# DIALSTATUS of an agent's phone, and why the agent is set aside after it.
SET_ASIDE: dict[str, str] = {
    "NOANSWER": "no_answer",
    "BUSY": "rejected",
    "CONGESTION": "phone_unreachable",
    "CHANUNAVAIL": "phone_unreachable",
}

WAITED = frozenset({"overflow", "handed"})

RingsFirst = Callable[[CallView, Agent, float], None]


class Offers:
    """Those who wait, and the attempts under way; deadlines come back through `late_pop` and `overdue`."""

    def __init__(
        self,
        rules: Rules,
        calls: Calls,
        roster: Roster,
        timers: Timers,
        told: Callable[[Command], None],
        expects: Expects,
    ) -> None:
        self._rules = rules
        self._calls = calls
        self._roster = roster
        self._timers = timers
        self._told = told
        self._line = Line(rules)
        self._waiting: dict[InteractionId, Waiting] = {}  # who waits or is being offered
        self._given_up: dict[InteractionId, AgentId] = {}  # whose dial we have stopped: it may still be answered
        self._handed: dict[InteractionId, Mapping[str, int]] = {}  # who waits for one agent → what any will need
        self._sequence = count()
        self._ring_first: RingsFirst = lambda _call, _agent, _now: None
        self.overflow = Overflow(rules, calls, roster, self._line, timers, told, expects)
        roster.look_on(self._line.free, self._line.busy)

    def call_back_with(self, ring_first: RingsFirst) -> None:
        """From now on, who is to be called back by an agent is given here in place of a dial."""
        self._ring_first = ring_first

    def waiting(self, lane: Lane) -> int:
        return self._line.count(lane)

    def next_deadline(self) -> float | None:
        """When time alone may bring a match."""
        return self._line.next_deadline()

    def place(self, interaction: InteractionId) -> tuple[Waiting, int] | None:
        """A caller in line and how many are before; None for who is being offered, or does not wait."""
        waiting = self._waiting.get(interaction)
        return (waiting, self._line.ahead(interaction)) if waiting and interaction in self._line else None

    def join(self, call: CallView, asked: CallQueued, now: float) -> None:
        """The caller enters the line; whoever was handed to an agent waits for that one first."""
        assert call.queue
        requires = {asked.queue: 1} | dict(asked.requires)
        if asked.agent:
            self._handed[call.interaction] = requires
            self._timers.set(("handed", call.interaction), now + ONLY_S)
            requires = {personal(asked.agent): 1}
        self._waiting[call.interaction] = waiting = Waiting(
            call.interaction, call.queue, call.lane, call.arrived_at, requires, next(self._sequence), asked.wishes,
            asked.boosts,
        )  # fmt: skip
        self._line.add(waiting)

    def waited(self, what: str, interaction: InteractionId) -> None:
        """One of the times in `WAITED` is over for somebody who waits."""
        if what == "handed":
            self.open_to_all(interaction)
        else:
            self.overflow.back(interaction)

    def open_to_all(self, interaction: InteractionId) -> None:
        """Whoever was handed to one agent has waited long enough, or in vain: any other of the queue will do."""
        requires = self._handed.pop(interaction, None)
        self._timers.cancel(("handed", interaction))
        waiting = self._waiting.get(interaction)
        if requires and waiting:
            self._waiting[interaction] = replace(waiting, requires=requires)
            if interaction in self._line:
                self._line.add(self._waiting[interaction])

    def leave(self, interaction: InteractionId) -> None:
        """The caller waits no more, and no attempt of this call has a deadline."""
        self._line.remove(interaction)
        self._waiting.pop(interaction, None)
        self._handed.pop(interaction, None)
        self._timers.cancel(("handed", interaction))
        self._cancel_timers(interaction)
        self.overflow.left(interaction)

    def dispatch(self, now: float) -> None:
        """Offer callers to free agents for as long as there is a match."""
        while choice := self._line.choose(now):
            decision = self._line.decision(choice)
            self._line.take(choice)
            self._offer(decision, now)
        for interaction in self.overflow.look(now):
            self.leave(interaction)

    def offer_to(self, call: CallView, agent: AgentId, now: float) -> bool:
        """Outside the line, to somebody who has asked for this very call; False where that one cannot take it."""
        if not self._roster.take(agent, now):
            return False
        self._show(call, agent, now)
        return True

    def dial(self, call: CallView, now: float) -> None:
        """The pop is painted, or its time is over: the phone may ring."""
        agent = self._roster.get(call.agent)
        self._timers.cancel(("pop", call.interaction))
        if agent and call.direction is not Direction.IN and not call.channel:
            self._ring_first(call, agent, now)
            return
        if agent is None or not self._calls.step(call.interaction, CallInput.DIAL):
            return
        ring_s = self._rules.of(call.queue).ring_timeout_s
        self.expect_within(call.interaction, now + ring_s)
        node = self._roster.node_of(agent, call.node)
        self._told(Dial(call.interaction, call.attempt, agent.agent, agent.endpoint, ring_s, node))

    def expect_within(self, interaction: InteractionId, ends_at: float) -> None:
        """Whoever rings should have answered by then, or the end of it should have been heard a little later."""
        self._timers.set(("dial", interaction), ends_at + DIAL_MARGIN_S)

    def answered(self, call: CallView, *, late: bool = False) -> None:
        """`late`: after the caller was back in line, and is there no more."""
        self._timers.cancel(("dial", call.interaction))
        self.dial_over(call.interaction)
        if late:
            self.leave(call.interaction)

    def back_to_line(self, call: CallView, status: str, now: float, **changes: str) -> None:
        """The attempt came to nothing: the caller returns to the old place, the agent is let go or set aside."""
        back = self._calls.step(call.interaction, CallInput.RETURN, agent=None, **changes)
        if back is None or call.agent is None:
            return
        self._cancel_timers(call.interaction)
        self.open_to_all(call.interaction)
        self._line.add(self._waiting[call.interaction])
        self.overflow.back(call.interaction)
        self.let_go(call.agent, call, now, aside=SET_ASIDE.get(status, ""))

    def withdraw(self, call: CallView, now: float) -> None:
        """Stop the attempt on our own account: the agent has gone."""
        if call.state is CallState.RINGING:
            self._give_up(call)
        self.back_to_line(call, "CANCEL", now)

    def _give_up(self, call: CallView) -> None:
        """Until the end of the dial is heard it may be answered after all: the two met in the same moment."""
        self._told(CancelDial(call.interaction, call.attempt))
        if call.agent:
            self._given_up[call.interaction] = call.agent

    def given_up(self, interaction: InteractionId) -> AgentId | None:
        """Whose phone may still answer this caller, though we have stopped the dial."""
        return self._given_up.get(interaction)

    def dial_over(self, interaction: InteractionId) -> None:
        """The last dial of this caller has ended for certain."""
        self._given_up.pop(interaction, None)

    def let_go(self, agent_id: AgentId, call: CallView, now: float, *, aside: str = "") -> None:
        """The agent of an offer that came to nothing: available again, or set `aside` for a reason."""
        if self._roster.serving(agent_id, call.interaction):
            self._told(HidePop(call.interaction, agent_id))
            given = AgentInput.SET_ASIDE if aside else AgentInput.RELEASE
            self._roster.step(agent_id, given, now, reason=aside)
            self._roster.grant_wish(agent_id, now)

    # -- deadlines ----------------------------------------------------------------------------------------------

    def late_pop(self, call: CallView, now: float) -> None:
        assert call.agent
        self._told(PopLate(call.interaction, call.agent, call.attempt))
        self.dial(call, now)

    def overdue(self, call: CallView, now: float, *, blind: bool) -> None:
        """A dial should have ended by now. `blind`: its node is not heard, the two may be talking."""
        if blind:
            self._timers.set(("dial", call.interaction), now + DIAL_MARGIN_S)
        else:
            self._give_up(call)
            self.back_to_line(call, "CHANUNAVAIL", now)

    # -- inside -------------------------------------------------------------------------------------------------

    def _offer(self, decision: Decision, now: float) -> None:
        interaction, agent = decision.winner.waiting.interaction, decision.agent.agent
        before = self._calls.get(interaction)
        assert before
        self.dial_over(interaction)
        self._told(Decided(interaction, agent, now, decision.rule, describe(decision, now), decision.waiting))
        self._show(before, agent, now)

    def _show(self, before: CallView, agent: AgentId, now: float) -> None:
        interaction, attempt = before.interaction, before.attempt + 1
        fresh = {"offered_at": now, "painted_at": None, "rang_at": None}
        call = self._calls.step(interaction, CallInput.OFFER, agent=agent, attempt=attempt, **fresh)
        assert call
        self._told(ShowPop(call, agent, attempt, now))
        self._roster.step(agent, AgentInput.OFFER, now, interaction=interaction)
        self._timers.set(("pop", interaction), now + self._rules.pop_paint_s)

    def _cancel_timers(self, interaction: InteractionId) -> None:
        self._timers.cancel(("pop", interaction))
        self._timers.cancel(("dial", interaction))
