"""A caller whom a consultant hands over waits for the colleague first, and never in vain. Literal times."""

from __future__ import annotations

import pytest

from telephony.core import events as ev
from telephony.core.hand_over import ONLY_S
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.views import AgentState, CallState, Lane
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story

SALES = QueueName("sales")
FIRST, SECOND = InteractionId("first"), InteractionId("second")


def handed(story: Story, to: ev.CallQueued, now: float) -> None:
    """Anna talks with the caller from 10 s on, and hands over at `now`."""
    story.agent(ANNA)
    story.queues("first", 5.0)
    story.talks(FIRST, ANNA, 10.0)
    story.tell(ev.CallerVerified(FIRST, "10001"), 11.0)
    arrived = ev.CallArrived(
        SECOND, "n1", "PJSIP/first", Uniqueid("u-first"), "l-first", "+48221", "+48500", "alaw", FIRST
    )
    story.tell(ev.AgentLeft(FIRST, 1), now)
    story.tell(arrived, now)
    story.tell(to, now)


def to_piotr() -> ev.CallQueued:
    return ev.CallQueued(SECOND, SUPPORT, Lane.STANDARD, agent=PIOTR)


@pytest.fixture
def story() -> Story:
    return Story()


def test_the_colleague_gets_the_caller_with_the_first_arrival_and_the_proof(story: Story) -> None:
    story.agent(PIOTR, 1.0, {"sales": 1})
    handed(story, to_piotr(), 20.0)
    call = story.view(SECOND)
    assert (call.agent, call.arrived_at, call.follows, call.verified) == (PIOTR, 5.0, FIRST, "10001")
    story.painted(SECOND, PIOTR, 20.1)
    assert story.dials()[-1] == (SECOND, PIOTR)
    assert story.endings() == {FIRST: "answered"}
    assert story.agent_state(ANNA) is AgentState.WRAP_UP


def test_nobody_else_is_offered_the_caller_before_the_time_is_over(story: Story) -> None:
    story.agent(PIOTR, 1.0)
    story.tell(ev.AgentPaused(PIOTR, "meal"), 2.0)
    handed(story, to_piotr(), 20.0)
    story.wait_until(26.0)  # Anna's wrap-up is over
    assert (story.agent_state(ANNA), story.view(SECOND).state) == (AgentState.AVAILABLE, CallState.LINE)
    assert story.engine.next_deadline() == 20.0 + ONLY_S
    story.wait_until(20.0 + ONLY_S)
    assert story.view(SECOND).agent == ANNA


def test_a_phone_that_is_not_answered_opens_the_caller_to_all_at_once(story: Story) -> None:
    story.agent(PIOTR, 1.0)
    handed(story, to_piotr(), 20.0)
    story.painted(SECOND, PIOTR, 20.1)
    story.wait_until(26.0)
    story.tell(ev.DialEnded(SECOND, 1, "BUSY"), 27.0)
    assert story.agent_state(PIOTR) is AgentState.NOT_ANSWERING
    assert (story.view(SECOND).agent, story.view(SECOND).state) == (ANNA, CallState.OFFERED)


def test_the_time_may_run_out_while_the_colleagues_phone_rings(story: Story) -> None:
    story.agent(PIOTR, 1.0)
    story.tell(ev.AgentPaused(PIOTR, "meal"), 2.0)
    handed(story, to_piotr(), 20.0)
    story.tell(ev.AgentReady(PIOTR), 60.0)
    story.painted(SECOND, PIOTR, 60.1)
    story.wait_until(20.0 + ONLY_S)
    assert (story.view(SECOND).agent, story.view(SECOND).state) == (PIOTR, CallState.RINGING)
    story.tell(ev.CallAnswered(SECOND, 1), 66.0)
    assert story.view(SECOND).state is CallState.TALKING


def test_the_caller_may_hang_up_meanwhile(story: Story) -> None:
    handed(story, to_piotr(), 20.0)
    story.tell(ev.CallHungUp(Uniqueid("u-first"), 16), 30.0)
    assert story.endings() == {FIRST: "answered", SECOND: "abandoned_line"}
    story.wait_until(100.0)
    assert story.engine.next_deadline() is None


def test_another_queue_is_waited_in_at_the_first_arrivals_place(story: Story) -> None:
    story.agent(PIOTR, 1.0, {"sales": 1})
    story.tell(ev.AgentPaused(PIOTR, "meal"), 2.0)
    story.arrives("later", 8.0)
    story.tell(ev.CallQueued(InteractionId("later"), SALES, Lane.STANDARD), 9.0)
    handed(story, ev.CallQueued(SECOND, SALES, Lane.STANDARD), 20.0)
    story.tell(ev.AgentReady(PIOTR), 21.0)
    assert story.view(SECOND).agent == PIOTR
    assert story.view(InteractionId("later")).state is CallState.LINE
