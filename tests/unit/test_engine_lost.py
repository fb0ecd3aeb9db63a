"""The engine where words are late, lost or doubled, where nodes and servers go, and callers are handed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core import events as ev
from telephony.core.commands import (
    CallEnded,
    Dial,
    HidePop,
    ShowPop,
)
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.views import AgentState, CallState, Lane, Outcome, SpanKind
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_hang_up_that_overtook_its_arrival(story: Story) -> None:
    story.tell(ev.CallHungUp(Uniqueid("u-c1"), 16), 1.0)
    story.arrives("c1", 1.1)
    assert story.endings() == {"c1": "abandoned_menu"}
    story.wait_until(100.0)
    assert story.engine.next_deadline() is None


def test_a_talk_whose_answer_was_missed_is_still_a_talk(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    story.tell(ev.DialEnded(call, 1, "ANSWER"), 9.0)
    story.hangs_up(call, 9.1)
    assert story.endings() == {"c1": "answered"}


def test_a_lost_session_leaves_the_line_to_asterisk_but_not_a_talk(story: Story) -> None:
    story.agent(ANNA)
    talking = story.queues("talking", 1.0)
    story.talks(talking, ANNA, 2.0)
    waiting = story.queues("waiting", 3.0)
    story.tell(ev.SessionLost(talking), 4.0)
    story.tell(ev.SessionLost(waiting), 4.0)
    assert story.view(talking).state is CallState.TALKING
    assert story.view(waiting).state is CallState.FALLBACK
    story.agent(PIOTR, 5.0)
    assert story.view(waiting).agent is None


def test_a_session_lost_while_ringing_may_still_be_answered(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    assert HidePop(call, ANNA) in story.tell(ev.SessionLost(call), 2.0)
    story.tell(ev.CallAnswered(call, 1), 3.0)
    story.hangs_up(call, 20.0)
    assert story.endings() == {"c1": "answered"}


def test_what_a_snapshot_misses_was_interrupted(story: Story) -> None:
    gone = story.arrives("gone", 1.0)
    here = story.arrives("here", 2.0)
    young = story.arrives("young", 6.0)
    story.tell(ev.NodeLost("n1", 3.0, SpanKind.LINK), 3.0)
    story.tell(ev.NodeSnapshot("n1", frozenset({Uniqueid(f"u-{here}")}), taken_at=5.0), 7.0)
    assert story.endings() == {gone: "interrupted"}
    story.tell(ev.NodeSnapshot("n2", frozenset(), taken_at=8.0), 8.0)
    assert {call.interaction for call in story.engine.calls()} == {here, young}


def test_calls_of_a_dead_server_are_taken_over_and_end_once(story: Story) -> None:
    before = Story()
    before.agent(ANNA)
    talking = before.queues("talking", 1.0)
    before.talks(talking, ANNA, 2.0)
    before.queues("waiting", 3.0)
    ended = replace(before.view(talking), outcome=Outcome.ANSWERED)
    story.tell(ev.CallsRecovered((*before.engine.calls(), ended)), 10.0)
    assert story.view(talking).state is CallState.TALKING
    story.tell(ev.FallbackAnswered(Uniqueid("u-waiting")), 11.0)
    story.hangs_up(talking, 12.0)
    story.tell(ev.NodeSnapshot("n1", frozenset(), taken_at=13.0), 13.0)
    assert story.endings() == {"talking": "answered", "waiting": "interrupted"}


def test_the_same_call_twice_is_one_call(story: Story) -> None:
    story.arrives("c1", 1.0)
    story.arrives("c1", 2.0)
    assert len(story.engine.calls()) == 1
    assert story.view(story.engine.calls()[0].interaction).arrived_at == 1.0


def test_events_about_nobody_change_nothing(story: Story) -> None:
    assert story.tell(ev.AgentReady(ANNA), 1.0) == []
    assert story.tell(ev.AgentPaused(ANNA, "x"), 1.0) == []
    assert story.tell(ev.FallbackAnswered(Uniqueid("?")), 1.0) == []
    assert story.tell(ev.SessionLost(InteractionId("?")), 1.0) == []
    with pytest.raises(TypeError, match="no such event"):
        story.engine.handle("Shutdown", 1.0)  # type: ignore[arg-type]


def test_the_lanes_are_counted(story: Story) -> None:
    story.queues("a", 1.0, Lane.ACCESSIBILITY)
    story.queues("b", 1.0)
    story.queues("c", 1.0)
    assert (story.engine.waiting(Lane.ACCESSIBILITY), story.engine.waiting(Lane.STANDARD)) == (1, 2)


def test_an_agent_who_hands_the_caller_over_is_done_at_once(story: Story) -> None:
    """The caller talks on with somebody else; one outcome, when the caller hangs up."""
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.AgentLeft(call, 1), 10.0)
    story.tell(ev.SessionLost(call), 10.1)  # a blind transfer ends the AGI session
    assert story.view(call).state is CallState.AFTER_TALK
    assert story.engine.agents()[0].state is AgentState.WRAP_UP
    assert story.endings() == {}
    story.hangs_up(call, 60.0)
    assert story.endings() == {"c1": "answered"}


def test_a_caller_who_leaves_the_house_was_transferred_out(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.CallLeftHouse(call, 1), 10.0)  # that the agent left was not heard
    assert story.engine.agents()[0].state is AgentState.WRAP_UP
    story.tell(ev.AgentLeft(call, 1), 10.1)
    story.hangs_up(call, 60.0)
    assert story.endings() == {"c1": "transferred_out"}


def test_leaving_means_nothing_before_the_talk_or_for_another_attempt(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    for event in (ev.AgentLeft(call, 1), ev.CallLeftHouse(call, 1)):
        story.tell(event, 1.5)
        assert story.view(call).state is CallState.OFFERED
    story.talks(call, ANNA, 2.0)
    for event in (ev.AgentLeft(call, 2), ev.CallLeftHouse(call, 0)):
        story.tell(event, 3.0)
        assert story.view(call).state is CallState.TALKING


def test_the_phone_is_called_at_the_node_where_it_is_registered(story: Story) -> None:
    story.tell(ev.DeviceChanged("n1", "phone-anna", "UNAVAILABLE"), 0.0)
    story.tell(ev.DeviceChanged("n2", "phone-anna", "NOT_INUSE"), 0.0)
    story.agent(ANNA)
    call = story.queues("c1", 1.0)  # at n1
    assert Dial(call, 1, ANNA, "phone-anna", 20.0, "n2") in story.painted(call, ANNA, 1.1)


def test_an_agent_whose_node_died_in_a_talk_is_free_once_the_phone_rests_at_another(story: Story) -> None:
    story.tell(ev.NodeSnapshot("n1", frozenset(), 0.0), 0.0)
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.DeviceChanged("n2", "phone-anna", "NOT_INUSE"), 3.0)
    assert story.engine.agents()[0].state is AgentState.TALKING  # n1 is heard, and has told of no end
    story.tell(ev.NodeLost("n1", 4.0, SpanKind.LINK), 4.0)
    story.tell(ev.DeviceChanged("n2", "phone-anna", "NOT_INUSE"), 5.0)
    assert story.engine.agents()[0].state is AgentState.WRAP_UP
    story.tell(ev.NodeSnapshot("n1", frozenset(), 60.0), 60.0)
    assert [each.call.outcome for each in story.said if isinstance(each, CallEnded)] == [Outcome.INTERRUPTED]


def test_an_agent_whose_phone_at_another_node_is_put_down_has_left_though_nothing_else_told_of_it(story: Story) -> None:
    for state in ("UNAVAILABLE", "NOT_INUSE"):
        story.tell(ev.DeviceChanged("n1" if state == "UNAVAILABLE" else "n2", "phone-anna", state), 0.0)
    story.agent(ANNA)
    call = story.queues("c1", 1.0)  # at n1
    story.painted(call, ANNA, 1.1)
    story.tell(ev.CallAnswered(call, 1), 3.0)  # n2 is a little behind
    for at, state in ((3.1, "RINGING"), (3.2, "INUSE")):
        story.tell(ev.DeviceChanged("n2", "phone-anna", state), at)
        assert story.view(call).state is CallState.TALKING
    story.tell(ev.DeviceChanged("n2", "phone-anna", "NOT_INUSE"), 9.0)  # handed over; the end of the leg was lost
    assert story.view(call).state is CallState.AFTER_TALK
    assert story.engine.agents()[0].state is AgentState.WRAP_UP
    story.hangs_up(call, 60.0)
    assert story.endings() == {"c1": Outcome.ANSWERED}


def handed_over(story: Story, before: InteractionId, channel: str, now: float) -> InteractionId:
    call = InteractionId("c2")
    where = ("n1", f"PJSIP/{channel}", Uniqueid(f"u-{channel}"), f"l-{channel}", "+48222", "+48500")
    story.tell(ev.CallArrived(call, *where, follows=before), now)
    return call


def test_a_caller_handed_over_to_a_number_of_ours_is_a_new_call_that_keeps_the_first_arrival(story: Story) -> None:
    story.agent(ANNA)
    first = story.queues("c1", 1.0)
    story.talks(first, ANNA, 2.0)
    other = story.queues("c9", 30.0)
    second = handed_over(story, first, "c1", 60.0)  # before anything was heard of the agent's phone
    assert story.endings() == {first: Outcome.ANSWERED}
    assert story.engine.agents()[0].state is AgentState.WRAP_UP
    story.tell(ev.AgentLeft(first, 1), 60.1)
    story.tell(ev.SessionLost(first), 60.2)
    story.tell(ev.CallQueued(second, SUPPORT, Lane.STANDARD), 61.0)
    story.tell(ev.AgentReady(ANNA), 62.0)
    assert story.view(second).agent == ANNA  # who came first of all
    assert story.view(other).state is CallState.LINE
    story.hangs_up(InteractionId("c1"), 63.0)  # the one channel
    assert story.endings() == {first: Outcome.ANSWERED, second: Outcome.ABANDONED_LINE}


def test_a_leg_handed_over_at_its_own_node_leaves_the_first_call_to_its_end(story: Story) -> None:
    story.agent(ANNA)
    first = story.queues("c1", 1.0)
    story.talks(first, ANNA, 2.0)
    story.tell(ev.AgentLeft(first, 1), 59.0)
    second = handed_over(story, first, "leg", 60.0)
    assert (story.view(second).arrived_at, story.endings()) == (1.0, {})
    story.hangs_up(first, 70.0)
    story.hangs_up(InteractionId("leg"), 70.0)
    assert story.endings() == {first: Outcome.ANSWERED, second: Outcome.ABANDONED_MENU}


def test_a_second_call_on_a_channel_needs_to_say_which_it_follows(story: Story) -> None:
    first = story.queues("c1", 1.0)
    assert (
        story.tell(ev.CallArrived(InteractionId("x"), "n1", "PJSIP/c1", Uniqueid("u-c1"), "l-c1", "+48221", None), 2.0)
        == []
    )
    assert story.view(first).state is CallState.LINE


def test_a_node_that_does_not_come_back_keeps_nobodys_call_open(story: Story) -> None:
    story.tell(ev.NodeSnapshot("n1", frozenset(), 0.0), 0.0)
    story.agent(ANNA)
    talking, led = story.queues("c1", 1.0), story.queues("c2", 1.5)
    story.talks(talking, ANNA, 2.0)
    alone = story.arrives("c3", 3.0)
    story.tell(ev.NodeLost("n1", 10.0, SpanKind.LINK), 10.0)
    story.tell(ev.SessionLost(alone), 10.0)
    story.wait_until(3600.0)
    assert story.endings() == {}
    story.wait_until(3610.0)
    assert story.endings() == {talking: Outcome.INTERRUPTED, alone: Outcome.INTERRUPTED}
    assert story.view(led).state is CallState.LINE  # its session is ours, and lives


def test_a_node_that_comes_back_in_time_tells_itself_what_became_of_its_calls(story: Story) -> None:
    call = story.arrives("c1", 1.0)
    story.tell(ev.SessionLost(call), 2.0)
    story.tell(ev.NodeLost("n1", 10.0, SpanKind.LINK), 10.0)
    story.tell(ev.NodeSnapshot("n1", frozenset({Uniqueid("u-c1")}), 20.0), 20.0)
    story.wait_until(9999.0)
    assert story.endings() == {}


def test_a_call_of_a_node_that_is_configured_no_more_ends_at_last(story: Story) -> None:
    call = story.arrives("c1", 1.0)
    after = Story()
    after.tell(ev.CallsRecovered((story.view(call),), 5.0), 10.0)
    after.wait_until(3610.0)
    assert after.endings() == {call: Outcome.INTERRUPTED}


def test_who_asks_for_a_person_again_after_the_talk_waits_and_stays_answered(story: Story) -> None:
    call = story.queues("c1", 1.0)
    story.agent(ANNA, 2.0)
    story.talks(call, ANNA, 3.0)
    story.tell(ev.DialEnded(call, 1, "ANSWER"), 60.0)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD), 70.0)  # 0 in the survey
    waiting = story.view(call)
    assert (waiting.state, waiting.queued_at, waiting.answered_at) == (CallState.LINE, 1.0, 3.0)
    story.hangs_up(call, 71.0)
    assert story.endings() == {"c1": "answered"}


def test_who_asks_for_a_person_again_is_offered_to_the_next_one(story: Story) -> None:
    call = story.queues("c1", 1.0)
    story.agent(ANNA, 2.0)
    story.talks(call, ANNA, 3.0)
    story.tell(ev.DialEnded(call, 1, "ANSWER"), 60.0)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD), 61.0)
    story.agent(PIOTR, 62.0)
    story.talks(call, PIOTR, 63.0)
    talking = story.view(call)
    assert (talking.state, talking.agent, talking.answered_at) == (CallState.TALKING, PIOTR, 3.0)


def test_a_talk_from_before_a_restart_is_shown_to_its_agent_again(story: Story) -> None:
    before = Story()
    before.agent(ANNA)
    call = before.queues("c", 1.0)
    before.talks(call, ANNA, 2.0)
    story.tell(ev.CallsRecovered((before.view(call),), 3.0), 4.0)
    signed_in = ev.AgentSignedIn(ANNA, f"phone-{ANNA}", {"support": 1})
    shown = [each for each in story.tell(signed_in, 5.0) if isinstance(each, ShowPop)]
    assert [(each.call.interaction, each.agent, each.attempt) for each in shown] == [(call, ANNA, 1)]
    assert not [each for each in story.tell(signed_in, 6.0) if isinstance(each, ShowPop)], "once"
