"""The engine: `handle(event, now)` and `handle_timer(now)` return commands; `next_deadline()` says when to come back.

It knows no socket, no clock and no database. Every change of a call goes through `call.TRANSITIONS`, every change of
an agent through `agent.TRANSITIONS`; whatever a table does not name is ignored, so that no event, late, doubled or
forged, can move a state backwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod

from telephony.core import events as ev
from telephony.core.agent import IN_CALL, Agent, AgentInput
from telephony.core.call import OUTCOMES, CallInput, arrived, step
from telephony.core.commands import (
    CallChanged,
    CallEnded,
    CancelDial,
    Command,
    Decided,
    Dial,
    HidePop,
    PopLate,
    ShowPop,
)
from telephony.core.explain import explain
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.line import Choice, Line, QueueRules, Waiting
from telephony.core.outcome import ticket_for
from telephony.core.roster import Roster
from telephony.core.timers import Timers
from telephony.core.views import AgentState, CallState, CallView, Lane, Outcome

TOMBSTONE_S = 60.0  # how long a hang-up is remembered that came before its call's arrival
DIAL_MARGIN_S = 10.0  # past the ring time-out: the dial's end was lost, give the caller back to the line

# DIALSTATUS of an agent's phone, and why the agent is set aside after it.
SET_ASIDE: dict[str, str] = {
    "NOANSWER": "no_answer",
    "BUSY": "rejected",
    "CONGESTION": "phone_unreachable",
    "CHANUNAVAIL": "phone_unreachable",
}


@dataclass(frozen=True, slots=True)
class Rules:
    queues: Mapping[QueueName, QueueRules] = field(default_factory=dict)
    pop_paint_s: float = 0.25  # the dial follows the painted pop, or this time without it

    def of(self, queue: QueueName | None) -> QueueRules:
        return (self.queues.get(queue) if queue else None) or QueueRules()


class Engine:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._calls: dict[InteractionId, CallView] = {}
        self._by_uniqueid: dict[Uniqueid, InteractionId] = {}
        self._requires: dict[InteractionId, Mapping[str, int]] = {}
        self._line = Line()
        self._timers = Timers()
        self._gone_early: set[Uniqueid] = set()
        self._lost_nodes: set[str] = set()
        self._out: list[Command] = []
        self._roster = Roster(self._out.append)

    # -- the outside --------------------------------------------------------------------------------------------

    def handle(self, event: ev.Event, now: float) -> list[Command]:
        """Take one event in and return what is to be done, in order."""
        self._on(event, now)
        return self._finish(now)

    def handle_timer(self, now: float) -> list[Command]:
        """Do what is due at `now`; nothing when called early."""
        while key := self._timers.pop_due(now):
            self._due(*key, now)
        return self._finish(now)

    def next_deadline(self) -> float | None:
        return self._timers.next()

    def calls(self) -> tuple[CallView, ...]:
        """The calls under way."""
        return tuple(self._calls.values())

    def agents(self) -> tuple[Agent, ...]:
        return self._roster.all()

    def waiting(self, lane: Lane) -> int:
        return self._line.count(lane)

    def _finish(self, now: float) -> list[Command]:
        self._dispatch(now)
        out = self._out.copy()
        self._out.clear()
        return out

    # -- events -------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _on(self, event: ev.Event, now: float) -> None:
        raise TypeError(f"no such event: {event!r}, {now}")

    @_on.register
    def _(self, event: ev.CallArrived, now: float) -> None:
        if event.interaction in self._calls or event.uniqueid in self._by_uniqueid:
            return
        call = arrived(event, now)
        self._keep(call)
        if event.uniqueid in self._gone_early:
            self._end(call, now)

    @_on.register
    def _(self, event: ev.CallsRecovered, now: float) -> None:
        for call in event.calls:
            if call.interaction not in self._calls and call.outcome is None:
                state = call.state if call.state in _SURVIVES_US else CallState.FALLBACK
                self._keep(replace(call, state=state, agent=None if state is CallState.FALLBACK else call.agent))

    @_on.register
    def _(self, event: ev.CallQueued, now: float) -> None:
        changes = {"queue": event.queue, "lane": event.lane, "queued_at": now}
        if call := self._step(event.interaction, CallInput.QUEUE, **changes):
            self._requires[call.interaction] = {event.queue: 1} | dict(event.requires)
            self._wait(call)

    @_on.register
    def _(self, event: ev.CallSelfServed, now: float) -> None:
        self._step(event.interaction, CallInput.SERVE)

    @_on.register
    def _(self, event: ev.SessionLost, now: float) -> None:
        self._line.remove(event.interaction)
        if call := self._calls.get(event.interaction):
            agent = call.agent
            if self._step(call.interaction, CallInput.LOSE_SESSION, agent=None) and agent:
                self._cancel_timers(call.interaction)
                self._let_go(agent, call, now)

    @_on.register
    def _(self, event: ev.PopPainted, now: float) -> None:
        call = self._at_attempt(event.interaction, event.attempt)
        if call and call.agent == event.agent and call.painted_at is None:
            self._change(replace(call, painted_at=now))
            self._dial(self._calls[call.interaction], now)

    @_on.register
    def _(self, event: ev.AgentRinging, now: float) -> None:
        call = self._at_attempt(event.interaction, event.attempt)
        if call and call.agent and call.state is CallState.RINGING and call.rang_at is None:
            self._change(replace(call, rang_at=now))
            self._roster.step(call.agent, AgentInput.RING, now)

    @_on.register
    def _(self, event: ev.CallAnswered, now: float) -> None:
        call = self._at_attempt(event.interaction, event.attempt)
        if call and self._step(call.interaction, CallInput.ANSWER, answered_at=now):
            self._timers.cancel(("dial", call.interaction))
            if call.agent:
                self._roster.step(call.agent, AgentInput.RING, now)  # the ringing may have been missed
                self._roster.step(call.agent, AgentInput.ANSWER, now)

    @_on.register
    def _(self, event: ev.DialEnded, now: float) -> None:
        call = self._at_attempt(event.interaction, event.attempt)
        if call is None:
            return
        if event.status == "ANSWER":  # the answer itself may have been missed
            self._on(ev.CallAnswered(event.interaction, event.attempt), now)
        if not self._finish_talk(call, now):
            self._back_to_line(call, event.status, now)

    @_on.register
    def _(self, event: ev.AgentLeft, now: float) -> None:
        if call := self._at_attempt(event.interaction, event.attempt):
            self._finish_talk(call, now)

    @_on.register
    def _(self, event: ev.CallLeftHouse, now: float) -> None:
        if call := self._at_attempt(event.interaction, event.attempt):
            self._finish_talk(call, now)  # that the agent has left may have been missed
            self._step(call.interaction, CallInput.LEAVE_HOUSE)

    @_on.register
    def _(self, event: ev.CallHungUp, now: float) -> None:
        if interaction := self._by_uniqueid.get(event.uniqueid):
            self._end(self._calls[interaction], now)
        else:
            self._gone_early.add(event.uniqueid)
            self._timers.set(("tombstone", event.uniqueid), now + TOMBSTONE_S)

    @_on.register
    def _(self, event: ev.FallbackAnswered, now: float) -> None:
        if interaction := self._by_uniqueid.get(event.uniqueid):
            self._step(interaction, CallInput.FALLBACK_ANSWER, answered_at=now)

    @_on.register
    def _(self, event: ev.AgentSignedIn, now: float) -> None:
        self._roster.sign_in(event.agent, event.endpoint, event.skills, now)

    @_on.register
    def _(self, event: ev.AgentReady, now: float) -> None:
        agent = self._roster.get(event.agent)
        if agent and agent.state in IN_CALL:
            self._roster.wish(event.agent, None)
            return
        self._timers.cancel(("wrap_up", event.agent))
        self._roster.step(event.agent, AgentInput.READY, now)

    @_on.register
    def _(self, event: ev.AgentPaused, now: float) -> None:
        self._leave(event.agent, AgentInput.PAUSE, event.reason, now)

    @_on.register
    def _(self, event: ev.AgentSignedOut, now: float) -> None:
        self._leave(event.agent, AgentInput.SIGN_OUT, "", now)

    @_on.register
    def _(self, event: ev.DeviceChanged, now: float) -> None:
        self._roster.device(event.endpoint, event.state)

    @_on.register
    def _(self, event: ev.NodeLost, now: float) -> None:
        """Nothing is known until the next snapshot, so nothing is concluded from silence (`_due_call`)."""
        self._lost_nodes.add(event.node)

    @_on.register
    def _(self, event: ev.NodeSnapshot, now: float) -> None:
        self._lost_nodes.discard(event.node)
        for call in self.calls():
            gone = call.uniqueid not in event.uniqueids and call.arrived_at < event.taken_at
            if call.node == event.node and gone:
                self._end(call, now, Outcome.INTERRUPTED)

    # -- the line -----------------------------------------------------------------------------------------------

    def _dispatch(self, now: float) -> None:
        while choice := self._line.choose(self._roster.free(), now):
            waiting = len(self._line)
            self._line.take(choice, now)
            self._offer(choice, waiting, now)

    def _offer(self, choice: Choice, waiting: int, now: float) -> None:
        interaction, agent = choice.waiting.interaction, choice.agent.agent
        attempt = self._calls[interaction].attempt + 1
        fresh = {"offered_at": now, "painted_at": None, "rang_at": None}
        call = self._step(interaction, CallInput.OFFER, agent=agent, attempt=attempt, **fresh)
        assert call
        self._out.append(Decided(interaction, agent, now, choice.rule, explain(choice, self._line, now), waiting))
        self._out.append(ShowPop(call, agent, attempt, now))
        self._roster.step(agent, AgentInput.OFFER, now, interaction=interaction)
        self._timers.set(("pop", interaction), now + self._rules.pop_paint_s)

    def _dial(self, call: CallView, now: float) -> None:
        agent = self._roster.get(call.agent)
        if agent is None or not self._step(call.interaction, CallInput.DIAL):
            return
        ring_s = self._rules.of(call.queue).ring_timeout_s
        self._timers.cancel(("pop", call.interaction))
        self._timers.set(("dial", call.interaction), now + ring_s + DIAL_MARGIN_S)
        self._out.append(Dial(call.interaction, call.attempt, agent.agent, agent.endpoint, ring_s))

    def _back_to_line(self, call: CallView, status: str, now: float) -> None:
        """The attempt came to nothing: the caller returns to the old place, the agent is let go or set aside."""
        back = self._step(call.interaction, CallInput.RETURN, agent=None)
        if back is None or call.agent is None:
            return
        self._cancel_timers(call.interaction)
        self._wait(back)
        self._let_go(call.agent, call, now, aside=SET_ASIDE.get(status, ""))

    def _wait(self, call: CallView) -> None:
        assert call.queue
        rules = self._rules.of(call.queue)
        self._line.add(
            Waiting(
                call.interaction,
                call.queue,
                call.lane,
                call.arrived_at,
                self._requires[call.interaction],
                rules.max_wait_s,
            )
        )

    # -- calls --------------------------------------------------------------------------------------------------

    def _keep(self, call: CallView) -> None:
        self._by_uniqueid[call.uniqueid] = call.interaction
        self._change(call)

    def _at_attempt(self, interaction: InteractionId, attempt: int) -> CallView | None:
        call = self._calls.get(interaction)
        return call if call and call.attempt == attempt else None

    def _step(self, interaction: InteractionId, given: CallInput, **changes: object) -> CallView | None:
        call = self._calls.get(interaction)
        state = step(call.state, given) if call else None
        if call is None or state is None:
            return None
        return self._change(replace(call, state=state, **changes))  # type: ignore[arg-type]

    def _change(self, call: CallView) -> CallView:
        self._calls[call.interaction] = call
        self._out.append(CallChanged(call))
        return call

    def _end(self, call: CallView, now: float, outcome: Outcome | None = None) -> None:
        ended = replace(call, state=CallState.ENDED, ended_at=now, outcome=outcome or OUTCOMES[call.state])
        del self._calls[call.interaction]
        del self._by_uniqueid[call.uniqueid]
        self._requires.pop(call.interaction, None)
        self._line.remove(call.interaction)
        self._cancel_timers(call.interaction)
        self._out.append(CallEnded(ended))
        if ticket := ticket_for(ended):
            self._out.append(ticket)
        if call.state is CallState.TALKING:
            self._wrap_up(call, now)
        elif call.agent:
            self._let_go(call.agent, call, now)

    def _finish_talk(self, call: CallView, now: float) -> bool:
        """The agent is done with the caller, who may go on without."""
        if not self._step(call.interaction, CallInput.FINISH_TALK):
            return False
        self._wrap_up(call, now)
        return True

    def _cancel_timers(self, interaction: InteractionId) -> None:
        self._timers.cancel(("pop", interaction))
        self._timers.cancel(("dial", interaction))

    # -- agents -------------------------------------------------------------------------------------------------

    def _leave(self, agent_id: AgentId, given: AgentInput, reason: str, now: float) -> None:
        """Pause or sign out: at once, or after the call the agent is in."""
        agent = self._roster.get(agent_id)
        if agent is None:
            return
        if agent.state not in IN_CALL:
            self._timers.cancel(("wrap_up", agent_id))
            self._roster.step(agent_id, given, now, reason=reason)
            return
        self._roster.wish(agent_id, given, reason)
        call = self._calls.get(agent.interaction) if agent.interaction else None
        if call and agent.state is not AgentState.TALKING and given is AgentInput.SIGN_OUT:
            if call.state is CallState.RINGING:
                self._out.append(CancelDial(call.interaction, call.attempt))
            self._back_to_line(call, "CANCEL", now)

    def _let_go(self, agent_id: AgentId, call: CallView, now: float, *, aside: str = "") -> None:
        """The agent of an offer that came to nothing: available again, or set `aside` for a reason."""
        if self._roster.serving(agent_id, call.interaction):
            self._out.append(HidePop(call.interaction, agent_id))
            given = AgentInput.SET_ASIDE if aside else AgentInput.RELEASE
            self._roster.step(agent_id, given, now, reason=aside)
            self._roster.grant_wish(agent_id, now)

    def _wrap_up(self, call: CallView, now: float) -> None:
        if agent := self._roster.serving(call.agent, call.interaction):
            self._roster.step(agent.agent, AgentInput.FINISH_TALK, now)
            if not self._roster.grant_wish(agent.agent, now):
                self._timers.set(("wrap_up", agent.agent), now + self._rules.of(call.queue).wrap_up_s)

    # -- deadlines ----------------------------------------------------------------------------------------------

    def _due(self, what: str, whom: str, now: float) -> None:
        if what == "wrap_up":
            self._roster.step(AgentId(whom), AgentInput.WRAPPED_UP, now)
        elif what == "tombstone":
            self._gone_early.discard(Uniqueid(whom))
        elif call := self._calls.get(InteractionId(whom)):
            self._due_call(what, call, now)

    def _due_call(self, what: str, call: CallView, now: float) -> None:
        assert call.agent
        if what == "pop":
            self._out.append(PopLate(call.interaction, call.agent, call.attempt))
            self._dial(call, now)
        elif call.node in self._lost_nodes:  # they may be talking: the snapshot will tell
            self._timers.set(("dial", call.interaction), now + DIAL_MARGIN_S)
        else:  # the end of the dial was lost
            self._out.append(CancelDial(call.interaction, call.attempt))
            self._back_to_line(call, "CHANUNAVAIL", now)


_SURVIVES_US = frozenset(
    {CallState.TALKING, CallState.AFTER_TALK, CallState.TRANSFERRED_OUT, CallState.SERVED, CallState.FALLBACK_TALK}
)
