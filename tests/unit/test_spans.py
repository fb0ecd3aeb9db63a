"""Stretches of a call: on hold, and when nothing is known of it; through the engine, with literal times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core import events as ev
from telephony.core.commands import CallEnded, HidePop, ShowPop
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.spans import MEANING, MOST, UNKNOWN, closed, opened, seconds
from telephony.core.views import AgentState, CallState, Span, SpanKind
from tests.unit.core_story import ANNA, PIOTR, Story

HOLD, LINK, DISTRUST, OVERFLOW, RESTART = SpanKind


@pytest.fixture
def story() -> Story:
    return Story()


def talking(story: Story) -> InteractionId:
    """Anna talks with c1 from 2.0 on."""
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.talks(call, ANNA, 2.0)
    return call


def snapshot(now: float, *calls: InteractionId, taken_at: float | None = None) -> ev.NodeSnapshot:
    return ev.NodeSnapshot("n1", frozenset(Uniqueid(f"u-{call}") for call in calls), taken_at or now)


def test_what_is_under_way_is_not_opened_again_and_ignorance_ends_a_hold() -> None:
    held = opened((), HOLD, 1.0)
    assert opened(held, HOLD, 2.0) == held == (Span(HOLD, 1.0),)
    unknown = opened(held, LINK, 3.0)
    assert unknown == (Span(HOLD, 1.0, 3.0), Span(LINK, 3.0))
    assert opened(unknown, OVERFLOW, 4.0) == unknown
    assert opened(unknown, HOLD, 4.0) == unknown
    assert closed(unknown, UNKNOWN, 5.0)[-1] == Span(LINK, 3.0, 5.0)
    assert closed(opened((), LINK, 3.0), UNKNOWN, 2.0) == (Span(LINK, 3.0, 3.0),)  # never before its beginning
    assert seconds(closed(unknown, UNKNOWN, 5.0), HOLD) == 2.0
    assert set(MEANING) == set(SpanKind) == {*UNKNOWN, HOLD}


def test_a_record_does_not_grow_without_end() -> None:
    spans: tuple[Span, ...] = ()
    for at in range(3 * MOST):
        spans = closed(opened(spans, DISTRUST if at else HOLD, float(at)), UNKNOWN, at + 0.5)
    assert len(spans) == MOST
    assert spans[-1] == Span(DISTRUST, MOST - 1.0, 3 * MOST - 0.5)


def test_a_lost_link_is_a_gap_in_every_call_of_its_node_until_a_whole_snapshot(story: Story) -> None:
    call = talking(story)
    story.tell(ev.NodeLost("n1", 9.0, LINK), 12.0)
    assert story.view(call).spans == (Span(LINK, 9.0),)
    young = story.queues("young", 13.0)  # AGI still works
    assert story.view(young).spans == (Span(LINK, 13.0),)
    story.tell(ev.NodeSnapshot("n2", frozenset(), 14.0), 14.0)
    story.tell(snapshot(15.0, call, young), 15.5)
    assert story.view(call).spans == (Span(LINK, 9.0, 15.5),)
    assert story.view(young).spans == (Span(LINK, 13.0, 15.5),)
    assert story.view(story.queues("later", 16.0)).spans == ()


def test_a_gap_does_not_begin_before_its_call(story: Story) -> None:
    call = story.arrives("c1", 10.0)
    story.tell(ev.NodeLost("n1", 9.0, LINK), 12.0)
    assert story.view(call).spans == (Span(LINK, 10.0),)


def test_a_snapshot_asked_for_before_the_loss_closes_nothing(story: Story) -> None:
    call = talking(story)
    story.tell(snapshot(3.0, call), 3.0)
    story.tell(ev.EventsLost(5.0), 6.0)
    story.tell(ev.EventsLost(8.0), 8.0)
    story.tell(snapshot(9.0, call, taken_at=7.0), 9.0)
    assert story.view(call).spans == (Span(OVERFLOW, 5.0),)
    story.tell(snapshot(11.0, call, taken_at=10.0), 11.0)
    assert story.view(call).spans == (Span(OVERFLOW, 5.0, 11.0),)


def test_a_call_that_is_gone_ends_inside_its_gap(story: Story) -> None:
    call = talking(story)
    story.tell(ev.NodeLost("n1", 4.0, DISTRUST), 4.0)
    story.tell(snapshot(6.0), 7.0)
    assert story.endings() == {call: "interrupted"}
    ended = [each.call for each in story.said if isinstance(each, CallEnded)]
    assert ended[0].spans == (Span(DISTRUST, 4.0, 7.0),)


def test_a_restart_is_a_gap_from_the_dead_servers_last_sign_of_life(story: Story) -> None:
    before = Story()
    before.agent(ANNA)
    call = before.queues("c1", 1.0)
    before.talks(call, ANNA, 2.0)
    before.tell(ev.CallHeld(call, 1, held=True), 5.0)
    story.tell(ev.CallsRecovered(before.engine.calls(), 8.0), 20.0)
    story.tell(ev.NodeLost("n1", 20.0, LINK), 20.0)  # as a gateway begins
    assert story.view(call).spans == (Span(HOLD, 5.0, 8.0), Span(RESTART, 8.0))
    story.tell(snapshot(21.0, call), 21.0)
    assert story.view(call).spans[-1] == Span(RESTART, 8.0, 21.0)


def test_an_agent_who_signs_in_again_after_a_restart_is_in_the_talk_that_went_on(story: Story) -> None:
    before = Story()
    call = talking(before)
    story.tell(ev.CallsRecovered(before.engine.calls(), 8.0), 20.0)
    story.tell(ev.AgentSignedIn(ANNA, "phone-anna", {"support": 1}), 22.0)
    (anna,) = story.engine.agents()
    assert (anna.state, anna.interaction) == (AgentState.TALKING, call)
    story.tell(ev.AgentLeft(call, 1), 30.0)
    assert story.engine.agents()[0].state is AgentState.PAUSED  # as she is after signing in


def test_hold_is_noted_with_its_length_and_ends_with_the_talk(story: Story) -> None:
    call = talking(story)
    story.tell(ev.CallHeld(call, 1, held=True), 5.0)
    assert story.tell(ev.CallHeld(call, 1, held=True), 6.0) == []  # doubled
    story.tell(ev.CallHeld(call, 1, held=False), 8.0)
    assert story.tell(ev.CallHeld(call, 1, held=False), 8.5) == []
    story.tell(ev.CallHeld(call, 1, held=True), 9.0)
    story.tell(ev.AgentLeft(call, 1), 10.0)
    assert story.view(call).spans == (Span(HOLD, 5.0, 8.0), Span(HOLD, 9.0, 10.0))
    assert story.tell(ev.CallHeld(call, 1, held=True), 11.0) == []  # the talk is over


# -- who has answered --------------------------------------------------------------------------------------------


def test_a_pickup_names_who_has_answered_and_frees_who_was_dialled(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    story.tell(ev.AgentSignedIn(PIOTR, "phone-piotr", {"support": 1}), 1.2)  # on a break
    said = story.tell(ev.CallAnswered(call, 1, "phone-piotr"), 3.0)
    assert story.view(call).agent == PIOTR
    assert HidePop(call, ANNA) in said
    assert [each.agent for each in said if isinstance(each, ShowPop)] == [PIOTR]
    states = {agent.agent: agent.state for agent in story.engine.agents()}
    assert states == {ANNA: AgentState.AVAILABLE, PIOTR: AgentState.TALKING}
    story.tell(ev.AgentLeft(call, 1), 20.0)
    states = {agent.agent: agent.state for agent in story.engine.agents()}
    assert states == {ANNA: AgentState.AVAILABLE, PIOTR: AgentState.PAUSED}  # the break goes on


def test_a_phone_that_nobody_has_signed_in_at_names_nobody(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    story.tell(ev.CallAnswered(call, 1, "reception"), 3.0)
    view = story.view(call)
    assert (view.state, view.agent) == (CallState.TALKING, None)
    assert story.engine.agents()[0].state is AgentState.AVAILABLE


def test_the_dialled_phone_seen_in_the_bridge_is_an_answer_as_any_other(story: Story) -> None:
    story.agent(ANNA)
    call = story.queues("c1", 1.0)
    story.painted(call, ANNA, 1.1)
    assert not any(isinstance(each, HidePop) for each in story.tell(ev.CallAnswered(call, 1, "phone-anna"), 3.0))
    assert story.view(call) == replace(story.view(call), agent=ANNA, state=CallState.TALKING)
    assert story.engine.agents()[0].state is AgentState.TALKING
