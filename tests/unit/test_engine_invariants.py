"""The engine under random histories: what must hold whatever happens, in whatever order (Hypothesis)."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telephony.core import events as ev
from telephony.core.agent import IN_CALL
from telephony.core.call import SERVED_AS
from telephony.core.commands import CallChanged, CallEnded, Command, Decided, ShowPop
from telephony.core.engine import Engine
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.line import OVERDUE_TURN
from telephony.core.logged import LoggedCall
from telephony.core.rules import QueueRules, Rules
from telephony.core.spans import UNKNOWN
from telephony.core.views import CallState, CallView, Lane, Outcome, SpanKind

QUEUES = [QueueName("support"), QueueName("sales")]
MAX_WAIT_S = 30.0
RULES = Rules({queue: QueueRules(MAX_WAIT_S, wrap_up_s=2.0, ring_timeout_s=5.0) for queue in QUEUES})
agents = st.sampled_from([AgentId(name) for name in ("a", "b", "c")])
names = st.sampled_from([f"c{n}" for n in range(12)])
attempts = st.integers(0, 4)
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
                case CallChanged(call):
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

    @rule(left=st.sets(names))
    def snapshot(self, left: set[str]) -> None:
        self.tell(ev.NodeSnapshot("n", frozenset(map(Uniqueid, left)), taken_at=self.now))

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
        assert set(self.ended) == self.arrived, "a call without an outcome"
        assert all(agent.interaction is None for agent in self.engine.agents())


AnyHistory.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAnyHistory = AnyHistory.TestCase
