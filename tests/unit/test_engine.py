"""The engine with literal times: what each event brings about, and what it must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core import events as ev
from telephony.core.commands import (
    AgentChanged,
    CallEnded,
    CancelDial,
    Command,
    Decided,
    Dial,
    HidePop,
    PhoneChanged,
    PopLate,
    ShowPop,
)
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.views import AgentState, CallState, Lane, Outcome, SpanKind
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story


@pytest.fixture
def story() -> Story:
    return Story()


def kinds(commands: list[Command]) -> list[type]:
    return [type(each) for each in commands]


def test_a_call_from_ring_to_end(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 10.0)
    assert next(each for each in story.said if isinstance(each, ShowPop)).agent == ANNA
    assert not story.dials(), "the phone may not ring before the pop"
    dial = story.painted(call, ANNA, 10.1)
    assert Dial(call, 1, ANNA, "phone-anna", 20.0, "n1") in dial
    story.tell(ev.AgentRinging(call, 1), 10.2)
    story.tell(ev.CallAnswered(call, 1), 12.0)
    assert story.view(call).answered_at == 12.0
    story.tell(ev.DialEnded(call, 1, "ANSWER"), 40.0)
    ended = story.hangs_up(call, 40.1)
    assert story.endings() == {"c1": "answered"}
    assert CallEnded in kinds(ended)


def test_the_dial_follows_after_a_quarter_second_without_a_page(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 10.0)
    assert story.engine.next_deadline() == 10.25
    assert story.wait_until(10.24) == []
    late = story.wait_until(10.25)
    assert PopLate(call, ANNA, 1) in late
    assert story.dials() == [("c1", "anna")]
    story.painted(call, ANNA, 10.3)
    assert len(story.dials()) == 1, "a late paint dials nothing a second time"
    story.tell(ev.AgentRinging(call, 1), 10.4)
    view = story.view(call)
    assert (view.offered_at, view.painted_at, view.rang_at) == (10.0, 10.3, 10.4)


def test_accessibility_second_to_come_is_first_to_be_served(story: Story) -> None:
    story.queues("standard", 1.0)
    story.queues("accessible", 2.0, Lane.ACCESSIBILITY)
    story.agent(ANNA, 3.0)
    decided = [each for each in story.said if isinstance(each, Decided)]
    assert [(each.interaction, each.rule) for each in decided] == [("accessible", "accessibility_first")]
    assert "pierwszeństwo" in decided[0].explanation
    assert decided[0].waiting == 2


def test_the_longest_idle_agent_is_chosen(story: Story) -> None:
    story.agent(PIOTR, 1.0)
    story.agent(ANNA, 2.0)
    call = story.queues("c1", 3.0)
    assert story.view(call).agent == PIOTR


def test_an_agent_without_the_skill_is_passed_over(story: Story) -> None:
    story.agent(PIOTR, 1.0, {"sales": 3})
    call = story.queues("c1", 3.0)
    assert story.view(call).state is CallState.LINE
    story.agent(ANNA, 4.0)
    assert story.view(call).agent == ANNA


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("NOANSWER", AgentState.NOT_ANSWERING, "no_answer"),
        ("BUSY", AgentState.NOT_ANSWERING, "rejected"),
        ("CHANUNAVAIL", AgentState.NOT_ANSWERING, "phone_unreachable"),
    ],
)
def test_an_unanswered_offer_keeps_the_place_and_sets_the_agent_aside(
    story: Story, status: str, state: AgentState, reason: str
) -> None:
    story.agent(ANNA)
    first = story.queues("first", 1.0)
    story.queues("second", 2.0)
    story.painted(first, ANNA, 2.1)
    back = story.tell(ev.DialEnded(first, 1, status), 25.0)
    assert HidePop(first, ANNA) in back
    assert AgentChanged(ANNA, state, reason, 25.0, None) in back
    story.agent(PIOTR, 26.0)
    assert story.view(first).agent == PIOTR
    assert story.view(first).attempt == 2
    story.tell(ev.CallAnswered(first, 1), 27.0)
    assert story.view(first).state is CallState.OFFERED, "an answer to the first attempt is stale"


def test_a_lost_end_of_dialling_gives_the_caller_back(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    assert CancelDial(call, 1) in story.wait_until(1.1 + 20.0 + 10.0)
    assert story.view(call).state is CallState.LINE


def test_silence_of_a_lost_node_ends_no_dial(story: Story) -> None:
    """The answer came while AMI was away; the snapshot's events tell of it."""
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    story.tell(ev.NodeLost("n1", 2.0, SpanKind.LINK), 2.0)
    for now in (31.1, 41.1, 51.1):
        assert story.wait_until(now) == []
    story.tell(ev.NodeSnapshot("n1", frozenset({Uniqueid("u-c1")}), taken_at=52.0), 52.0)
    story.tell(ev.CallAnswered(call, 1), 52.0)
    story.wait_until(100.0)
    assert story.view(call).state is CallState.TALKING


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (CallState.MENU, Outcome.ABANDONED_MENU),
        (CallState.LINE, Outcome.ABANDONED_LINE),
        (CallState.OFFERED, Outcome.ABANDONED_LINE),
        (CallState.RINGING, Outcome.ABANDONED_LINE),
        (CallState.TALKING, Outcome.ANSWERED),
        (CallState.SERVED, Outcome.SELF_SERVED),
        (CallState.CLOSED, Outcome.CLOSED),
        (CallState.CALLBACK, Outcome.CALLBACK),
        (CallState.VOICEMAIL, Outcome.VOICEMAIL),
        (CallState.FALLBACK, Outcome.ABANDONED_LINE),
        (CallState.FALLBACK_TALK, Outcome.FALLBACK_ANSWERED),
    ],
)
def test_the_outcome_follows_from_where_the_call_ended(story: Story, last: CallState, outcome: Outcome) -> None:
    call = story.arrives("c1", 1.0)
    if last in {CallState.SERVED, CallState.CLOSED, CallState.CALLBACK, CallState.VOICEMAIL}:
        story.tell(ev.CallServed(call, outcome), 2.0)
    if last in {CallState.FALLBACK, CallState.FALLBACK_TALK}:
        story.tell(ev.SessionLost(call), 2.0)
    if last is CallState.FALLBACK_TALK:
        story.tell(ev.FallbackAnswered(Uniqueid("u-c1")), 3.0)
    if last in {CallState.LINE, CallState.OFFERED, CallState.RINGING, CallState.TALKING}:
        story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD), 2.0)
    if last in {CallState.OFFERED, CallState.RINGING, CallState.TALKING}:
        story.agent(ANNA, 3.0)
    if last is CallState.RINGING:
        story.painted(call, ANNA, 3.1)
    if last is CallState.TALKING:
        story.talks(call, ANNA, 3.1)
    assert story.view(call).state is last
    story.hangs_up(call, 9.0)
    story.hangs_up(call, 9.5)
    assert story.endings() == {"c1": str(outcome)}


def test_who_was_promised_a_call_may_wait_for_a_person_all_the_same(story: Story) -> None:
    call = story.arrives("c1", 1.0)
    story.tell(ev.CallServed(call, Outcome.VOICEMAIL), 2.0)
    story.tell(ev.CallServed(call, Outcome.CALLBACK), 3.0)
    story.tell(ev.SessionLost(call), 4.0)
    assert story.view(call).state is CallState.CALLBACK
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD), 5.0)
    story.hangs_up(call, 9.0)
    assert story.endings() == {"c1": str(Outcome.ABANDONED_LINE)}


def test_a_flow_may_send_a_caller_out_of_the_house(story: Story) -> None:
    call = story.arrives("c1", 1.0)
    story.tell(ev.CallLeftHouse(call, 0), 2.0)
    assert story.view(call).state is CallState.MENU
    story.tell(ev.CallServed(call, Outcome.TRANSFERRED_OUT), 2.0)
    story.hangs_up(call, 9.0)
    assert story.endings() == {"c1": str(Outcome.TRANSFERRED_OUT)}


def test_an_agent_whose_caller_left_while_ringing_is_free_at_once(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    assert HidePop(call, ANNA) in story.hangs_up(call, 2.0)
    assert story.view(story.queues("c2", 3.0)).agent == ANNA


def test_wrap_up_ends_by_itself_or_by_the_agent(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.hangs_up(call, 30.0)
    waiting = story.queues("c2", 31.0)
    assert story.view(waiting).state is CallState.LINE
    story.wait_until(35.0)
    assert story.view(waiting).agent == ANNA
    story.talks(waiting, ANNA, 36.0)
    story.hangs_up(waiting, 50.0)
    story.tell(ev.AgentReady(ANNA), 51.0)
    assert story.view(story.queues("c3", 52.0)).agent == ANNA


def test_a_pause_during_the_talk_waits_for_its_end(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.AgentPaused(ANNA, "lunch"), 3.0)
    assert story.engine.agents()[0].state is AgentState.TALKING
    ended = story.hangs_up(call, 30.0)
    assert AgentChanged(ANNA, AgentState.PAUSED, "lunch", 30.0, None) in ended


def test_a_pause_taken_back_during_the_talk(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.AgentPaused(ANNA, "lunch"), 3.0)
    story.tell(ev.AgentReady(ANNA), 4.0)
    story.hangs_up(call, 30.0)
    assert story.engine.agents()[0].state is AgentState.WRAP_UP


def test_signing_out_while_ringing_gives_the_caller_back(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    out = story.tell(ev.AgentSignedOut(ANNA), 2.0)
    assert CancelDial(call, 1) in out
    assert story.view(call).state is CallState.LINE
    assert story.engine.agents()[0].state is AgentState.OFF


def test_signing_in_again_during_a_talk_takes_the_sign_out_back(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.AgentSignedOut(ANNA), 3.0)
    story.tell(ev.AgentSignedIn(ANNA, "phone-anna", {"support": 1}), 4.0)
    story.hangs_up(call, 30.0)
    assert story.engine.agents()[0].state is AgentState.WRAP_UP


def test_a_busy_phone_gets_no_call_and_is_shown_as_busy(story: Story) -> None:
    story.agent(ANNA)
    busy = story.tell(ev.DeviceChanged("n1", "phone-anna", "INUSE"), 1.0)
    assert [each.state for each in busy if isinstance(each, AgentChanged)] == [AgentState.BUSY]
    call = story.queues("c1", 2.0)
    assert story.view(call).state is CallState.LINE
    story.tell(ev.DeviceChanged("n1", "phone-anna", "NOT_INUSE"), 3.0)
    assert story.view(call).agent == ANNA
    assert story.tell(ev.DeviceChanged("n1", "phone-of-nobody", "INUSE"), 4.0) == [
        PhoneChanged("phone-of-nobody", "INUSE")
    ]


def test_a_phone_that_is_not_registered_is_shown_and_never_dialled(story: Story) -> None:
    story.tell(ev.DeviceChanged("n1", "phone-anna", "UNAVAILABLE"), 0.0)  # the snapshot, before anybody has signed in
    story.agent(ANNA, 1.0)
    shown = [each for each in story.said if isinstance(each, AgentChanged)]
    assert shown[-1].state is AgentState.UNREACHABLE
    call = story.queues("c1", 2.0)
    assert story.view(call).state is CallState.LINE
    story.tell(ev.DeviceChanged("n1", "phone-anna", "NOT_INUSE"), 3.0)
    assert story.view(call).agent == ANNA


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
