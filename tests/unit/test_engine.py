"""The engine with literal times: what each event brings about, and what it must not."""

from __future__ import annotations

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
from telephony.core.ids import Uniqueid
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
