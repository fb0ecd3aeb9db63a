"""No next call before it is said what came of the last one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core import events as ev
from telephony.core.commands import AgentChanged, AgentOwes, DispositionChanged, ReadyRefused
from telephony.core.disposition import MISSING, Disposition
from telephony.core.ids import InteractionId, QueueName
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import AgentState, CallState
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story

SALES = QueueName("sales")
RULES = Rules({SUPPORT: QueueRules(wrap_up_s=5.0, disposition=True), SALES: QueueRules(wrap_up_s=5.0)})
FIRST = Disposition(InteractionId("c1"), ANNA, SUPPORT, 30.0)
GIVEN = ev.DispositionChosen(FIRST.interaction, ANNA, SUPPORT, "solved")


@pytest.fixture
def story() -> Story:
    """Anna has talked with c1 until 30.0."""
    story = Story(RULES)
    story.agent(ANNA)
    story.talks(story.queues("c1", 1.0), ANNA, 2.0)
    story.hangs_up(FIRST.interaction, 30.0)
    return story


def test_what_is_owed_is_told_at_the_end_of_the_talk(story: Story) -> None:
    assert DispositionChanged(FIRST) in story.said
    assert AgentOwes(ANNA, (FIRST,)) in story.said


def test_who_owes_one_is_refused_with_the_reason_and_paused_when_the_time_is_over(story: Story) -> None:
    assert story.tell(ev.AgentReady(ANNA), 31.0) == [ReadyRefused(ANNA, MISSING, 1)]
    assert story.agent_state(ANNA) is AgentState.WRAP_UP
    waiting = story.queues("c2", 32.0)
    assert story.wait_until(35.0) == [AgentChanged(ANNA, AgentState.PAUSED, MISSING, 35.0, None)]
    assert story.view(waiting).state is CallState.LINE
    assert story.tell(ev.AgentReady(ANNA), 36.0) == [ReadyRefused(ANNA, MISSING, 1)]
    told = story.tell(GIVEN, 40.0)
    assert told[:3] == [
        DispositionChanged(replace(FIRST, code="solved", given_at=40.0)),
        AgentOwes(ANNA, ()),
        AgentChanged(ANNA, AgentState.AVAILABLE, "", 40.0, None),
    ]
    assert story.view(waiting).agent == ANNA, "available at once"


def test_one_given_in_time_leaves_the_rest_of_the_wrap_up(story: Story) -> None:
    story.tell(GIVEN, 31.0)
    assert story.agent_state(ANNA) is AgentState.WRAP_UP
    story.wait_until(35.0)
    assert story.agent_state(ANNA) is AgentState.AVAILABLE


def test_one_given_during_the_talk_is_asked_for_no_more() -> None:
    story = Story(RULES)
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    story.tell(GIVEN, 10.0)
    ended = story.hangs_up(call, 30.0)
    assert not any(isinstance(each, AgentOwes | DispositionChanged) for each in ended)
    story.tell(ev.AgentReady(ANNA), 31.0)
    assert story.agent_state(ANNA) is AgentState.AVAILABLE


def test_a_later_choice_corrects_an_earlier_one_and_asks_for_nothing(story: Story) -> None:
    story.tell(GIVEN, 31.0)
    again = story.tell(replace(GIVEN, code="ticket"), 32.0)
    assert again == [DispositionChanged(replace(FIRST, owed_at=32.0, code="ticket", given_at=32.0))]


def test_a_queue_that_asks_nothing_ends_by_itself() -> None:
    story = Story(RULES)
    story.agent(ANNA, skills={"sales": 1})
    call = story.arrives("c1", 1.0)
    story.tell(ev.CallQueued(call, SALES, story.view(call).lane), 1.0)
    story.talks(call, ANNA, 2.0)
    story.hangs_up(call, 30.0)
    story.wait_until(35.0)
    assert story.agent_state(ANNA) is AgentState.AVAILABLE


def test_a_break_wished_during_the_talk_does_not_let_anybody_off(story: Story) -> None:
    story.tell(ev.AgentPaused(ANNA, "meal"), 31.0)
    assert story.tell(ev.AgentReady(ANNA), 50.0) == [ReadyRefused(ANNA, MISSING, 1)]
    story.tell(GIVEN, 51.0)
    assert story.agent_state(ANNA) is AgentState.PAUSED, "the break goes on until it is ended"
    story.tell(ev.AgentReady(ANNA), 52.0)
    assert story.agent_state(ANNA) is AgentState.AVAILABLE


def test_signing_out_and_in_again_does_not_either(story: Story) -> None:
    story.tell(ev.AgentSignedOut(ANNA), 31.0)
    story.tell(ev.AgentSignedIn(ANNA, "phone-anna", {"support": 1}), 60.0)
    assert story.tell(ev.AgentReady(ANNA), 61.0) == [ReadyRefused(ANNA, MISSING, 1)]


def test_what_was_owed_before_a_restart_is_owed_after_it() -> None:
    story = Story(RULES)
    of_old_rules = Disposition(InteractionId("c0"), PIOTR, SALES, 20.0)
    told = story.tell(ev.DispositionsRecovered((FIRST, of_old_rules)), 100.0)
    assert told == [AgentOwes(ANNA, (FIRST,))]
    for agent in (ANNA, PIOTR):
        story.agent(agent, 101.0)
    assert ReadyRefused(ANNA, MISSING, 1) in story.said
    assert story.agent_state(ANNA) is AgentState.PAUSED
    assert story.agent_state(PIOTR) is AgentState.AVAILABLE
    assert story.tell(GIVEN, 102.0)[0] == DispositionChanged(replace(FIRST, code="solved", given_at=102.0))


def test_a_talk_that_ended_without_a_server_is_owed_by_its_agent() -> None:
    story = Story(RULES)
    call = story.queues("c1", 1.0)
    story.agent(ANNA, 1.5)
    story.talks(call, ANNA, 2.0)
    talking = story.view(call)
    later = Story(RULES)
    later.tell(ev.CallsRecovered((talking,), 20.0), 25.0)
    later.tell(ev.CallHungUp(talking.uniqueid, 16), 30.0)
    assert AgentOwes(ANNA, (FIRST,)) in later.said
