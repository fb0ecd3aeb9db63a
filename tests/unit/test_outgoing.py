"""A consultant calls somebody: once, by one's own phone first, in permitted hours; literal times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core import events as ev
from telephony.core.commands import CallBackChanged, CallEnded, DialOut, HangUpLeg, RingFirst, ShowPop
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.views import AgentState, CallState, Direction, Lane, Outcome
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story
from tests.unit.test_call_backs import AGENT_FIRST, BACK, CUSTOMER_FIRST, NOON, NUMBER, REQUEST, rules

MIDNIGHT = NOON + 12 * 3600


@pytest.fixture
def story() -> Story:
    return Story(rules(CUSTOMER_FIRST))


def asks(story: Story, now: float = NOON) -> list[object]:
    return list(story.tell(ev.OutgoingAsked(REQUEST, ANNA), now))


def outcomes(story: Story) -> list[tuple[InteractionId, Outcome | None]]:
    return [(each.call.interaction, each.call.outcome) for each in story.said if isinstance(each, CallEnded)]


def rings(story: Story, now: float) -> RingFirst:
    return next(each for each in story.painted(BACK, ANNA, now) if isinstance(each, RingFirst))


def test_ones_own_phone_rings_first_and_then_the_customers(story: Story) -> None:
    story.agent(ANNA, NOON - 1)
    pop = next(each for each in asks(story) if isinstance(each, ShowPop))
    assert (pop.call.direction, pop.call.caller, pop.agent) == (Direction.OUT, NUMBER, ANNA)
    ring = rings(story, NOON + 0.1)
    assert (ring.endpoint, ring.number, ring.shown) == ("phone-anna", NUMBER, REQUEST.shown)
    answered = ev.FirstLegAnswered(BACK, 1, "PJSIP/anna-1", "l-1", "alaw")
    assert [each.number for each in story.tell(answered, NOON + 2) if isinstance(each, DialOut)] == [NUMBER]
    story.tell(ev.CallAnswered(BACK, 1, customer=Uniqueid("n1-9.9")), NOON + 8)
    assert (story.view(BACK).state, story.agent_state(ANNA)) == (CallState.TALKING, AgentState.TALKING)
    story.tell(ev.CallHungUp(Uniqueid("n1-9.9"), 16), NOON + 60)
    assert outcomes(story) == [(BACK, Outcome.ANSWERED)]
    assert story.agent_state(ANNA) is AgentState.WRAP_UP
    assert not [each for each in story.said if isinstance(each, CallBackChanged)], "nothing was promised"


@pytest.mark.parametrize("before", ["paused", "wrap_up"])
def test_whoever_is_away_may_call_and_is_away_again(story: Story, before: str) -> None:
    if before == "paused":
        story.agent(ANNA, NOON - 9)
        story.tell(ev.AgentPaused(ANNA, "paperwork"), NOON - 5)
        story.queues("waiting", NOON - 4)
    else:
        story.agent(ANNA, NOON - 9)
        story.queues("c", NOON - 8)
        story.talks(InteractionId("c"), ANNA, NOON - 7)
        story.hangs_up(InteractionId("c"), NOON - 1)
    asks(story)
    rings(story, NOON + 0.1)
    story.tell(ev.FirstLegAnswered(BACK, 1, "PJSIP/anna-1", "l-1", "alaw"), NOON + 2)
    story.wait_until(NOON + 4.5)  # what was left of the wrap-up
    assert story.agent_state(ANNA) is AgentState.RINGING
    story.tell(ev.DialEnded(BACK, 1, "BUSY"), NOON + 5)
    assert outcomes(story)[-1] == (BACK, Outcome.NOT_REACHED)
    assert story.agent_state(ANNA) is (AgentState.PAUSED if before == "paused" else AgentState.AVAILABLE)


def test_a_caller_who_waits_does_not_come_in_between(story: Story) -> None:
    story.agent(ANNA, NOON - 9)
    story.tell(ev.AgentPaused(ANNA, "paperwork"), NOON - 5)
    story.queues("waiting", NOON - 4, Lane.ACCESSIBILITY)
    pops = [each for each in asks(story) if isinstance(each, ShowPop)]
    assert [each.call.interaction for each in pops] == [BACK]


@pytest.mark.parametrize("why", ["unknown", "in a call", "phone in use"])
def test_whoever_cannot_take_it_is_not_called(story: Story, why: str) -> None:
    if why != "unknown":
        story.agent(ANNA, NOON - 9)
    if why == "in a call":
        story.queues("c", NOON - 8)
    if why == "phone in use":
        story.tell(ev.DeviceChanged("n1", "phone-anna", "INUSE"), NOON - 1)
    asks(story)
    assert outcomes(story) == [(BACK, Outcome.NOT_REACHED)]


def test_ones_own_phone_that_is_not_answered_ends_it(story: Story) -> None:
    story.agent(ANNA, NOON - 1)
    asks(story)
    ring = rings(story, NOON + 0.1)
    story.tell(ev.CallHungUp(ring.uniqueid, 19), NOON + 20)
    assert outcomes(story) == [(BACK, Outcome.NOT_REACHED)]
    assert story.agent_state(ANNA) is AgentState.AVAILABLE
    assert story.engine.waiting(Lane.STANDARD) == 0


@pytest.mark.parametrize("painted", [False, True])
def test_who_signs_out_meanwhile_calls_nobody(story: Story, painted: bool) -> None:  # noqa: FBT001 - a case
    story.agent(ANNA, NOON - 1)
    asks(story)
    if painted:
        rings(story, NOON + 0.1)
    said = story.tell(ev.AgentSignedOut(ANNA), NOON + 1)
    assert bool([each for each in said if isinstance(each, HangUpLeg)]) is painted
    assert outcomes(story) == [(BACK, Outcome.NOT_REACHED)]
    assert story.agent_state(ANNA) is AgentState.OFF


def test_nobody_is_called_at_night_nor_where_no_trunk_leads_out(story: Story) -> None:
    story.agent(ANNA, MIDNIGHT - 1)
    asks(story, MIDNIGHT)
    story.painted(BACK, ANNA, MIDNIGHT + 0.1)
    assert outcomes(story) == [(BACK, Outcome.NOT_REACHED)]
    other = Story(rules(AGENT_FIRST))
    other.agent(ANNA, NOON - 1)
    other.tell(ev.DeviceChanged("n3", "phone-anna", "NOT_INUSE"), NOON - 1)
    other.tell(ev.OutgoingAsked(REQUEST, ANNA), NOON)
    other.painted(BACK, ANNA, NOON + 0.1)
    assert outcomes(other) == [(BACK, Outcome.NOT_REACHED)], "the customer is not rung without a consultant"


def test_an_open_call_back_of_the_same_number_stays_open_until_somebody_answers(story: Story) -> None:
    promised = InteractionId("018f0000-0000-7000-8000-0000000000aa")
    story.tell(ev.CallBackRequested(replace(REQUEST, call_back=promised)), NOON - 10)
    story.agent(PIOTR, NOON - 9, {"sales": 1})
    story.tell(ev.AgentPaused(PIOTR, "meal"), NOON - 8)
    story.tell(ev.OutgoingAsked(REQUEST, PIOTR), NOON)
    story.tell(ev.CallHungUp(_ring(story, PIOTR).uniqueid, 19), NOON + 20)
    assert story.engine.call_back(NUMBER, NOON + 21) is not None


def _ring(story: Story, agent: object) -> RingFirst:
    said = story.tell(ev.PopPainted(BACK, agent, 1), NOON + 0.1)  # type: ignore[arg-type]
    return next(each for each in said if isinstance(each, RingFirst))


def test_after_a_restart_nothing_is_called_again(story: Story) -> None:
    before = Story(rules(AGENT_FIRST))
    before.agent(ANNA, NOON - 1)
    asks(before)
    story.tell(ev.CallsRecovered((before.view(BACK),), NOON), NOON + 5)
    assert outcomes(story) == [(BACK, Outcome.NOT_REACHED)]
    assert REQUEST.queue == SUPPORT
