"""The simulator plays the engine of production: first come, first served exactly; every caller accounted for."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.core.ids import InteractionId
from telephony.core.rules import QueueRules
from telephony.core.views import Lane
from telephony.simulation import callers
from telephony.simulation.callers import Caller, draw
from telephony.simulation.run import Run, play
from telephony.simulation.scenario import AgentGroup, Arrivals, Handle, PastCall, Scenario, ScenarioError
from telephony.simulation.summary import figures, summary, waits
from tests.unit.queueing import SUPPORT, kiefer_wolfowitz, simple

HOUR = 3600.0
STREAM = Arrivals(SUPPORT, Lane.STANDARD, handle_mean_s=100.0, handle=Handle.FIXED)


def known(*times_s: float, agents: int = 1, duration_s: float = HOUR, **stream: object) -> Scenario:
    calls = tuple(PastCall(at) for at in times_s)
    group = AgentGroup(agents, {"support": 1}, 0.0, duration_s)
    return Scenario(duration_s, 1, (group,), (replace(STREAM, calls=calls, **stream),))  # type: ignore[arg-type]


def played(scenario: Scenario) -> Run:
    return play(scenario, draw(scenario, scenario.seed))


@given(
    calls=st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 500)), min_size=1, max_size=40),
    agents=st.integers(1, 5),
)
@settings(deadline=None)
def test_every_wait_is_that_of_first_come_first_served(calls: list[tuple[float, float]], agents: int) -> None:
    calls = sorted(calls)
    scenario = known(agents=agents, duration_s=100_000.0)
    people = [
        Caller(InteractionId(f"call-{number:03}"), SUPPORT, Lane.STANDARD, arrived, handle, None)
        for number, (arrived, handle) in enumerate(calls)
    ]
    run = play(scenario, people)
    assert [call.answered_s for call in run.calls] == kiefer_wolfowitz(calls, agents)


@pytest.mark.parametrize("agents", [5, 20])
def test_a_drawn_day_is_first_come_first_served_too(agents: int) -> None:
    run = played(simple(agents=agents, rate_per_h=agents * 18, handle_s=180, duration_s=4 * HOUR))
    calls = [(call.caller.arrived_s, call.caller.handle_s) for call in run.calls]
    expected = kiefer_wolfowitz(calls, agents)
    assert any(call.answered_s is not None and call.answered_s > call.caller.arrived_s for call in run.calls)
    assert [call.answered_s for call in run.calls] == [at if at <= 4 * HOUR else None for at in expected]


def test_who_has_no_more_patience_leaves_the_line() -> None:
    run = played(known(0.0, 10.0, patience_mean_s=1.0))
    first, second = run.calls
    assert (first.answered_s, first.abandoned_s) == (0.0, None)
    assert second.answered_s is None
    assert second.caller.patience_s is not None
    assert second.abandoned_s == 10.0 + second.caller.patience_s


def test_the_run_ends_on_time_wherever_anybody_stands() -> None:
    run = played(known(0.0, 10.0, 20.0, duration_s=150.0))
    assert [(call.answered_s, call.abandoned_s) for call in run.calls] == [(0.0, None), (100.0, None), (None, None)]
    (shift,) = run.shifts.values()
    assert (shift.staffed_s, shift.worked_s) == (150.0, 150.0)


def test_an_accessibility_caller_goes_first() -> None:
    base = known(0.0, 10.0)
    late = replace(STREAM, lane=Lane.ACCESSIBILITY, calls=(PastCall(50.0),))
    run = played(replace(base, arrivals=(*base.arrivals, late)))
    assert [call.answered_s for call in run.calls] == [0.0, 200.0, 100.0]
    assert all(call.explanation for call in run.calls)


def test_an_agent_whose_shift_is_over_finishes_the_call_and_takes_no_other() -> None:
    base = known(0.0, 60.0)
    group = replace(base.agents[0], to_s=50.0)
    run = played(replace(base, agents=(group,)))
    assert [call.answered_s for call in run.calls] == [0.0, None]
    (shift,) = run.shifts.values()
    assert (shift.staffed_s, shift.worked_s) == (100.0, 100.0)


def test_wrap_up_and_ringing_cost_time() -> None:
    base = known(0.0, 1.0)
    slow = replace(base.agents[0], answer_after_s=5.0)
    rules = {SUPPORT: QueueRules(wrap_up_s=30.0)}
    run = played(replace(base, agents=(slow,), queues=rules))
    assert [call.answered_s for call in run.calls] == [5.0, 5.0 + 100.0 + 30.0 + 5.0]


def test_only_an_agent_with_the_skill_answers() -> None:
    base = known(0.0, agents=0)
    other = AgentGroup(3, {"billing": 9, "english": 2}, 0.0, HOUR)
    able = AgentGroup(1, {"support": 1, "english": 2}, 0.0, HOUR)
    wish = tuple(replace(stream, requires={"english": 2}) for stream in base.arrivals)
    run = played(replace(base, agents=(other, able), arrivals=wish))
    assert [call.agent for call in run.calls] == ["agent-4"]


def test_the_same_people_call_whatever_is_changed_about_agents() -> None:
    scenario = simple(agents=3, rate_per_h=60, handle_s=100, duration_s=HOUR, patience_s=60)
    assert draw(scenario, 5) == draw(scenario.with_agents(2), 5)
    assert draw(scenario, 5) != draw(scenario, 6)


def test_poisson_by_hour_has_the_rate_of_each_hour() -> None:
    scenario = simple(agents=1, rate_per_h=0, handle_s=10, duration_s=3 * HOUR)
    stream = replace(scenario.arrivals[0], rates_per_h=(1000.0, 0.0, 4000.0))
    hours = [int(call.arrived_s // HOUR) for call in draw(replace(scenario, arrivals=(stream,)), 1)]
    assert hours.count(1) == 0
    assert abs(hours.count(0) - 1000) < 4 * 1000**0.5
    assert abs(hours.count(2) - 4000) < 4 * 4000**0.5


def test_no_more_callers_are_drawn_than_a_machine_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MAX_CALLS", 100)
    with pytest.raises(ScenarioError, match="more than 100 calls"):
        draw(simple(agents=1, rate_per_h=200, handle_s=10, duration_s=HOUR), 1)


def test_a_known_call_after_the_end_is_nobody() -> None:
    assert [caller.arrived_s for caller in draw(known(10.0, 70.0, duration_s=60.0), 1)] == [10.0]


def test_agents_are_added_to_the_group_that_is_named() -> None:
    base = known(0.0, agents=2)
    scenario = replace(base, agents=(*base.agents, replace(base.agents[0], name="night")))
    assert [group.count for group in scenario.with_agents(1).agents] == [3, 2]
    assert [group.count for group in scenario.with_agents(-2, "night").agents] == [2, 0]
    with pytest.raises(ScenarioError, match="would leave -1"):
        scenario.with_agents(-3)
    with pytest.raises(ScenarioError, match="has the name 'day'"):
        scenario.with_agents(1, "day")


def test_service_levels_differ_in_what_becomes_of_those_who_gave_up() -> None:
    # Waits 0 and 100 answered; one gives up after 5 s, one after 60 s; one still waits, undecided at 20 s.
    scenario = known(0.0, 0.0, 0.0, 0.0, 145.0, duration_s=150.0)
    patience = (None, None, 5.0, 60.0, None)
    people = [replace(caller, patience_s=each) for caller, each in zip(draw(scenario, 1), patience, strict=True)]
    found = figures(play(scenario, people).calls, 20.0, 150.0)
    assert (found.calls, found.answered, found.abandoned, found.waiting) == (5, 2, 2, 1)
    level = found.service_level
    assert (level.of_all, level.of_answered, level.without_short, level.short_as_met) == (1 / 4, 1 / 2, 1 / 3, 2 / 4)


def test_waits_have_one_definition_each() -> None:
    found = waits([float(number) for number in range(1, 101)])
    assert (found.mean_s, found.median_s, found.p95_s, found.max_s) == (50.5, 50.5, 95.0, 100.0)
    assert waits([]).mean_s is None


def test_the_summary_has_a_row_for_each_queue_and_priority_and_for_all() -> None:
    base = known(0.0, 10.0)
    late = replace(STREAM, lane=Lane.ACCESSIBILITY, calls=(PastCall(50.0),))
    rows = summary(played(replace(base, arrivals=(*base.arrivals, late))), 20.0, HOUR)
    assert [(row.queue, row.priority, row.figures.calls) for row in rows] == [
        ("support", Lane.ACCESSIBILITY, 1),
        ("support", Lane.STANDARD, 2),
        ("support", None, 3),
        (None, None, 3),
    ]
    assert {row.figures.occupancy for row in rows} == {300.0 / HOUR}
