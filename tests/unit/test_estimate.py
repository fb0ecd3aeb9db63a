"""What callers are told of their wait: a range that holds, never later than before, and silence where nobody knows."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.core import events as ev
from telephony.core.estimate import MAX_MINUTES, Minutes, Present, estimate
from telephony.core.recent import ARRIVALS_S, Recent
from telephony.core.views import Lane
from telephony.simulation.callers import draw
from telephony.simulation.run import play
from tests.benchmarks.announcements import calibration, cases, days
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story
from tests.unit.queueing import simple

# Ten agents, three minutes each: one of them is free every 18 s. With 49 ahead the fiftieth is awaited: 15 min.
PRESENT = Present(ahead=49, agents=10, handle_mean_s=180.0, handle_cv2=1.0, handled=100)


def test_the_range_lies_around_the_mean() -> None:
    found = estimate(PRESENT)
    assert found
    assert found.low <= 15 <= found.high
    assert found.high - found.low <= 7


def test_who_is_next_waits_less_than_a_minute_or_little_more() -> None:
    found = estimate(replace(PRESENT, ahead=0))
    assert found == Minutes(0, 1)


@pytest.mark.parametrize(
    ("change", "later"),
    [
        ({"ahead": 80}, True),
        ({"agents": 6}, True),
        ({"handle_mean_s": 300.0}, True),
        ({"overtake_per_s": 0.02}, True),
        ({"leave_per_s": 0.002}, False),
    ],
)
def test_what_makes_the_wait_longer_or_shorter(change: dict[str, float], *, later: bool) -> None:
    before, after = estimate(PRESENT), estimate(replace(PRESENT, **change))  # type: ignore[arg-type]
    assert before
    assert after
    assert (after.low > before.low) is later
    assert (after.high < before.high) is not later


@pytest.mark.parametrize(
    "change",
    [
        {"agents": 0},
        {"handled": 9},
        {"handle_mean_s": 0.0},
        {"overtake_per_s": 10 / 180},  # those who overtake take every agent
        {"ahead": 600},  # beyond two hours
        {"ahead": 2, "agents": 1},  # three talks of one agent may last for anything
    ],
)
def test_nothing_is_said_where_nobody_knows(change: dict[str, float]) -> None:
    assert estimate(replace(PRESENT, **change)) is None  # type: ignore[arg-type]


def test_a_wait_that_has_become_longer_is_not_told() -> None:
    said = Minutes(3, 5)
    assert estimate(PRESENT, said) is None
    nearly = estimate(replace(PRESENT, ahead=14), said)
    assert nearly
    assert nearly.high <= 5


@given(
    st.builds(
        Present,
        ahead=st.integers(0, 300),
        agents=st.integers(0, 60),
        handle_mean_s=st.floats(0, 1e4),
        handle_cv2=st.floats(0, 20),
        handled=st.integers(0, 100),
        leave_per_s=st.floats(0, 0.1),
        overtake_per_s=st.floats(0, 1),
        overtakers=st.integers(0, 50),
    ),
    st.one_of(st.none(), st.tuples(st.integers(0, 20), st.integers(1, 20)).map(lambda w: Minutes(w[0], sum(w)))),
)
def test_whatever_is_known_a_range_is_a_range_and_never_later(present: Present, said: Minutes | None) -> None:
    found = estimate(present, said)
    if found:
        assert 0 <= found.low < found.high <= MAX_MINUTES
        assert said is None or (found.low <= said.low and found.high <= said.high)


def test_rates_are_of_late() -> None:
    recent = Recent()
    for at in (0.0, 100.0, 4000.0):
        recent.came(SUPPORT, at, accessible=True)
    recent.left(SUPPORT, 90.0, 4000.0, gave_up=False)
    recent.left(SUPPORT, 10.0, 4000.0, gave_up=True)
    for work_s in (100.0, 300.0):
        recent.worked(SUPPORT, work_s, 4000.0)
    found = recent.present(SUPPORT, 3, 2, 4000.0, overtaken=True)
    assert found == Present(3, 2, 200.0, 0.25, 2, 1 / 100, 1 / ARRIVALS_S, 1)
    assert recent.present(SUPPORT, 3, 2, 4000.0, overtaken=False).overtake_per_s == 0


# -- the engine ---------------------------------------------------------------------------------------------------


def busy_house() -> Story:
    """Anna and Piotr have had ten talks of a minute and are in two more; the time is 1000."""
    story = Story()
    for number in range(10):
        if not number:
            story.agent(ANNA)
        call = story.queues(f"past-{number}", number * 90.0)
        story.talks(call, ANNA, number * 90.0)
        story.hangs_up(call, number * 90.0 + 60.0)
        story.wait_until(number * 90.0 + 65.0)
    story.agent(PIOTR, 900.0)
    for name, agent in (("one", ANNA), ("two", PIOTR)):
        story.talks(story.queues(name, 1000.0), agent, 1000.0)
    return story


def test_who_waits_is_told_and_who_is_talked_to_is_not() -> None:
    story = busy_house()
    third = story.queues("three", 1000.0)
    found = story.engine.announce(third, 1000.0)
    assert found
    assert found.high <= 3
    talking = next(call.interaction for call in story.engine.calls() if call.answered_at is not None)
    assert story.engine.announce(talking, 1000.0) is None
    story.hangs_up(third, 1001.0)
    assert story.engine.announce(third, 1001.0) is None


def test_nothing_is_said_while_nobody_is_there() -> None:
    story = busy_house()
    third = story.queues("three", 1000.0)
    for agent in (ANNA, PIOTR):
        story.tell(ev.AgentSignedOut(agent), 1000.0)
    for name in ("one", "two"):
        story.hangs_up(next(c.interaction for c in story.engine.calls() if c.interaction == name), 1010.0)
    assert story.engine.announce(third, 1010.0) is None


# -- simulated days -----------------------------------------------------------------------------------------------


def test_no_caller_is_told_a_longer_wait_than_before() -> None:
    scenario = simple(agents=10, rate_per_h=150, handle_s=300, duration_s=2 * 3600.0, patience_s=600)
    said: dict[str, list[Minutes]] = {}
    for each in play(scenario, draw(scenario, 1), 60.0).announcements:
        if each.said:
            said.setdefault(each.interaction, []).append(each.said)
    pairs = [pair for heard in said.values() for pair in pairwise(heard)]
    assert len(pairs) > 100
    assert all(after.low <= before.low and after.high <= before.high for before, after in pairs)


def test_on_a_day_of_two_lanes_what_is_said_holds() -> None:
    day = days()["a day of changing rates, wrap-up, shifts"]
    assert {stream.lane for stream in day.arrivals} == set(Lane)
    found = calibration(list(cases(play(day, draw(day, 1), 60.0), day.duration_s)))
    assert found.good, found
