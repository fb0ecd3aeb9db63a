"""The line's order: lanes, the turn of the overdue, skills (Hypothesis over random overloads)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telephony.core.agent import Agent
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.line import OVERDUE_TURN, Line, Rule, Waiting
from telephony.core.views import AgentState, Lane

SUPPORT = QueueName("support")
MAX_WAIT_S = 100.0
FREE = Agent(AgentId("anna"), "p-anna", {"support": 1}, state=AgentState.AVAILABLE)

arrivals = st.lists(st.tuples(st.floats(0.0, 20.0), st.sampled_from(Lane)), min_size=1, max_size=60)


def waiting(name: str, lane: Lane, first_arrival: float, requires: dict[str, int] | None = None) -> Waiting:
    return Waiting(InteractionId(name), SUPPORT, lane, first_arrival, requires or {"support": 1}, MAX_WAIT_S)


def serve(line: Line, now: float, agent: Agent = FREE) -> tuple[Waiting, Rule] | None:
    choice = line.choose([agent], now)
    if choice is None:
        return None
    line.take(choice, now)
    return choice.waiting, choice.rule


@given(arrivals, st.floats(0.5, 30.0))
def test_in_overload_every_third_is_an_overdue_standard_caller_and_only_then(
    gaps: list[tuple[float, Lane]], service_s: float
) -> None:
    line, now, passed_by = Line(), 0.0, 0
    for number, (gap, lane) in enumerate(gaps):
        now += gap
        line.add(waiting(f"{number:03}", lane, now))
    while len(line):
        now += service_s
        before = list(line)
        served = serve(line, now)
        assert served
        winner, rule = served
        overdue = [each for each in before if each.overdue(now)]
        accessible = [each for each in before if each.lane is Lane.ACCESSIBILITY]
        passed_by = 0 if winner.overdue(now) or not overdue else passed_by + 1
        assert passed_by < OVERDUE_TURN
        if winner.lane is Lane.STANDARD and accessible:
            assert rule is Rule.OVERDUE_TURN
            assert winner == min(overdue, key=lambda each: (each.first_arrival, each.interaction))
        same_lane = [each for each in before if each.lane is winner.lane]
        assert winner == min(same_lane, key=lambda each: (each.first_arrival, each.interaction))


def test_two_accessibility_calls_then_the_oldest_overdue() -> None:
    line = Line()
    for number in range(4):
        line.add(waiting(f"a{number}", Lane.ACCESSIBILITY, 500.0))
    line.add(waiting("overdue", Lane.STANDARD, 0.0))
    line.add(waiting("young", Lane.STANDARD, 450.0))
    served = [serve(line, 510.0) for _ in range(6)]
    assert [each and each[0].interaction for each in served] == ["a0", "a1", "overdue", "a2", "a3", "young"]


def test_an_agent_who_cannot_serve_the_overdue_serves_the_next_one() -> None:
    line = Line()
    line.add(waiting("french", Lane.STANDARD, 0.0, {"french": 1}))
    for number in range(5):
        line.add(waiting(f"a{number}", Lane.ACCESSIBILITY, 500.0))
    assert [each and each[0].interaction for each in (serve(line, 510.0) for _ in range(4))] == ["a0", "a1", "a2", "a3"]
    french = Agent(AgentId("jean"), "p-jean", {"french": 2, "support": 1}, state=AgentState.AVAILABLE)
    served = serve(line, 510.0, french)
    assert served
    assert served == (waiting("french", Lane.STANDARD, 0.0, {"french": 1}), Rule.OVERDUE_TURN)
    assert serve(line, 510.0, Agent(AgentId("new"), "p-new", {})) is None
