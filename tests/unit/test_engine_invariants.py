"""The engine under random histories: what must hold whatever happens, in whatever order (Hypothesis)."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telephony.core import events as ev
from telephony.core.agent import IN_CALL
from telephony.core.call import SERVED_AS
from telephony.core.call_backs import leg_id
from telephony.core.commands import CallBackChanged, CallChanged, CallEnded, Command, Decided, RingFirst, ShowPop
from telephony.core.engine import Engine
from telephony.core.hours import Hours
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.logged import LoggedCall
from telephony.core.place import OVERDUE_TURN
from telephony.core.promises import CallBackRequest, CallBackState, callable_number
from telephony.core.rules import CallBackRules, FirstLeg, QueueRules, Rules
from telephony.core.spans import UNKNOWN
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome, SpanKind

# Other tests cover what these run, and counting takes longer than running.
pytestmark = pytest.mark.no_cover

QUEUES = [QueueName("support"), QueueName("sales")]
MAX_WAIT_S = 30.0
# The history begins at 1:00 in Poland; who is to be called back may be called from 1:05 to 1:25.
CALL_BACK = {
    queue: CallBackRules(first, attempts=2, pause_s=20.0, ring_s=5.0, hours=Hours(time(1, 5), time(1, 25)))
    for queue, first in zip(QUEUES, FirstLeg, strict=True)
}
RULES = Rules(
    {queue: QueueRules(MAX_WAIT_S, 2.0, 5.0, call_back=rules) for queue, rules in CALL_BACK.items()}, nodes_out=("n",)
)
agents = st.sampled_from([AgentId(name) for name in ("a", "b", "c")])
names = st.sampled_from([f"c{n}" for n in range(12)])
attempts = st.integers(0, 4)
backs = st.sampled_from([InteractionId(f"{n:032x}") for n in range(4)])
S = CallState
# How far a call has come. An offer that came to nothing is not a step back: the attempt is over.
PROGRESS = {
    S.MENU: 0, S.VOICEMAIL: 0.3, S.CALLBACK: 0.6,
    S.LINE: 1, S.OFFERED: 2, S.RINGING: 3, S.FALLBACK: 5, S.TALKING: 6, S.FALLBACK_TALK: 6,
    S.AFTER_TALK: 7, S.SERVED: 7, S.CLOSED: 7, S.TRANSFERRED_OUT: 8, S.ENDED: 9,
}  # fmt: skip


def progress(call: CallView) -> tuple[int, float]:
    attempt_over = call.state is S.LINE and call.attempt > 0
    return call.attempt, 4 if attempt_over else PROGRESS[call.state]


class AnyHistory(RuleBasedStateMachine):
    """Events of every kind about a dozen calls and three agents, plausible or not."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(RULES)
        self.now = 0.0
        self.arrived: set[str] = set()
        self.ended: dict[str, Outcome] = {}
        self.without_overdue = 0
        self.progress: dict[str, tuple[int, float]] = {}

    def tell(self, event: ev.Event) -> None:
        self.look(self.engine.handle(event, self.now))

    def look(self, out: list[Command]) -> None:
        for each in out:
            match each:
                case RingFirst():
                    self.may_be_called(each)
                case CallBackChanged(request):
                    assert request.attempts <= CALL_BACK[request.queue].attempts, "called too often"
                    assert (request.done_at is None) is (request.state is CallBackState.OPEN)
                case CallChanged(call) if call.state is S.LINE and call.answered_at is not None:
                    self.progress[call.interaction] = progress(call)  # has talked, and asks for a person again
                case CallChanged(call) if call.direction is Direction.IN:
                    assert progress(call) >= self.progress.get(call.interaction, (0, 0)), "a step back"
                    self.progress[call.interaction] = progress(call)
                case CallEnded(call):
                    assert call.outcome is not None
                    assert all(span.to_at is not None for span in call.spans)
                    assert call.interaction not in self.ended, "two outcomes"
                    self.ended[call.interaction] = call.outcome
                case Decided(interaction, _, decided_at):
                    self.count_turn(interaction, decided_at)
                case ShowPop(call):
                    assert call.interaction not in self.ended

    def may_be_called(self, ring: RingFirst) -> None:
        call = next(each for each in self.engine.calls() if each.interaction == ring.interaction)
        assert call.queue
        assert CALL_BACK[call.queue].hours.allow(self.now), "called at night"
        assert ring.number == callable_number(ring.number)
        others = [each for each in self.engine.calls() if each.caller == ring.number and each is not call]
        assert not others, "two calls to one number"

    def count_turn(self, interaction: InteractionId, now: float) -> None:
        calls = {call.interaction: call for call in self.engine.calls()}
        waiting = [call for call in calls.values() if call.state is CallState.LINE]
        overdue = [call for call in waiting if call.lane is Lane.STANDARD and now - call.arrived_at > MAX_WAIT_S]
        winner = calls[interaction]
        winner_overdue = winner.lane is Lane.STANDARD and now - winner.arrived_at > MAX_WAIT_S
        self.without_overdue = 0 if winner_overdue or not overdue else self.without_overdue + 1
        assert self.without_overdue < OVERDUE_TURN, "a third assignment in a row passed the overdue by"

    @rule(seconds=st.floats(0.0, 40.0))
    def time_passes(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.engine.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.look(self.engine.handle_timer(self.now))
        self.now = end

    @rule(agent=agents)
    def sign_in(self, agent: AgentId) -> None:
        self.tell(ev.AgentSignedIn(agent, f"p-{agent}", dict.fromkeys(QUEUES, 1)))

    @rule(agent=agents)
    def ready(self, agent: AgentId) -> None:
        self.tell(ev.AgentReady(agent))

    @rule(agent=agents, out=st.booleans())
    def leave(self, agent: AgentId, out: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        self.tell(ev.AgentSignedOut(agent) if out else ev.AgentPaused(agent, "tea"))

    @rule(agent=agents, state=st.sampled_from(["NOT_INUSE", "INUSE", "UNAVAILABLE"]))
    def device(self, agent: AgentId, state: str) -> None:
        self.tell(ev.DeviceChanged("n", f"p-{agent}", state))

    @rule(name=names)
    def arrive(self, name: str) -> None:
        if name not in self.arrived:
            self.arrived.add(name)
            self.tell(ev.CallArrived(InteractionId(name), "n", name, Uniqueid(name), name, "+48221", None))

    @rule(name=names, lane=st.sampled_from(Lane), queue=st.sampled_from(QUEUES))
    def queue(self, name: str, lane: Lane, queue: QueueName) -> None:
        self.tell(ev.CallQueued(InteractionId(name), queue, lane))

    @rule(name=names, agent=agents, attempt=attempts)
    def paint(self, name: str, agent: AgentId, attempt: int) -> None:
        self.tell(ev.PopPainted(InteractionId(name), agent, attempt))

    @rule(name=names, attempt=attempts, status=st.sampled_from(["ANSWER", "NOANSWER", "BUSY", "CANCEL", "?"]))
    def dial_end(self, name: str, attempt: int, status: str) -> None:
        self.tell(ev.DialEnded(InteractionId(name), attempt, status))

    @rule(name=names, attempt=attempts, phone=st.sampled_from(["", "p-a", "p-b", "nobody's"]))
    def ring_and_answer(self, name: str, attempt: int, phone: str) -> None:
        self.tell(ev.AgentRinging(InteractionId(name), attempt))
        self.tell(ev.CallAnswered(InteractionId(name), attempt, phone))

    @rule(name=names, attempt=attempts, held=st.booleans())
    def hold(self, name: str, attempt: int, held: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        self.tell(ev.CallHeld(InteractionId(name), attempt, held))

    @rule(ago=st.floats(0.0, 20.0), why=st.sampled_from(sorted(UNKNOWN)))
    def go_deaf(self, ago: float, why: SpanKind) -> None:
        self.tell(ev.EventsLost(self.now) if why is SpanKind.OVERFLOW else ev.NodeLost("n", self.now - ago, why))

    @rule(name=names, attempt=attempts, outside=st.booleans())
    def hand_over(self, name: str, attempt: int, outside: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        kind = ev.CallLeftHouse if outside else ev.AgentLeft
        self.tell(kind(InteractionId(name), attempt))

    @rule(name=names)
    def lose(self, name: str) -> None:
        self.tell(ev.SessionLost(InteractionId(name)))

    @rule(name=names, outcome=st.sampled_from(sorted(SERVED_AS)))
    def serve(self, name: str, outcome: Outcome) -> None:
        self.tell(ev.CallServed(InteractionId(name), outcome))

    @rule(name=names)
    def hang_up(self, name: str) -> None:
        self.tell(ev.CallHungUp(Uniqueid(name), 16))

    @rule(name=names, answered=st.booleans(), by_fallback=st.booleans(), complete=st.booleans(), known=st.booleans())
    def read_in(self, name: str, answered: bool, by_fallback: bool, complete: bool, known: bool) -> None:  # noqa: FBT001
        """The end of any call, as logs tell it; one nobody has seen has a name of its own."""
        answered_at = self.now if answered else None
        log = LoggedCall(
            "n", name, Uniqueid(name), name, "+48221", None, self.now, None, answered_at, by_fallback, AgentId("a"),
            left_house=False, ended_at=self.now, complete=complete,
        )  # fmt: skip
        unseen = f"log-{name}"
        if known:
            self.tell(ev.CallLogged(log, None, Lane.STANDARD))
        elif name not in self.arrived and unseen not in self.arrived:
            self.arrived.add(unseen)
            self.tell(ev.CallLogged(log, InteractionId(unseen), Lane.STANDARD))

    @rule(name=names, by_fallback=st.booleans(), agent=agents)
    def read_in_answer(self, name: str, by_fallback: bool, agent: AgentId) -> None:  # noqa: FBT001
        self.tell(ev.AnswerLogged(Uniqueid(name), self.now, agent, by_fallback))

    @rule(left=st.sets(names), legs=st.booleans())
    def snapshot(self, left: set[str], legs: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        uniqueids = {Uniqueid(name) for name in left} | {call.uniqueid for call in self.engine.calls() if legs}
        self.tell(ev.NodeSnapshot("n", frozenset(uniqueids), taken_at=self.now))

    @rule(name=backs, ago=st.floats(0.0, 3600.0), lane=st.sampled_from(Lane), queue=st.sampled_from(QUEUES))
    def ask_to_be_called(self, name: InteractionId, ago: float, lane: Lane, queue: QueueName) -> None:
        number = f"+4850000010{int(name, 16) % 2}"
        open_already = any(call.caller == number for call in self.engine.calls())
        if name not in self.arrived and not open_already:
            self.arrived.add(name)
        if name not in self.ended:
            self.tell(
                ev.CallBackRequested(
                    CallBackRequest(InteractionId("x"), queue, lane, number, "+48221", self.now - ago, self.now, name)
                )
            )

    @rule(name=backs, attempt=attempts)
    def first_leg_answers(self, name: InteractionId, attempt: int) -> None:
        self.tell(ev.FirstLegAnswered(name, attempt, "PJSIP/x", "l"))

    @rule(name=backs, attempt=attempts, cause=st.sampled_from([0, 16, 17, 19, 20]))
    def first_leg_ends(self, name: InteractionId, attempt: int, cause: int) -> None:
        self.tell(ev.CallHungUp(leg_id("n", name, attempt), cause) if cause else ev.FirstLegFailed(name, attempt))

    @rule(name=backs, attempt=attempts, status=st.sampled_from(["ANSWER", "NOANSWER", "BUSY", "CONGESTION"]))
    def second_leg_ends(self, name: InteractionId, attempt: int, status: str) -> None:
        self.tell(ev.DialEnded(name, attempt, status))

    @rule(name=backs, attempt=attempts, agent=agents)
    def go_on(self, name: InteractionId, attempt: int, agent: AgentId) -> None:
        """As far as it goes, so that talks come about."""
        self.tell(ev.PopPainted(name, agent, attempt))
        self.tell(ev.FirstLegAnswered(name, attempt, "PJSIP/x", "l"))
        self.tell(ev.CallAnswered(name, attempt))

    @rule(name=backs)
    def withdraw(self, name: InteractionId) -> None:
        self.tell(ev.CallBackWithdrawn(name))

    @rule(name=backs)
    def lose_back(self, name: InteractionId) -> None:
        self.tell(ev.SessionLost(name))

    @invariant()
    def nobody_idles_while_someone_waits(self) -> None:
        waiting = any(call.state is CallState.LINE for call in self.engine.calls())
        assert not (waiting and any(agent.free for agent in self.engine.agents()))

    @invariant()
    def no_agent_has_two_calls_and_no_call_two_agents(self) -> None:
        held = [agent.interaction for agent in self.engine.agents() if agent.interaction]
        assert len(held) == len(set(held))
        for agent in self.engine.agents():
            assert (agent.state in IN_CALL) == (agent.interaction is not None)

    @invariant()
    def a_call_is_under_way_or_has_ended(self) -> None:
        live = {call.interaction for call in self.engine.calls()}
        assert live | set(self.ended) == self.arrived
        assert not live & set(self.ended)

    @invariant()
    def at_most_one_stretch_is_under_way_and_none_overlap(self) -> None:
        for call in self.engine.calls():
            assert all(span.to_at is not None for span in call.spans[:-1])
            times = [at for span in call.spans for at in (span.from_at, span.to_at) if at is not None]
            assert times == sorted(times)
            assert not times or times[0] >= call.arrived_at

    def teardown(self) -> None:
        for name in self.arrived:
            self.hang_up(name)
        for call in self.engine.calls():
            self.tell(ev.CallHungUp(call.uniqueid, 16))
            self.tell(ev.CallBackWithdrawn(call.interaction))
        assert set(self.ended) == self.arrived, "a call without an outcome"
        assert all(agent.interaction is None for agent in self.engine.agents())


AnyHistory.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAnyHistory = AnyHistory.TestCase
