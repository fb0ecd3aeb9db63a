from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from telephony.console import wire
from telephony.console.desk import HISTORY, Desk
from telephony.console.outlet import Outlet
from telephony.core.account import Account
from telephony.core.card_fields import NOTHING_HIDDEN
from telephony.core.commands import AgentChanged, ShowPop
from telephony.core.customer import Card
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.views import AgentState, CallState, CallView, Outcome
from tests.unit.console_story import ANNA, WAITING

OFFERED = replace(WAITING, state=CallState.OFFERED, agent=ANNA, attempt=1, offered_at=1030.0)
TALKING = replace(OFFERED, state=CallState.TALKING, answered_at=1035.0)
ENDED = replace(TALKING, state=CallState.ENDED, ended_at=1065.0, outcome=Outcome.ANSWERED)


class Clock:
    now = 1030.0

    def __call__(self) -> float:
        return self.now


class Page(Outlet):
    """A page that notes what it was told."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.heard: list[dict[str, Any]] = []

    def put(self, message: object) -> None:
        self.heard.append(json.loads(str(message)))

    @property
    def last(self) -> Mapping[str, Any]:
        return self.heard[-1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(ANNA, {QueueName("support"): "Pomoc techniczna"}, clock, viewer=Account(ANNA, "Anna", ""))


@pytest.fixture
def page(desk: Desk) -> Page:
    page = Page()
    desk.pages.add(page)
    return page


def offer(desk: Desk, call: CallView = OFFERED, card: Card | None = None) -> None:
    desk.show(ShowPop(call, ANNA, call.attempt, call.offered_at or 0.0), "kolejność zgłoszeń", card)


def state(desk: Desk) -> dict[str, Any]:
    messages = desk.catch_up("", 0)
    assert len(messages) == 1
    return dict(json.loads(messages[0]))


def test_a_pop_says_all_that_is_known(desk: Desk, page: Page) -> None:
    offer(desk, card=Card(None))
    pop = page.last
    assert (pop["type"], pop["interaction"], pop["attempt"], pop["offered_at"]) == ("pop", "i1", 1, 1030.0)
    assert (pop["caller"], pop["queue"], pop["lane"]) == ("+48 500 000 123", "Pomoc techniczna", "accessibility")
    assert (pop["queued_at"], pop["why"]) == (1005.0, "kolejność zgłoszeń")
    assert pop["card"] == wire.card(NOTHING_HIDDEN.shown(Card(None), desk.viewer), {})


def test_a_card_that_comes_later_follows(desk: Desk, page: Page) -> None:
    offer(desk)
    assert page.last["card"] is None
    desk.card(InteractionId("i1"), Card(None, available=False))
    assert page.last["type"] == "card"
    assert state(desk)["pop"]["card"]["available"] is False


def test_messages_are_numbered_without_gaps(desk: Desk, page: Page) -> None:
    offer(desk)
    desk.call(TALKING)
    desk.call(ENDED)
    desk.ticket(InteractionId("i1"), "17-8")
    assert [message["seq"] for message in page.heard] == [1, 2, 3, 4]


def test_a_page_that_was_away_gets_what_it_missed_and_nothing_twice(desk: Desk, page: Page) -> None:
    offer(desk)
    epoch, seen = desk.epoch, page.last["seq"]
    desk.call(TALKING)
    desk.call(ENDED)
    missed = [json.loads(each) for each in desk.catch_up(epoch, seen)]
    assert [each["state"] for each in missed] == ["talking", "ended"]
    assert desk.catch_up(epoch, missed[-1]["seq"]) == []


@pytest.mark.parametrize("seen", [-1, 0, 10_000], ids=["nonsense", "long ago", "the future"])
def test_a_page_that_was_away_too_long_gets_the_whole_state(desk: Desk, seen: int) -> None:
    offer(desk)
    for _ in range(HISTORY + 1):
        desk.device("INUSE")
    messages = desk.catch_up(desk.epoch, seen)
    assert [json.loads(each)["type"] for each in messages] == ["state"]


def test_a_page_of_an_older_server_gets_the_whole_state(desk: Desk) -> None:
    offer(desk)
    assert [json.loads(each)["type"] for each in desk.catch_up("another-epoch", 0)] == ["state"]


def test_the_end_of_the_talk_stops_its_clock(desk: Desk, clock: Clock) -> None:
    offer(desk)
    desk.call(TALKING)
    clock.now = 1065.0
    desk.call(replace(TALKING, state=CallState.AFTER_TALK))
    clock.now = 1070.0
    desk.call(ENDED)
    assert state(desk)["pop"]["talk_ended_at"] == 1065.0


def test_an_offer_that_went_back_to_the_line_is_kept_as_missed(desk: Desk, page: Page) -> None:
    offer(desk)
    desk.hide(InteractionId("i1"))
    assert page.last["type"] == "hide"
    shown = state(desk)
    assert shown["pop"] is None
    assert [each["missed"] for each in shown["recent"]] == [True]


def test_what_became_of_a_missed_call_is_somebody_elses(desk: Desk, page: Page) -> None:
    offer(desk)
    desk.hide(InteractionId("i1"))
    told = len(page.heard)
    desk.call(replace(TALKING, agent=AgentId("piotr"), attempt=2))
    desk.card(InteractionId("i1"), Card(None))
    desk.ticket(InteractionId("i1"), "17-8")
    assert len(page.heard) == told


def test_a_call_that_ended_while_ringing_stays_in_sight(desk: Desk) -> None:
    offer(desk)
    desk.call(replace(OFFERED, state=CallState.ENDED, ended_at=1040.0, outcome=Outcome.ABANDONED_LINE))
    desk.hide(InteractionId("i1"))
    assert state(desk)["pop"]["outcome"] == "abandoned_line"


def test_another_call_cannot_hide_this_one(desk: Desk) -> None:
    offer(desk)
    desk.hide(InteractionId("i2"))
    assert state(desk)["pop"]["interaction"] == "i1"


def test_the_next_call_files_the_one_before_and_its_ticket_still_arrives(desk: Desk) -> None:
    offer(desk)
    desk.call(ENDED)
    offer(desk, replace(OFFERED, interaction=InteractionId("i2")))
    desk.ticket(InteractionId("i1"), "17-8")
    shown = state(desk)
    assert shown["pop"]["interaction"] == "i2"
    assert [(each["interaction"], each["ticket"]) for each in shown["recent"]] == [("i1", "17-8")]


def test_a_break_wished_for_during_a_call_shows_until_it_begins(desk: Desk, page: Page) -> None:
    desk.changed(AgentChanged(ANNA, AgentState.TALKING, "", 1035.0, InteractionId("i1")))
    desk.wished("meal")
    assert (page.last["state"], page.last["wish"]) == ("talking", "meal")
    desk.changed(AgentChanged(ANNA, AgentState.PAUSED, "meal", 1065.0, None))
    assert (page.last["state"], page.last["reason"], page.last["wish"]) == ("paused", "meal", "")


def test_a_break_outside_a_call_is_no_wish(desk: Desk, page: Page) -> None:
    desk.changed(AgentChanged(ANNA, AgentState.AVAILABLE, "", 1035.0, None))
    desk.wished("meal")
    assert page.last["wish"] == ""


def test_nothing_of_a_customer_stays_when_the_agent_has_left(desk: Desk) -> None:
    offer(desk)
    desk.call(ENDED)
    offer(desk, replace(OFFERED, interaction=InteractionId("i2")))
    desk.changed(AgentChanged(ANNA, AgentState.OFF, "", 1100.0, None))
    shown = state(desk)
    assert shown["pop"] is None
    assert shown["recent"] == []
