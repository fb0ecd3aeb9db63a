"""The agents' table, state by state, and what of an agent's life only shows in a story told to the engine."""

from __future__ import annotations

import pytest

from telephony.core import events as ev
from telephony.core.agent import TRANSITIONS, Agent, AgentInput
from telephony.core.commands import AgentChanged
from telephony.core.ids import AgentId, QueueName, Uniqueid
from telephony.core.rules import Boost, QueueRules, Relaxation, Rules
from telephony.core.views import AgentState, Lane, SpanKind
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story

S = AgentState
I = AgentInput  # noqa: E741 - the table below reads best narrow
EVERY_STEP = {
    (S.OFF, I.SIGN_IN, S.PAUSED),
    (S.PAUSED, I.READY, S.AVAILABLE), (S.PAUSED, I.PAUSE, S.PAUSED), (S.PAUSED, I.PICK_UP, S.TALKING),
    (S.PAUSED, I.SIGN_OUT, S.OFF),
    (S.NOT_ANSWERING, I.READY, S.AVAILABLE), (S.NOT_ANSWERING, I.PAUSE, S.PAUSED),
    (S.NOT_ANSWERING, I.PICK_UP, S.TALKING), (S.NOT_ANSWERING, I.SIGN_OUT, S.OFF),
    (S.AVAILABLE, I.OFFER, S.OFFERED), (S.AVAILABLE, I.PICK_UP, S.TALKING), (S.AVAILABLE, I.PAUSE, S.PAUSED),
    (S.AVAILABLE, I.SIGN_OUT, S.OFF),
    (S.OFFERED, I.RING, S.RINGING), (S.OFFERED, I.RELEASE, S.AVAILABLE), (S.OFFERED, I.SET_ASIDE, S.NOT_ANSWERING),
    (S.RINGING, I.ANSWER, S.TALKING), (S.RINGING, I.RELEASE, S.AVAILABLE), (S.RINGING, I.SET_ASIDE, S.NOT_ANSWERING),
    (S.TALKING, I.HOLD, S.HOLDING), (S.TALKING, I.FINISH_TALK, S.WRAP_UP),
    (S.HOLDING, I.RESUME, S.TALKING), (S.HOLDING, I.FINISH_TALK, S.WRAP_UP),
    (S.WRAP_UP, I.WRAPPED_UP, S.AVAILABLE), (S.WRAP_UP, I.READY, S.AVAILABLE), (S.WRAP_UP, I.PICK_UP, S.TALKING),
    (S.WRAP_UP, I.PAUSE, S.PAUSED), (S.WRAP_UP, I.SIGN_OUT, S.OFF),
}  # fmt: skip


@pytest.fixture
def story() -> Story:
    return Story()


def state(story: Story, agent: AgentId = ANNA) -> AgentState:
    return next(each.state for each in story.engine.agents() if each.agent == agent)


def test_the_table_is_this_and_nothing_else() -> None:
    assert {(state, given, after) for state, row in TRANSITIONS.items() for given, after in row.items()} == EVERY_STEP


@pytest.mark.parametrize("before", TRANSITIONS)
@pytest.mark.parametrize("given", AgentInput)
def test_what_the_table_does_not_name_changes_nothing(before: AgentState, given: AgentInput) -> None:
    after = Agent(ANNA, "p", state=before).step(given, 1.0)
    assert (after.state if after else None) == TRANSITIONS[before].get(given)


def test_a_caller_on_hold_is_seen_at_the_agent_until_the_talk_goes_on(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    held = story.tell(ev.CallHeld(call, 1, held=True), 10.0)
    assert AgentChanged(ANNA, S.HOLDING, "", 10.0, call) in held
    assert not story.tell(ev.CallHeld(call, 1, held=True), 11.0)
    story.tell(ev.AgentPaused(ANNA, "lunch"), 12.0)
    assert state(story) is S.HOLDING
    story.tell(ev.CallHeld(call, 1, held=False), 13.0)
    assert state(story) is S.TALKING
    story.tell(ev.CallHeld(call, 1, held=True), 14.0)
    story.hangs_up(call, 15.0)
    assert state(story) is S.PAUSED


@pytest.mark.parametrize("lost", [ev.NodeLost("n1", 20.0, SpanKind.LINK), ev.EventsLost(20.0)])
def test_nobody_is_said_to_hold_when_it_is_not_known(story: Story, lost: ev.Event) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(ev.CallHeld(call, 1, held=True), 10.0)
    story.tell(ev.NodeSnapshot("n1", frozenset({Uniqueid("u-c1")}), taken_at=15.0), 15.0)
    assert state(story) is S.HOLDING
    story.tell(lost, 21.0)
    assert state(story) is S.TALKING


def test_who_does_not_answer_is_asked_no_more_until_ready_again(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    story.tell(ev.DialEnded(call, 1, "NOANSWER"), 21.1)
    assert state(story) is S.NOT_ANSWERING
    assert story.view(call).agent is None
    story.tell(ev.AgentReady(ANNA), 30.0)
    assert story.view(call).agent == ANNA


def test_who_is_set_aside_and_picks_up_a_call_is_aside_after_it(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    story.tell(ev.DialEnded(call, 1, "NOANSWER"), 21.1)
    story.agent(PIOTR, 22.0)
    story.painted(call, PIOTR, 22.1)
    story.tell(ev.CallAnswered(call, 2, f"phone-{ANNA}"), 23.0)
    assert (state(story), state(story, PIOTR)) == (S.TALKING, S.AVAILABLE)
    story.hangs_up(call, 30.0)
    assert state(story) is S.PAUSED


def test_a_direct_call_of_the_phone_is_work_and_no_idleness(story: Story) -> None:
    story.agent(ANNA, 1.0)
    story.agent(PIOTR, 2.0)
    story.tell(ev.DeviceChanged("n1", f"phone-{ANNA}", "INUSE"), 3.0)
    story.tell(ev.DeviceChanged("n1", f"phone-{ANNA}", "NOT_INUSE"), 50.0)
    assert story.view(story.queues("c1", 60.0)).agent == PIOTR
    assert story.view(story.queues("c2", 61.0)).agent == ANNA


def test_a_phone_that_was_away_for_a_moment_costs_no_turn(story: Story) -> None:
    story.agent(ANNA, 1.0)
    story.agent(PIOTR, 2.0)
    story.tell(ev.DeviceChanged("n1", f"phone-{ANNA}", "UNAVAILABLE"), 3.0)
    story.tell(ev.DeviceChanged("n1", f"phone-{ANNA}", "NOT_INUSE"), 4.0)
    assert story.view(story.queues("c1", 60.0)).agent == ANNA


def test_each_queue_has_its_own_wrap_up_time() -> None:
    sales = QueueName("sales")
    story = Story(Rules({SUPPORT: QueueRules(wrap_up_s=5.0), sales: QueueRules(wrap_up_s=30.0)}))
    story.agent(ANNA, skills={"support": 1, "sales": 1})
    for queue, wrap_up_s, begun in ((SUPPORT, 5.0, 1.0), (sales, 30.0, 100.0)):
        call = story.arrives(f"for-{queue}", begun)
        story.tell(ev.CallQueued(call, queue, Lane.STANDARD), begun)
        story.talks(call, ANNA, begun + 1)
        story.hangs_up(call, begun + 10)
        assert state(story) is S.WRAP_UP
        assert story.engine.next_deadline() == begun + 10 + wrap_up_s
        story.wait_until(begun + 10 + wrap_up_s)
        assert state(story) is S.AVAILABLE


def test_time_alone_brings_a_caller_to_an_agent_at_the_deadline_told() -> None:
    relax = (Relaxation(60.0, "support", 1),)
    story = Story(Rules({SUPPORT: QueueRules(relax=relax)}))
    story.agent(ANNA)
    call = story.arrives("c1", 1.0)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD, {"support": 2}), 2.0)
    assert story.engine.next_deadline() == 61.0
    story.wait_until(60.9)
    assert story.view(call).agent is None
    story.wait_until(61.0)
    assert story.view(call).agent == ANNA


def test_new_skills_count_at_once(story: Story) -> None:
    story.agent(ANNA, skills={"sales": 1})
    call = story.queues("c1", 1.0)
    story.tell(ev.AgentSignedIn(ANNA, f"phone-{ANNA}", {"support": 1}), 2.0)
    assert story.view(call).agent == ANNA


def test_a_boost_and_a_wish_reach_the_line() -> None:
    story = Story(Rules({SUPPORT: QueueRules(boosts={Boost.COMPLAINT: 100.0})}))
    story.queues("calm", 1.0)
    angry = story.arrives("angry", 50.0)
    story.tell(
        ev.CallQueued(angry, SUPPORT, Lane.STANDARD, {}, {"english": 1}, frozenset({Boost.COMPLAINT})),
        50.0,
    )
    story.agent(ANNA, 60.0)
    assert story.view(angry).agent == ANNA
