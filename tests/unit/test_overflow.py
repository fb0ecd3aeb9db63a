"""Who is let go from a line, when, and only once, with literal times."""

from __future__ import annotations

import pytest

from telephony.core import events as ev
from telephony.core.commands import LeaveLine
from telephony.core.ids import InteractionId
from telephony.core.rules import OverflowRule, OverflowWhy, QueueRules, Rules
from telephony.core.views import CallState, Lane, Outcome
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story


def story_of(
    after_s: float | None = None, ahead: int | None = None, agents_below: int = 0, expected_s: float | None = None
) -> Story:
    overflow = OverflowRule(after_s, ahead, agents_below, expected_s)
    return Story(Rules({SUPPORT: QueueRules(ring_timeout_s=20.0, overflow=overflow)}))


def enters(story: Story, name: str, now: float, *, overflows: bool = True) -> InteractionId:
    call = story.arrives(name, now)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD, overflows=overflows), now)
    return call


def let_go(story: Story) -> list[tuple[str, OverflowWhy]]:
    return [(each.interaction, each.why) for each in story.said if isinstance(each, LeaveLine)]


def test_who_has_waited_long_enough_goes_on_with_the_flow() -> None:
    story = story_of(after_s=300)
    call = enters(story, "c1", 10.0)
    assert story.engine.next_deadline() == 310.0
    assert story.wait_until(309.9) == []
    story.wait_until(310.0)
    assert let_go(story) == [("c1", OverflowWhy.WAITED)]
    assert story.view(call).state is CallState.MENU
    story.agent(ANNA, 311.0)
    assert story.dials() == [], "who has gone on is offered to nobody"


def test_a_flow_that_knows_no_other_way_waits_on() -> None:
    story = story_of(after_s=300, ahead=1, agents_below=1)
    enters(story, "c1", 10.0, overflows=False)
    enters(story, "c2", 11.0, overflows=False)
    story.wait_until(1_000.0)
    assert let_go(story) == []


def test_so_many_ahead_are_too_many() -> None:
    story = story_of(ahead=2)
    for place, name in enumerate(("c1", "c2", "c3", "c4")):
        enters(story, name, float(place))
    assert let_go(story) == [("c3", OverflowWhy.AHEAD), ("c4", OverflowWhy.AHEAD)]


def test_who_is_served_at_once_does_not_overflow() -> None:
    story = story_of(ahead=1, agents_below=1, after_s=1)
    story.agent(ANNA)
    call = enters(story, "c1", 10.0)
    story.talks(call, ANNA, 10.1)
    story.wait_until(100.0)
    assert let_go(story) == []


def test_the_time_is_up_while_a_phone_rings_and_counts_when_nobody_answers() -> None:
    story = story_of(after_s=5)
    story.agent(ANNA)
    call = enters(story, "c1", 10.0)
    story.painted(call, ANNA, 10.1)
    story.wait_until(16.0)
    assert let_go(story) == []
    story.tell(ev.DialEnded(call, 1, "NOANSWER"), 30.0)
    assert let_go(story) == [("c1", OverflowWhy.WAITED)]


def test_when_the_last_agent_goes_home_everybody_goes_on() -> None:
    story = story_of(agents_below=1)
    story.agent(ANNA)
    story.tell(ev.AgentPaused(ANNA, "break"), 1.0)
    enters(story, "c1", 10.0)
    enters(story, "c2", 11.0)
    assert let_go(story) == [], "on a break is on shift"
    story.tell(ev.AgentSignedOut(ANNA), 12.0)
    assert let_go(story) == [("c1", OverflowWhy.AGENTS), ("c2", OverflowWhy.AGENTS)]


def test_an_agent_of_other_skills_is_none_of_ours() -> None:
    story = story_of(agents_below=1)
    story.agent(ANNA, 0.0, {"sales": 3})
    enters(story, "c1", 10.0)
    assert let_go(story) == [("c1", OverflowWhy.AGENTS)]


def test_a_queue_lets_nobody_go_twice() -> None:
    story = story_of(ahead=1)
    enters(story, "c1", 10.0)
    call = enters(story, "c2", 11.0)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD, overflows=True), 12.0)
    assert let_go(story) == [("c2", OverflowWhy.AHEAD)]
    assert story.view(call).state is CallState.LINE


@pytest.mark.parametrize("back", [False, True])
def test_who_hangs_up_after_waiting_in_vain_has_left_the_line(*, back: bool) -> None:
    story = story_of(after_s=5)
    call = enters(story, "c1", 10.0)
    story.wait_until(15.0)
    if back:
        story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD, overflows=True), 16.0)
    story.hangs_up(call, 20.0)
    assert story.endings() == {"c1": "abandoned_line"}


def test_the_promise_of_a_call_back_is_kept_as_the_outcome() -> None:
    story = story_of(after_s=5)
    call = enters(story, "c1", 10.0)
    story.wait_until(15.0)
    story.tell(ev.CallServed(call, Outcome.CALLBACK), 18.0)
    story.hangs_up(call, 20.0)
    assert story.endings() == {"c1": "callback"}


def test_who_would_wait_too_long_goes_on_at_once() -> None:
    story = story_of(expected_s=600)
    story.agent(ANNA)
    now = 0.0
    for place in range(12):  # talks of five minutes each, from which the line learns
        call = enters(story, f"served{place}", now)
        story.talks(call, ANNA, now + 1)
        story.tell(ev.DialEnded(call, story.view(call).attempt, "ANSWER"), now + 300)
        story.hangs_up(call, now + 300)
        now += 301
        story.wait_until(now)
    assert let_go(story) == []
    for place in range(9):
        enters(story, f"waiting{place}", now + place / 10)
    assert let_go(story)
    assert {why for _, why in let_go(story)} == {OverflowWhy.EXPECTED}
    assert let_go(story)[0][0] == "waiting3", "one is served, the next waits five minutes"


def test_a_dial_that_was_given_up_may_be_answered_after_all() -> None:
    """The phone is picked up in the moment in which the agent signs out, and the line lets the caller go."""
    story = story_of(agents_below=1)
    story.agent(ANNA, 0.0)
    call = enters(story, "c1", 10.0)
    story.painted(call, ANNA, 10.1)
    story.tell(ev.AgentSignedOut(ANNA), 12.0)
    assert let_go(story) == [("c1", OverflowWhy.AGENTS)]
    story.tell(ev.CallAnswered(call, 1), 12.05)
    after = story.view(call)
    assert (after.state, after.agent, after.answered_at) == (CallState.TALKING, ANNA, 12.05)
    story.tell(ev.DialEnded(call, 1, "ANSWER"), 60.0)
    story.hangs_up(call, 61.0)
    assert story.endings() == {"c1": Outcome.ANSWERED}


def test_an_answer_after_all_takes_the_caller_out_of_the_line() -> None:
    story = story_of()
    story.agent(ANNA, 0.0)
    call = enters(story, "c1", 10.0)
    story.painted(call, ANNA, 10.1)
    story.tell(ev.AgentSignedOut(ANNA), 12.0)
    assert story.view(call).state is CallState.LINE
    story.tell(ev.CallAnswered(call, 1), 12.05)
    assert story.engine.waiting(Lane.STANDARD) == 0
    story.agent(PIOTR, 13.0)
    assert story.dials() == [("c1", ANNA)], "who talks is offered to nobody"


def test_an_answer_that_comes_after_the_end_of_its_dial_is_none() -> None:
    story = story_of()
    story.agent(ANNA, 0.0)
    call = enters(story, "c1", 10.0)
    story.painted(call, ANNA, 10.1)
    story.tell(ev.AgentSignedOut(ANNA), 12.0)
    story.tell(ev.DialEnded(call, 1, "NOANSWER"), 12.1)
    story.tell(ev.CallAnswered(call, 1), 12.2)
    assert story.view(call).state is CallState.LINE
