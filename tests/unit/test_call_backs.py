"""Call-backs in the core: the place kept, permitted hours, both orders, retries, and what a restart leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from telephony.core import events as ev
from telephony.core.call_backs import SETTLE_S, CallBackPlace, leg_id
from telephony.core.commands import CallBackChanged, CallEnded, Dial, DialOut, HangUpLeg, RingFirst, ShowPop
from telephony.core.hours import Hours
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.promises import CallBackRequest, CallBackState
from telephony.core.rules import CallBackRules, FirstLeg, QueueRules, Rules
from telephony.core.views import AgentState, CallState, Direction, Lane, Outcome, SpanKind
from tests.unit.core_story import ANNA, PIOTR, SUPPORT, Story

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Warsaw")).timestamp()
NUMBER = "+48600100200"
BACK = InteractionId("018f0000-0000-7000-8000-00000000000b")
HOURS = Hours(time(8), time(20))
AGENT_FIRST = CallBackRules(FirstLeg.AGENT, attempts=2, pause_s=900.0, ring_s=30.0, hours=HOURS)
CUSTOMER_FIRST = replace(AGENT_FIRST, first=FirstLeg.CUSTOMER)
REQUEST = CallBackRequest(
    InteractionId("first-call"), SUPPORT, Lane.STANDARD, NUMBER, "+48220000100", NOON - 600, NOON - 500, BACK
)  # fmt: skip


def rules(call_back: CallBackRules) -> Rules:
    queue = QueueRules(max_wait_s=1200.0, wrap_up_s=5.0, ring_timeout_s=20.0, call_back=call_back)
    return Rules({SUPPORT: queue}, pop_paint_s=0.25, nodes_out=("n1", "n2"))


class BackStory(Story):
    def __init__(self, call_back: CallBackRules = AGENT_FIRST, request: CallBackRequest = REQUEST) -> None:
        super().__init__(rules(call_back))
        self.tell(ev.CallBackRequested(request), NOON)

    def at(self) -> CallState:
        return self.view(BACK).state

    def request(self) -> CallBackRequest:
        return [each.request for each in self.said if isinstance(each, CallBackChanged)][-1]

    def rings(self, now: float) -> RingFirst:
        """Anna is offered it and her page has painted it."""
        said = self.painted(BACK, ANNA, now)
        return next(each for each in said if isinstance(each, RingFirst))

    def first_answers(self, now: float) -> list[object]:
        attempt = self.view(BACK).attempt
        return list(self.tell(ev.FirstLegAnswered(BACK, attempt, "PJSIP/anna-1", "l-1", "alaw"), now))


def test_agent_first_the_two_talk_and_it_is_done() -> None:
    story = BackStory()
    story.agent(ANNA, NOON + 1)
    pop = next(each for each in story.said if isinstance(each, ShowPop))
    assert (pop.call.direction, pop.call.caller, pop.call.arrived_at) == (Direction.CALL_BACK, NUMBER, NOON - 600)
    ring = story.rings(NOON + 1.1)
    assert (ring.node, ring.endpoint, ring.number, ring.shown) == ("n1", "phone-anna", NUMBER, "+48220000100")
    assert ring.uniqueid == leg_id("n1", BACK, 1)
    out = story.first_answers(NOON + 3)
    assert [(each.number, each.ring_timeout_s) for each in out if isinstance(each, DialOut)] == [(NUMBER, 30.0)]
    assert story.at() is CallState.CALLING
    story.tell(ev.CallAnswered(BACK, 1, customer=Uniqueid("n1-9.9")), NOON + 8)
    assert (story.at(), story.view(BACK).agent) == (CallState.TALKING, ANNA)
    assert story.agent_state(ANNA) is AgentState.TALKING
    story.tell(ev.CallHungUp(Uniqueid("n1-9.9"), 16), NOON + 60)
    assert story.endings() == {BACK: Outcome.ANSWERED}
    assert (story.request().state, story.request().done_at) == (CallBackState.DONE, NOON + 60)
    assert story.engine.call_back(NUMBER, NOON + 61) is None


def test_customer_first_the_agent_is_dialled_like_for_any_caller() -> None:
    story = BackStory(CUSTOMER_FIRST)
    story.agent(ANNA, NOON)
    ring = story.rings(NOON + 0.1)
    assert (ring.endpoint, ring.ring_timeout_s) == ("", 30.0)
    assert story.agent_state(ANNA) is AgentState.OFFERED
    assert [each.endpoint for each in story.first_answers(NOON + 6) if isinstance(each, Dial)] == ["phone-anna"]
    story.tell(ev.CallAnswered(BACK, 1), NOON + 9)
    assert story.at() is CallState.TALKING


def test_customer_first_whose_agent_does_not_answer_waits_in_line_and_goes_to_the_next_agent() -> None:
    story = BackStory(CUSTOMER_FIRST)
    story.agent(ANNA, NOON)
    story.rings(NOON + 0.1)
    story.first_answers(NOON + 6)
    story.tell(ev.DialEnded(BACK, 1, "NOANSWER"), NOON + 26)
    assert (story.at(), story.agent_state(ANNA)) == (CallState.LINE, AgentState.NOT_ANSWERING)
    story.agent(PIOTR, NOON + 30)
    story.said.clear()
    story.painted(BACK, PIOTR, NOON + 30.1)
    assert story.dials() == [(BACK, PIOTR)], "the customer is there: nobody is called a second time"


def test_agent_who_does_not_answer_is_set_aside_and_the_place_is_kept() -> None:
    story = BackStory()
    story.agent(ANNA, NOON)
    ring = story.rings(NOON + 0.1)
    story.tell(ev.CallHungUp(ring.uniqueid, 19), NOON + 20)
    assert (story.at(), story.agent_state(ANNA)) == (CallState.LINE, AgentState.NOT_ANSWERING)
    story.agent(PIOTR, NOON + 30)
    assert story.view(BACK).agent == PIOTR
    assert not [each for each in story.said if isinstance(each, CallBackChanged)], "the customer was never called"


def test_customer_who_is_not_reached_is_called_again_after_the_pause_and_then_no_more() -> None:
    story = BackStory()
    story.agent(ANNA, NOON)
    for attempt, at in ((1, NOON), (2, NOON + 900 + 40)):
        story.rings(at + 0.1)
        story.first_answers(at + 3)
        story.tell(ev.DialEnded(BACK, attempt, "NOANSWER"), at + 40)
        assert story.agent_state(ANNA) is AgentState.AVAILABLE
        if attempt == 1:
            assert (story.at(), story.request().attempts) == (CallState.PLANNED, 1)
            assert story.request().next_at == at + 40 + 900
            story.wait_until(at + 40 + 899)
            assert story.at() is CallState.PLANNED
            story.wait_until(at + 40 + 900)
    assert story.endings() == {BACK: Outcome.NOT_REACHED}
    assert (story.request().state, story.request().attempts) == (CallBackState.NOT_REACHED, 2)


def test_customer_first_who_does_not_answer_frees_the_agent() -> None:
    story = BackStory(CUSTOMER_FIRST)
    story.agent(ANNA, NOON)
    ring = story.rings(NOON + 0.1)
    story.tell(ev.CallHungUp(ring.uniqueid, 19), NOON + 30)
    assert (story.at(), story.agent_state(ANNA)) == (CallState.PLANNED, AgentState.AVAILABLE)


def test_nobody_is_called_outside_the_hours() -> None:
    night = datetime(2026, 11, 23, 22, 0, tzinfo=ZoneInfo("Europe/Warsaw")).timestamp()
    story = Story(rules(AGENT_FIRST))
    story.agent(ANNA, night)
    story.tell(ev.CallBackRequested(REQUEST), night)
    assert story.view(BACK).state is CallState.PLANNED
    assert story.engine.call_back(NUMBER, night) == CallBackPlace(None, night + 10 * 3600)
    story.wait_until(night + 10 * 3600)
    assert story.view(BACK).state is CallState.OFFERED


def test_who_still_waits_in_the_evening_leaves_the_line_until_the_morning() -> None:
    story = BackStory()
    story.wait_until(NOON + 8 * 3600)
    assert story.at() is CallState.PLANNED
    story.agent(ANNA, NOON + 8 * 3600 + 1)
    assert story.at() is CallState.PLANNED
    story.wait_until(NOON + 20 * 3600)
    assert story.at() is CallState.OFFERED
    assert story.view(BACK).arrived_at == NOON - 600, "the first arrival is kept"


def test_a_pop_painted_after_hours_calls_nobody() -> None:
    story = BackStory()
    story.agent(ANNA, NOON + 8 * 3600 - 0.1)
    said = story.painted(BACK, ANNA, NOON + 8 * 3600 + 0.1)
    assert not [each for each in said if isinstance(each, RingFirst)]
    assert (story.at(), story.agent_state(ANNA)) == (CallState.PLANNED, AgentState.AVAILABLE)
    assert story.request().attempts == 0


def test_it_stands_in_the_one_line_by_its_first_arrival() -> None:
    story = BackStory()
    story.queues("early", NOON - 700)
    story.queues("later", NOON + 5)
    assert story.engine.call_back(NUMBER, NOON) == CallBackPlace(1, NOON)
    story.agent(ANNA, NOON + 10)
    assert story.view(InteractionId("early")).agent == ANNA
    story.agent(PIOTR, NOON + 11)
    assert story.view(BACK).agent == PIOTR


def test_a_number_has_one_call_back() -> None:
    story = BackStory()
    story.tell(ev.CallBackRequested(replace(REQUEST, call_back=InteractionId("second"))), NOON + 1)
    assert [view.interaction for view in story.engine.calls()] == [BACK]


@pytest.mark.parametrize("number", ["+48112", "+48700123456", "+48801123456", "+4930123456", "112"])
def test_a_number_that_may_not_be_called_is_never_called(number: str) -> None:
    story = BackStory(request=replace(REQUEST, number=number))
    story.agent(ANNA, NOON)
    said = story.painted(BACK, ANNA, NOON + 0.1)
    assert not [each for each in said if isinstance(each, RingFirst)]
    assert story.endings() == {BACK: Outcome.REFUSED}
    assert (story.request().state, story.agent_state(ANNA)) == (CallBackState.REFUSED, AgentState.AVAILABLE)


def test_one_that_is_withdrawn_is_not_called() -> None:
    story = BackStory()
    story.tell(ev.CallBackWithdrawn(BACK), NOON + 1)
    assert (story.endings(), story.request().state) == ({BACK: Outcome.CLOSED}, CallBackState.WITHDRAWN)
    story.tell(ev.CallBackRequested(replace(REQUEST, call_back=InteractionId("second"))), NOON + 2)
    assert story.view(InteractionId("second")).state is CallState.LINE, "the number is free again"


def test_who_has_called_meanwhile_and_was_served_is_not_called_as_well() -> None:
    story = BackStory()
    call = InteractionId("again")
    story.tell(ev.CallArrived(call, "n1", "PJSIP/x", Uniqueid("u-again"), "l", "+48221", NUMBER), NOON + 5)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.ACCESSIBILITY), NOON + 6)
    story.agent(ANNA, NOON + 7)
    assert story.at() is CallState.LINE, "while the call is only offered, the promise holds"
    story.talks(call, ANNA, NOON + 8)
    assert (story.endings(), story.request().state) == ({BACK: Outcome.CLOSED}, CallBackState.CALLED_IN)


def test_who_called_meanwhile_in_vain_is_called_back_all_the_same() -> None:
    story = BackStory()
    call = InteractionId("again")
    story.tell(ev.CallArrived(call, "n1", "PJSIP/x", Uniqueid("u-again"), "l", "+48221", NUMBER), NOON + 5)
    story.tell(ev.CallQueued(call, SUPPORT, Lane.STANDARD), NOON + 6)
    story.tell(ev.CallHungUp(Uniqueid("u-again"), 16), NOON + 60)
    assert story.at() is CallState.LINE


def test_a_leg_of_which_nothing_is_heard_is_ended_and_tried_again() -> None:
    story = BackStory(CUSTOMER_FIRST)
    story.agent(ANNA, NOON)
    ring = story.rings(NOON)
    said = story.wait_until(NOON + 30 + 10)
    assert HangUpLeg("n1", ring.uniqueid) in said
    assert (story.at(), story.agent_state(ANNA)) == (CallState.PLANNED, AgentState.AVAILABLE)


def test_a_leg_that_answers_after_it_was_given_up_calls_nobody() -> None:
    story = BackStory()
    story.agent(ANNA, NOON)
    story.rings(NOON)
    story.wait_until(NOON + 30)
    assert not [each for each in story.first_answers(NOON + 31) if isinstance(each, DialOut)]


def test_an_agent_whose_phone_is_where_no_trunk_leads_out_is_dialled_second() -> None:
    story = BackStory()
    story.tell(ev.DeviceChanged("n9", "phone-anna", "NOT_INUSE"), NOON)
    story.agent(ANNA, NOON)
    ring = story.rings(NOON + 0.1)
    assert (ring.node, ring.endpoint) == ("n1", "")


def test_without_a_node_that_leads_out_the_try_has_failed() -> None:
    story = Story(Rules({SUPPORT: QueueRules(call_back=AGENT_FIRST)}))
    story.tell(ev.CallBackRequested(REQUEST), NOON)
    story.agent(ANNA, NOON)
    story.painted(BACK, ANNA, NOON)
    assert story.view(BACK).state is CallState.PLANNED


def test_a_node_that_is_not_heard_calls_nobody() -> None:
    story = BackStory()
    story.tell(ev.NodeLost("n1", NOON, SpanKind.LINK), NOON)
    story.agent(ANNA, NOON)
    assert story.rings(NOON).node == "n2"


def test_who_signs_out_while_the_phone_rings_gives_it_back() -> None:
    story = BackStory()
    story.agent(ANNA, NOON)
    ring = story.rings(NOON)
    assert HangUpLeg("n1", ring.uniqueid) in story.tell(ev.AgentSignedOut(ANNA), NOON + 1)
    assert (story.at(), story.agent_state(ANNA)) == (CallState.LINE, AgentState.OFF)


def test_who_signs_out_while_the_customers_phone_rings_lets_the_customer_go() -> None:
    story = BackStory(CUSTOMER_FIRST)
    story.agent(ANNA, NOON)
    ring = story.rings(NOON)
    assert HangUpLeg("n1", ring.uniqueid) in story.tell(ev.AgentSignedOut(ANNA), NOON + 1)
    assert (story.at(), story.request().attempts) == (CallState.PLANNED, 0)


def test_a_snapshot_ends_no_call_back_that_is_only_being_begun_or_waits() -> None:
    story = BackStory()
    story.tell(ev.NodeSnapshot("n1", frozenset(), NOON + 1), NOON + 1)
    assert story.at() is CallState.LINE
    story.agent(ANNA, NOON + 2)
    story.rings(NOON + 2)
    story.tell(ev.NodeSnapshot("n1", frozenset(), NOON + 3), NOON + 3)
    assert story.at() is CallState.RINGING
    story.first_answers(NOON + 4)
    story.tell(ev.NodeSnapshot("n1", frozenset(), NOON + 5), NOON + 5)
    assert story.at() is CallState.PLANNED, "the agent's leg has gone unheard"


def test_a_restart_calls_nobody_twice_and_forgets_nobody() -> None:
    before = BackStory()
    before.agent(ANNA, NOON)
    before.rings(NOON)
    after = Story(rules(AGENT_FIRST))
    left = before.view(BACK)
    other = replace(REQUEST, number="+48600100201", call_back=InteractionId("other"))
    after.tell(ev.CallsRecovered((left,), NOON + 1, (REQUEST, other)), NOON + 5)
    assert after.view(InteractionId("other")).state is CallState.LINE
    assert after.view(BACK).state is CallState.PLANNED, "its leg may still be answered"
    after.wait_until(NOON + 5 + SETTLE_S)
    after.agent(ANNA, NOON + 40)
    after.agent(PIOTR, NOON + 41)
    assert {view.attempt for view in after.engine.calls()} == {1, 2}, "attempts are counted on"


def test_a_call_left_over_whose_request_is_done_gets_its_outcome() -> None:
    left = BackStory().view(BACK)
    after = Story(rules(AGENT_FIRST))
    after.tell(ev.CallsRecovered((left,), NOON + 1), NOON + 5)
    assert after.endings() == {BACK: Outcome.NOT_REACHED}


def test_what_was_answered_over_a_restart_is_a_talk() -> None:
    before = BackStory()
    before.agent(ANNA, NOON)
    ring = before.rings(NOON)
    after = Story(rules(AGENT_FIRST))
    after.tell(ev.CallsRecovered((before.view(BACK),), NOON + 1, (REQUEST,)), NOON + 2)
    after.tell(ev.CallAnswered(BACK, 1), NOON + 4)
    assert after.view(BACK).state is CallState.TALKING
    after.tell(ev.CallHungUp(ring.uniqueid, 16), NOON + 50)
    assert after.endings() == {BACK: Outcome.ANSWERED}


def test_a_customer_on_the_line_at_a_restart_is_with_asterisks_own_queue() -> None:
    before = BackStory(CUSTOMER_FIRST)
    before.agent(ANNA, NOON)
    ring = before.rings(NOON)
    before.first_answers(NOON + 2)
    after = Story(rules(CUSTOMER_FIRST))
    after.tell(ev.CallsRecovered((before.view(BACK),), NOON + 3, (REQUEST,)), NOON + 4)
    assert after.view(BACK).state is CallState.FALLBACK
    after.tell(ev.FallbackAnswered(ring.uniqueid), NOON + 6)
    after.tell(ev.CallHungUp(ring.uniqueid, 16), NOON + 60)
    assert after.endings() == {BACK: Outcome.FALLBACK_ANSWERED}
    changed = [each.request.state for each in after.said if isinstance(each, CallBackChanged)]
    assert changed == [CallBackState.DONE]


def test_the_one_ticket_of_a_call_back_that_was_not_reached_says_so() -> None:
    story = BackStory(replace(AGENT_FIRST, attempts=1))
    story.agent(ANNA, NOON)
    story.rings(NOON)
    story.first_answers(NOON + 2)
    story.tell(ev.DialEnded(BACK, 1, "BUSY"), NOON + 5)
    ended = next(each.call for each in story.said if isinstance(each, CallEnded))
    assert (ended.outcome, ended.follows) == (Outcome.NOT_REACHED, InteractionId("first-call"))


# -- hours ----------------------------------------------------------------------------------------------------------


def wall(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("hours", "at", "begins"),
    [
        (HOURS, "2026-11-23T07:59:59+01:00", "2026-11-23T08:00:00+01:00"),
        (HOURS, "2026-11-23T08:00:00+01:00", "2026-11-23T08:00:00+01:00"),
        (HOURS, "2026-11-23T19:59:59+01:00", "2026-11-23T19:59:59+01:00"),
        (HOURS, "2026-11-23T20:00:00+01:00", "2026-11-24T08:00:00+01:00"),
        (HOURS, "2026-03-28T21:00:00+01:00", "2026-03-29T08:00:00+02:00"),  # the night of the missing hour
        (HOURS, "2026-10-24T21:00:00+02:00", "2026-10-25T08:00:00+01:00"),  # the night of the hour that comes twice
        (Hours(time(22), time(6)), "2026-11-23T03:00:00+01:00", "2026-11-23T03:00:00+01:00"),
        (Hours(time(22), time(6)), "2026-11-23T12:00:00+01:00", "2026-11-23T22:00:00+01:00"),
        (Hours(time(2, 30), time(5)), "2026-03-28T23:00:00+01:00", "2026-03-29T03:30:00+02:00"),
        (Hours(time(2, 30), time(5)), "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_hours_begin_on_the_wall(hours: Hours, at: str, begins: str) -> None:
    assert hours.begins(wall(at)) == wall(begins)


def test_hours_end_on_the_wall_and_those_without_an_end_never() -> None:
    assert HOURS.ends(NOON) == NOON + 8 * 3600
    assert Hours(time(0), time(0)).ends(NOON) is None
    assert Hours(time(0), time(0)).allow(NOON)


def test_a_queue_without_rules_calls_back_like_any() -> None:
    story = Story(Rules(nodes_out=("n1",)))
    story.tell(ev.CallBackRequested(replace(REQUEST, queue=QueueName("other"))), NOON)
    assert story.view(BACK).state is CallState.LINE
