"""The engine: `handle(event, now)` and `handle_timer(now)` return commands; `next_deadline()` says when to come back.

It knows no socket, no clock and no database. Calls change by `call.TRANSITIONS`, agents by `agent.TRANSITIONS`; what a
table does not name is ignored: no event, late, doubled or forged, moves a state backwards. `offers` makes the matches.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatchmethod

from telephony.core import events as ev
from telephony.core.afterwards import as_logged, from_log
from telephony.core.agent import IN_CALL, IN_TALK, Agent, AgentInput
from telephony.core.call import SERVED_AS, SPOKEN_FOR, CallInput, arrived, outcome_of
from telephony.core.call_backs import CallBackPlace, CallBacks, is_waiting_call_back
from telephony.core.calls import Calls
from telephony.core.commands import Command, ShowPop
from telephony.core.estimate import Minutes
from telephony.core.hearing import Hearing
from telephony.core.ids import AgentId, InteractionId, Uniqueid
from telephony.core.offers import WAITED, Offers
from telephony.core.outlook import Outlook
from telephony.core.roster import Roster
from telephony.core.rules import Rules
from telephony.core.spans import closed, opened
from telephony.core.timers import Timers
from telephony.core.views import CallState, CallView, Lane, Outcome, SpanKind
from telephony.core.wrap_up import WrapUp

_HOLD = frozenset({SpanKind.HOLD})
NODE_GONE_S = 3600.0  # a node of which nothing was heard for so long keeps nobody's call open
TOMBSTONE_S = 60.0  # how long a hang-up is remembered that came before its call's arrival

_GIVEN_BACK = frozenset({CallState.LINE, CallState.MENU})  # from a dial, and perhaps let go by the line since
_LED = frozenset({CallState.MENU, CallState.LINE, CallState.OFFERED, CallState.RINGING})  # a session of ours lives


class Engine:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._out: list[Command] = []
        self._timers = Timers()
        self._calls = Calls(self._out.append)
        self._roster = Roster(self._out.append)
        self._offers = Offers(rules, self._calls, self._roster, self._timers, self._out.append, self._expects)
        self._wrapping = WrapUp(rules, self._roster, self._timers, self._out.append)
        self._outlook = Outlook()
        self._gone_early: set[Uniqueid] = set()
        self._hearing = Hearing(self._calls)
        self._call_backs = CallBacks(
            rules, self._calls, self._roster, self._offers, self._timers, self._out.append, self._hearing.deaf
        )

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
        deadlines = (self._timers.next(), self._offers.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def calls(self) -> tuple[CallView, ...]:
        """The calls under way."""
        return self._calls.all()

    def agents(self) -> tuple[Agent, ...]:
        return self._roster.all()

    def waiting(self, lane: Lane) -> int:
        return self._offers.waiting(lane)

    def announce(self, interaction: InteractionId, now: float) -> Minutes | None:
        """How long a caller in line is told to wait now, never more than was told before; None: nothing is said."""
        call, place = self._calls.get(interaction), self._offers.place(interaction)
        return self._outlook.say(call, *place, self.agents(), now) if call and place else None

    def call_back(self, number: str, now: float) -> CallBackPlace | None:
        """Where the call-back of this number stands; None: nobody there is to be called back."""
        return self._call_backs.place(number, now)

    def _expects(self, call: CallView, now: float) -> float | None:
        """How many seconds a caller in line will wait, as far as that can be told."""
        place = self._offers.place(call.interaction)
        return self._outlook.expect(call, *place, self.agents(), now) if place else None

    def _finish(self, now: float) -> list[Command]:
        self._offers.dispatch(now)
        out = self._out.copy()
        self._out.clear()
        return out

    # -- events -------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _on(self, event: ev.Event, now: float) -> None:
        raise TypeError(f"no such event: {event!r}, {now}")

    @_on.register
    def _(self, event: ev.CallArrived, now: float) -> None:
        before = self._calls.get(event.follows)
        channels = self._calls.of_channel(event.uniqueid)
        if self._calls.get(event.interaction) or (channels and channels is not before):
            return
        if before and before is channels:  # one channel has one call at a time
            self._end(before, now)
        call = self._hearing.arrives(arrived(event, now, before))
        self._calls.keep(call)
        if event.uniqueid in self._gone_early:
            self._end(call, now)

    @_on.register
    def _(self, event: ev.CallsRecovered, now: float) -> None:
        for call in event.calls:
            if is_waiting_call_back(call):
                self._calls.keep(replace(call, state=CallState.PLANNED, agent=None))
            elif self._calls.get(call.interaction) is None and call.outcome is None:
                state = call.state if call.state in SPOKEN_FOR else CallState.FALLBACK
                agent = None if state is CallState.FALLBACK else call.agent
                spans = opened(call.spans, SpanKind.RESTART, max(event.known_until, call.arrived_at))
                self._calls.keep(replace(call, state=state, agent=agent, spans=spans))
                self._timers.set(("node_gone", call.node), now + NODE_GONE_S)
        self._call_backs.recover(event.call_backs, now)

    @_on.register
    def _(self, event: ev.CallLogged, now: float) -> None:
        if call := self._calls.of_channel(event.log.uniqueid):
            self._close(call, as_logged(call, event.log), now)
        elif event.interaction and self._calls.get(event.interaction) is None:
            self._calls.end(from_log(event.log, event.interaction, event.lane))

    @_on.register
    def _(self, event: ev.AnswerLogged, now: float) -> None:
        call = self._calls.of_channel(event.uniqueid)
        if call and call.state is CallState.FALLBACK:
            given = CallInput.FALLBACK_ANSWER if event.by_fallback else CallInput.ANSWER
            self._calls.step(call.interaction, given, answered_at=event.answered_at, agent=event.agent)

    @_on.register
    def _(self, event: ev.CallQueued, now: float) -> None:
        before = self._calls.get(event.interaction)
        again = before.queued_at if before and before.answered_at is not None else None
        queued_at = now if again is None else again
        changes = {"queue": event.queue, "lane": event.lane, "queued_at": queued_at, "path": event.path}
        if call := self._calls.step(event.interaction, CallInput.QUEUE, **changes):
            self._outlook.came(call, now)
            self._offers.join(call, event, now)
            if event.overflows:
                self._offers.overflow.entered(call, now)

    @_on.register
    def _(self, event: ev.CallServed, now: float) -> None:
        self._calls.step(event.interaction, SERVED_AS[event.outcome])

    @_on.register
    def _(self, event: ev.SessionLost, now: float) -> None:
        call = self._calls.get(event.interaction)
        if call and self._call_backs.leads_agent(call):
            return
        if call and self._calls.step(call.interaction, CallInput.LOSE_SESSION, agent=None):
            self._offers.leave(call.interaction)
            if call.agent:
                self._offers.let_go(call.agent, call, now)

    @_on.register
    def _(self, event: ev.PopPainted, now: float) -> None:
        call = self._calls.at_attempt(event.interaction, event.attempt)
        if call and call.agent == event.agent and call.painted_at is None:
            self._offers.dial(self._calls.keep(replace(call, painted_at=now)), now)

    @_on.register
    def _(self, event: ev.AgentRinging, now: float) -> None:
        call = self._calls.at_attempt(event.interaction, event.attempt)
        if call and call.agent and call.state is CallState.RINGING and call.rang_at is None:
            self._calls.keep(replace(call, rang_at=now))
            self._roster.step(call.agent, AgentInput.RING, now)

    @_on.register
    def _(self, event: ev.CallAnswered, now: float) -> None:
        call = self._calls.at_attempt(event.interaction, event.attempt)
        late = self._offers.given_up(event.interaction) if call and call.state in _GIVEN_BACK else None
        agent = self._roster.at(event.endpoint) if event.endpoint else late or (call and call.agent)
        first_at = now if call is None or call.answered_at is None else call.answered_at
        leg = {"uniqueid": event.customer} if event.customer else {}
        given = {"answered_at": first_at, "agent": agent, **leg}
        what = CallInput.ANSWER_AFTER_ALL if late else CallInput.ANSWER
        if call and call.uniqueid and (after := self._calls.step(call.interaction, what, **given)):
            self._offers.answered(call, late=late is not None)
            self._outlook.answered(call, now)
            self._call_backs.called_in(after.caller, now)
            if call.agent and call.agent != agent:
                self._offers.let_go(call.agent, call, now)
            if agent and self._roster.talks(agent, call.interaction, now):
                self._out.append(ShowPop(after, agent, call.attempt, now))

    @_on.register
    def _(self, event: ev.CallerVerified, now: float) -> None:
        if call := self._calls.get(event.interaction):
            self._calls.keep(replace(call, verified=event.customer))

    @_on.register
    def _(self, event: ev.CallHeld, now: float) -> None:
        call = self._calls.at_attempt(event.interaction, event.attempt)
        if call and call.state is CallState.TALKING:
            spans = opened(call.spans, SpanKind.HOLD, now) if event.held else closed(call.spans, _HOLD, now)
            if spans != call.spans:
                self._hold(self._calls.keep(replace(call, spans=spans)), now)

    @_on.register
    def _(self, event: ev.DialEnded, now: float) -> None:
        call = self._calls.at_attempt(event.interaction, event.attempt)
        if call is None:
            return
        if event.status == "ANSWER":  # the answer itself may have been missed
            self._on(ev.CallAnswered(event.interaction, event.attempt), now)
        self._offers.dial_over(event.interaction)
        if not self._finish_talk(call, now) and not self._call_backs.unreached(call, now):
            self._offers.back_to_line(call, event.status, now)

    @_on.register
    def _(self, event: ev.AgentLeft, now: float) -> None:
        if call := self._calls.at_attempt(event.interaction, event.attempt):
            self._finish_talk(call, now)

    @_on.register
    def _(self, event: ev.CallLeftHouse, now: float) -> None:
        if call := self._calls.at_attempt(event.interaction, event.attempt):
            self._finish_talk(call, now)  # that the agent has left may have been missed
            self._calls.step(call.interaction, CallInput.LEAVE_HOUSE)

    @_on.register
    def _(self, event: ev.CallHungUp, now: float) -> None:
        if call := self._calls.of_channel(event.uniqueid):
            if not self._call_backs.leg_gone(call, event.cause, now):
                self._end(call, now)
        else:
            self._gone_early.add(event.uniqueid)
            self._timers.set(("tombstone", event.uniqueid), now + TOMBSTONE_S)

    @_on.register
    def _(self, event: ev.FallbackAnswered, now: float) -> None:
        if call := self._calls.of_channel(event.uniqueid):
            self._calls.step(call.interaction, CallInput.FALLBACK_ANSWER, answered_at=now)

    @_on.register
    def _(self, event: ev.AgentSignedIn, now: float) -> None:
        self._roster.sign_in(event.agent, event.endpoint, event.skills, now)
        for call in self.calls():  # a talk that was under way when a server before us went
            mine = call.state is CallState.TALKING and call.agent == event.agent
            if mine and self._roster.talks(event.agent, call.interaction, now):
                self._out.append(ShowPop(call, event.agent, call.attempt, now))

    @_on.register
    def _(self, event: ev.AgentReady, now: float) -> None:
        self._wrapping.ready(event.agent, now)

    @_on.register
    def _(self, event: ev.OfDisposition, now: float) -> None:
        self._wrapping.hear(event, now)

    @_on.register
    def _(self, event: ev.AgentPaused, now: float) -> None:
        self._leave(event.agent, AgentInput.PAUSE, event.reason, now)

    @_on.register
    def _(self, event: ev.AgentSignedOut, now: float) -> None:
        self._leave(event.agent, AgentInput.SIGN_OUT, "", now)

    @_on.register
    def _(self, event: ev.DeviceChanged, now: float) -> None:
        put_down = self._roster.device(event.node, event.endpoint, event.state, now)
        agent = self._roster.get(self._roster.at(event.endpoint))
        call = self._calls.get(agent.interaction) if agent else None
        if call is None or event.node == call.node or event.state != "NOT_INUSE":
            return
        if put_down or self._hearing.deaf(call.node):  # the end of the leg there was lost, or the phone has moved there
            self._finish_talk(call, now)

    @_on.register
    def _(self, event: ev.NodeLost, now: float) -> None:
        """Nothing is known until the next snapshot, so nothing is concluded from silence (`Offers.overdue`)."""
        self._hearing.lost(event.node, event.since, event.why)
        self._hold_is_unknown(now)
        if event.why is SpanKind.LINK:
            self._roster.node_lost(event.node, now)
            self._timers.set(("node_gone", event.node), now + NODE_GONE_S)

    @_on.register
    def _(self, event: ev.EventsLost, now: float) -> None:
        self._hearing.lost_everywhere(event.since, SpanKind.OVERFLOW)
        self._hold_is_unknown(now)

    @_on.register
    def _(self, event: ev.NodeSnapshot, now: float) -> None:
        self._hearing.heard(event.node, event.taken_at, now)
        self._timers.cancel(("node_gone", event.node))
        for call in self.calls():
            gone = call.uniqueid not in event.uniqueids and self._call_backs.leg_began_at(call) < event.taken_at
            if call.node == event.node and gone and not self._call_backs.leg_gone(call, 0, now):
                self._end(call, now, Outcome.INTERRUPTED)

    @_on.register
    def _(self, event: ev.OfCallBack, now: float) -> None:
        self._call_backs.hear(event, now)

    # -- calls --------------------------------------------------------------------------------------------------

    def _end(self, call: CallView, now: float, outcome: Outcome | None = None) -> None:
        ended = replace(call, state=CallState.ENDED, ended_at=now, outcome=outcome or outcome_of(call))
        self._close(call, ended, now)

    def _close(self, call: CallView, ended: CallView, now: float) -> None:
        self._offers.leave(call.interaction)
        self._offers.overflow.gone(call.interaction)
        self._offers.dial_over(call.interaction)
        self._outlook.ended(ended, now)
        self._calls.end(ended)
        self._call_backs.ended(ended, now)
        if call.state is CallState.TALKING:
            self._wrap_up(call, now)
        elif call.agent:
            self._offers.let_go(call.agent, call, now)

    def _give_up(self, node: str, now: float) -> None:
        """A node that does not come back: whoever we do not lead there is taken for gone."""
        for call in self.calls():
            if call.node == node and call.state not in _LED:
                self._end(call, now, Outcome.INTERRUPTED)

    def _finish_talk(self, call: CallView, now: float) -> bool:
        """The agent is done with the caller, who may go on without."""
        spans = closed(call.spans, _HOLD, now)
        if not self._calls.step(call.interaction, CallInput.FINISH_TALK, spans=spans):
            return False
        self._wrap_up(call, now)
        return True

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
        leaves = agent.state not in IN_TALK and given is AgentInput.SIGN_OUT
        if call and leaves and not self._call_backs.agent_left(call, now):
            self._offers.withdraw(call, now)

    def _hold(self, call: CallView, now: float) -> None:
        """The agent is shown to hold for as long as the call is known to be on hold."""
        if agent := self._roster.serving(call.agent, call.interaction):
            held = any(span.kind is SpanKind.HOLD and span.to_at is None for span in call.spans)
            self._roster.step(agent.agent, AgentInput.HOLD if held else AgentInput.RESUME, now)

    def _hold_is_unknown(self, now: float) -> None:
        for call in self.calls():
            self._hold(call, now)

    def _wrap_up(self, call: CallView, now: float) -> None:
        self._outlook.worked(call, self._rules.of(call.queue).wrap_up_s, now)
        self._wrapping.begin(call, now)

    # -- deadlines ----------------------------------------------------------------------------------------------

    def _due(self, what: str, whom: str, now: float) -> None:
        if what == "wrap_up":
            self._wrapping.over(AgentId(whom), now)
        elif what == "tombstone":
            self._gone_early.discard(Uniqueid(whom))
        elif what in WAITED:
            self._offers.waited(what, InteractionId(whom))
        elif what == "node_gone":
            self._give_up(whom, now)
        elif what == "call_back":
            self._call_backs.due(InteractionId(whom), now)
        elif call := self._calls.get(InteractionId(whom)):
            if what == "pop":
                self._offers.late_pop(call, now)
            else:
                self._overdue(call, now)

    def _overdue(self, call: CallView, now: float) -> None:
        blind = self._hearing.deaf(call.node)
        if not self._call_backs.overdue(call, now, blind=blind):
            self._offers.overdue(call, now, blind=blind)
