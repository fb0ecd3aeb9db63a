"""Those who are to be called back: in the one line with their first arrival, called in permitted hours, tried again.

A call-back is one interaction from the request to its outcome. It waits `planned` for its hour or its next try, and in
the line without a channel. Each try begins a leg of its own: to the agent, who then calls the customer, or to the
customer, for whom the agent is then dialled like for any caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from telephony.core import events as ev
from telephony.core.agent import Agent, AgentInput
from telephony.core.call import LED_LIKE_CALLERS, CallInput
from telephony.core.calls import Calls
from telephony.core.commands import CallBackChanged, Command, DialOut, HangUpLeg, RingFirst
from telephony.core.hours import Hours
from telephony.core.ids import AgentId, InteractionId, Uniqueid
from telephony.core.offers import Offers
from telephony.core.promises import CallBackRequest, CallBackState, callable_number
from telephony.core.roster import Roster
from telephony.core.rules import CallBackRules, FirstLeg, Rules
from telephony.core.timers import Timers
from telephony.core.views import CallState, CallView, Direction, Outcome

NO_ROUTE = 3  # Q.850: no route to destination
SETTLE_S = 30.0  # after a restart: a leg begun before it may still be answered

_NO_LEG: dict[str, str] = {"node": "", "channel": "", "uniqueid": "", "linkedid": ""}
_WAITING = frozenset({CallState.PLANNED, CallState.LINE})
_TRYING = frozenset({CallState.OFFERED, CallState.RINGING, CallState.CALLING})
# Why the agent's phone was not answered, as DIALSTATUS has it [Q.850]; any other cause is that nobody took it.
_STATUS = {17: "BUSY", 21: "BUSY", 3: "CHANUNAVAIL", 20: "CHANUNAVAIL", 27: "CHANUNAVAIL"}


@dataclass(slots=True)
class _Open:
    request: CallBackRequest
    first: FirstLeg = FirstLeg.AGENT  # of the try under way
    once: bool = False  # an outgoing call of a consultant's own


@dataclass(frozen=True, slots=True)
class CallBackPlace:
    """Where a call-back stands in the line; None before its hour, between two tries, and while it is being called."""

    ahead: int | None
    not_before: float


class CallBacks:
    """`deaf` tells of a node that is not heard, from which nobody is called."""

    def __init__(
        self,
        rules: Rules,
        calls: Calls,
        roster: Roster,
        offers: Offers,
        timers: Timers,
        told: Callable[[Command], None],
        deaf: Callable[[str], bool],
    ) -> None:
        self._rules = rules
        self._calls = calls
        self._roster = roster
        self._offers = offers
        self._timers = timers
        self._told = told
        self._deaf = deaf
        self._open: dict[InteractionId, _Open] = {}
        self._by_number: dict[str, InteractionId] = {}
        offers.call_back_with(self._ring_first)

    def place(self, number: str, now: float) -> CallBackPlace | None:
        """None: nobody at this number is to be called back."""
        known = self._open.get(self._by_number.get(number, InteractionId("")))
        if known is None:
            return None
        request = known.request
        place = self._offers.place(request.call_back)
        return CallBackPlace(place[1] if place else None, self._hours_of(request).begins(max(request.next_at, now)))

    def hear(self, event: ev.OfCallBack, now: float) -> None:
        match event:
            case ev.CallBackRequested(request):
                self.requested(request, now)
            case ev.OutgoingAsked(request, agent):
                self._outgoing(request, agent, now)
            case ev.CallBackWithdrawn(call_back):
                self._call_off(call_back, CallBackState.WITHDRAWN, now)
            case ev.FirstLegAnswered():
                self._first_leg_answered(event, now)
            case ev.FirstLegFailed(interaction, attempt):
                if call := self._calls.at_attempt(interaction, attempt):
                    self.leg_gone(call, NO_ROUTE, now)

    # -- what is asked for --------------------------------------------------------------------------------------

    def requested(self, request: CallBackRequest, now: float) -> None:
        """Take it up, unless its number is to be called back already."""
        if request.number in self._by_number or request.state is not CallBackState.OPEN:
            return
        self._open[request.call_back] = _Open(request)
        self._by_number[request.number] = request.call_back
        if (self._calls.get(request.call_back) or self._calls.keep(_planned(request))).state is CallState.PLANNED:
            self._plan(request, now)

    def _outgoing(self, request: CallBackRequest, agent: AgentId, now: float) -> None:
        """To the consultant who has asked for it; it has its outcome at once where that one is not free any more."""
        self._open[request.call_back] = _Open(request, once=True)
        planned = self._calls.keep(replace(_planned(request), direction=Direction.OUT, follows=None))
        call = self._calls.step(planned.interaction, CallInput.QUEUE, queued_at=now)
        if call and not self._offers.offer_to(call, agent, now):
            self._finish(call, Outcome.NOT_REACHED, CallBackState.NOT_REACHED, now)

    def recover(self, requests: tuple[CallBackRequest, ...], now: float) -> None:
        """What a server before us had open; the calls that it left are known by now."""
        for request in requests:
            known = self._calls.get(request.call_back)
            again = request if known is None else replace(request, next_at=max(request.next_at, now + SETTLE_S))
            self.requested(again, now)
        for call in self._calls.all():  # whose request is done, and only the end of the call was lost
            if call.state is CallState.PLANNED and call.interaction not in self._open:
                self._finish(call, Outcome.NOT_REACHED, CallBackState.NOT_REACHED, now)

    def called_in(self, number: str | None, now: float) -> None:
        """Somebody has answered this number: whoever is served already is not called back as well."""
        if call_back := self._by_number.get(number or ""):
            self._call_off(call_back, CallBackState.CALLED_IN, now)

    def _call_off(self, call_back: InteractionId, state: CallBackState, now: float) -> None:
        """Nothing where the customer is being called just now."""
        call = self._calls.get(call_back)
        if call and call_back in self._open and call.state in _WAITING and not call.channel:
            self._finish(call, Outcome.CLOSED, state, now)

    # -- time ---------------------------------------------------------------------------------------------------

    def due(self, interaction: InteractionId, now: float) -> None:
        """The hours begin or end, or the pause is over."""
        known, call = self._open.get(interaction), self._calls.get(interaction)
        if known is None or call is None:
            return
        if call.state is CallState.LINE and not call.channel:
            self._offers.leave(interaction)
            self._calls.step(interaction, CallInput.PLAN)
        if call.state in _WAITING:
            self._plan(known.request, now)

    def overdue(self, call: CallView, now: float, *, blind: bool) -> bool:
        """A leg of ours should have been answered or ended by now; False where another's deadline has passed."""
        known = self._leading(call)
        if known is None:
            return False
        if blind:
            self._offers.expect_within(call.interaction, now)
        else:
            self._told(HangUpLeg(call.node, call.uniqueid))
            self.leg_gone(call, 0, now)
        return True

    def _plan(self, request: CallBackRequest, now: float) -> None:
        hours = self._hours_of(request)
        at: float | None = hours.begins(max(request.next_at, now))
        if at == now and (call := self._calls.get(request.call_back)):
            entered = {"queued_at": call.queued_at or now, **_NO_LEG}
            if queued := self._calls.step(call.interaction, CallInput.QUEUE, **entered):
                self._offers.join(queued, ev.CallQueued(queued.interaction, request.queue, queued.lane), now)
            at = hours.ends(now)
        if at is not None:
            self._timers.set(("call_back", request.call_back), at)

    # -- a try --------------------------------------------------------------------------------------------------

    def _ring_first(self, call: CallView, agent: Agent, now: float) -> None:
        """The pop is painted: begin the first leg, if the customer may be called now."""
        known = self._open.get(call.interaction)
        if known is None:
            return
        way = self._way(agent, FirstLeg.AGENT if known.once else self._of(known.request).first)
        if callable_number(known.request.number) != known.request.number:
            self._finish(call, Outcome.REFUSED, CallBackState.REFUSED, now)
        elif not self._hours_of(known.request).allow(now):
            self._again(call, now, counts=False)
        elif way is None or (known.once and way[1] is FirstLeg.CUSTOMER):
            self._again(call, now)
        else:
            node, known.first = way
            self._begin(call, agent, known, node, now)

    def _begin(self, call: CallView, agent: Agent, known: _Open, node: str, now: float) -> None:
        to_agent = known.first is FirstLeg.AGENT
        uniqueid = leg_id(node, call.interaction, call.attempt)
        ring_s = self._rules.of(call.queue).ring_timeout_s if to_agent else self._of(known.request).ring_s
        given = CallInput.DIAL if to_agent else CallInput.CALL_OUT
        rang_at = now if to_agent else None
        if not self._calls.step(call.interaction, given, node=node, uniqueid=uniqueid, rang_at=rang_at):
            return
        if to_agent:
            self._roster.step(agent.agent, AgentInput.RING, now)
        self._offers.expect_within(call.interaction, now + ring_s)
        endpoint = agent.endpoint if to_agent else ""
        number, shown = known.request.number, known.request.shown
        self._told(RingFirst(call.interaction, call.attempt, node, uniqueid, number, endpoint, shown, ring_s))

    def _way(self, agent: Agent, wanted: FirstLeg) -> tuple[str, FirstLeg] | None:
        """From which node, and whom first: an agent whose phone is where no trunk leads out is dialled second."""
        out = [node for node in self._rules.nodes_out if not self._deaf(node)]
        if not out:
            return None
        node = self._roster.node_of(agent, out[0])
        return (node, wanted) if wanted is FirstLeg.CUSTOMER or node in out else (out[0], FirstLeg.CUSTOMER)

    def _first_leg_answered(self, told: ev.FirstLegAnswered, now: float) -> None:
        """The agent is there: call the customer; or the customer is there: dial the agent."""
        call = self._calls.at_attempt(told.interaction, told.attempt)
        known = self._leading(call) if call else None
        if call is None or known is None or call.channel:
            return
        leg = {"channel": told.channel, "linkedid": told.linkedid, "codec": told.codec}
        if known.first is FirstLeg.CUSTOMER:
            self._offers.dial(self._calls.keep(replace(call, **leg)), now)  # type: ignore[arg-type]
        elif self._calls.step(call.interaction, CallInput.CALL_OUT, **leg):
            request, ring_s = known.request, self._of(known.request).ring_s
            self._offers.expect_within(call.interaction, now + ring_s)
            self._told(DialOut(call.interaction, call.attempt, request.number, request.shown, ring_s))

    def leg_gone(self, call: CallView, cause: int, now: float) -> bool:
        """A leg of ours has ended, and nobody has talked; False where the call is to be ended like any other."""
        if call.direction in LED_LIKE_CALLERS or call.answered_at is not None:
            return False
        known = self._leading(call)
        if known and not known.once and known.first is FirstLeg.AGENT and call.state is CallState.RINGING:
            self._offers.back_to_line(call, _STATUS.get(cause, "NOANSWER"), now, **_NO_LEG)
        elif call.state in _TRYING | {CallState.LINE}:
            self._again(call, now)
        return call.state is not CallState.FALLBACK

    def unreached(self, call: CallView, now: float) -> bool:
        """A dial of the call's session came to nothing; False where it was the agent's phone that did not answer."""
        if call.state is CallState.CALLING and call.direction not in LED_LIKE_CALLERS:
            self._again(call, now)
            return True
        return False

    def agent_left(self, call: CallView, now: float) -> bool:
        """The agent whose call-back is under way signs out; False where an offer is to be taken back like any other."""
        once = self._open.get(call.interaction)
        if once and once.once and call.state is CallState.OFFERED:
            self._again(call, now)
            return True
        known = self._leading(call)
        if known is None:
            return False
        if not (known.first is FirstLeg.AGENT and call.state is CallState.CALLING):  # else the two are about to talk
            self._told(HangUpLeg(call.node, call.uniqueid))
            if known.first is FirstLeg.AGENT and not known.once:
                self._offers.back_to_line(call, "CANCEL", now, **_NO_LEG)
            else:
                self._again(call, now, counts=False)
        return True

    def leg_began_at(self, call: CallView) -> float:
        """Since when a list of channels must name the call's; one that is just being begun is in none yet."""
        if call.direction in LED_LIKE_CALLERS:
            return call.arrived_at
        return math.inf if self._leading(call) and not call.channel else call.offered_at or call.arrived_at

    def leads_agent(self, call: CallView) -> bool:
        """Whether the leg is an agent's: the dialplan ends it when its session is lost."""
        known = self._leading(call)
        return known is not None and known.first is FirstLeg.AGENT

    def _leading(self, call: CallView) -> _Open | None:
        """A call-back whose first leg is under way, before the customer waits like any caller."""
        known = self._open.get(call.interaction)
        under_way = call.state in {CallState.RINGING, CallState.CALLING} and call.answered_at is None
        if known is None or not under_way:
            return None
        return known if known.first is FirstLeg.AGENT or call.state is CallState.CALLING else None

    # -- afterwards ---------------------------------------------------------------------------------------------

    def _again(self, call: CallView, now: float, *, counts: bool = True) -> None:
        """This try has come to nothing: the agent is let go, the customer is called later, or no more."""
        known = self._open[call.interaction]
        if known.once:
            self._finish(call, Outcome.NOT_REACHED, CallBackState.NOT_REACHED, now)
            return
        rules = self._of(known.request)
        request = known.request = replace(
            known.request, attempts=known.request.attempts + counts, next_at=now + rules.pause_s
        )
        self._offers.leave(call.interaction)
        if call.agent:
            self._offers.let_go(call.agent, call, now)
        planned = self._calls.step(call.interaction, CallInput.PLAN, agent=None, **_NO_LEG)
        if planned and request.attempts >= rules.attempts:
            self._finish(planned, Outcome.NOT_REACHED, CallBackState.NOT_REACHED, now)
        elif planned:
            self._told(CallBackChanged(request))
            self._plan(request, now)

    def _finish(self, call: CallView, outcome: Outcome, state: CallBackState, now: float) -> None:
        """Nobody has been talked to, and nobody will be called any more."""
        self._offers.leave(call.interaction)
        if call.agent:
            self._offers.let_go(call.agent, call, now)
        self._calls.end(replace(call, state=CallState.ENDED, ended_at=now, outcome=outcome))
        self._settle(call.interaction, state, now)

    def ended(self, call: CallView, now: float) -> None:
        """The call has its outcome."""
        talked = call.answered_at is not None or call.outcome is Outcome.FALLBACK_ANSWERED
        self._settle(call.interaction, CallBackState.DONE if talked else CallBackState.NOT_REACHED, now)

    def _settle(self, interaction: InteractionId, state: CallBackState, now: float) -> None:
        if known := self._open.pop(interaction, None):
            if known.once:
                return
            self._by_number.pop(known.request.number, None)
            self._timers.cancel(("call_back", interaction))
            self._told(CallBackChanged(replace(known.request, state=state, done_at=now)))

    def _of(self, request: CallBackRequest) -> CallBackRules:
        return self._rules.of(request.queue).call_back

    def _hours_of(self, request: CallBackRequest) -> Hours:
        return self._of(request).hours


def is_waiting_call_back(call: CallView) -> bool:
    """Whether, after a restart, it is planned anew: nobody had the customer on a line of ours."""
    customers_leg = bool(call.channel) and call.state is not CallState.CALLING
    return call.direction not in LED_LIKE_CALLERS and call.state in _WAITING | _TRYING and not customers_leg


def leg_id(node: str, interaction: InteractionId, attempt: int) -> Uniqueid:
    """The Uniqueid of a try's first leg: the node before the last hyphen, as in Asterisk's own."""
    return Uniqueid(f"{node}-{interaction.replace('-', '')}.{attempt}")


def _planned(request: CallBackRequest) -> CallView:
    return CallView(
        interaction=request.call_back,
        node="",
        channel="",
        uniqueid=Uniqueid(""),
        linkedid="",
        did=request.shown,
        caller=request.number,
        codec="unknown",
        state=CallState.PLANNED,
        lane=request.lane,
        queue=request.queue,
        arrived_at=request.first_arrival,
        queued_at=None,
        answered_at=None,
        ended_at=None,
        agent=None,
        attempt=0,
        outcome=None,
        direction=Direction.CALL_BACK,
        follows=request.interaction,
    )
