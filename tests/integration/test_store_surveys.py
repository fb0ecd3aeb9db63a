"""Surveys, their digest, and visits: contract of the real store and its twin in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, time

import pytest
import pytest_asyncio

from telephony.core.appointments import Appointment, VisitState, settled
from telephony.core.article import ArticleUse, Use
from telephony.core.digest import AGAIN_S, ArticleInVain, Comment, Disposition, Place
from telephony.core.disposition import Disposition as Given
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.periods import Period
from telephony.core.promises import SurveyAnswer
from telephony.core.survey import DAY_S, ClosedTicket, Invitation, LinkAnswer, Why
from telephony.core.ticket import OpenTicket, TicketStatus, ticket_sequence
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome
from telephony.crm.seed import customers
from telephony.store.appointments import AppointmentStore
from telephony.store.memory import Memory
from telephony.store.store import Store

CUSTOMER, OTHER = customers(2)
PHONE = CUSTOMER.phones[0]
SUPPORT = QueueName("support")
WHOLE = Period("all", date(1970, 1, 1), date(1980, 1, 1))
NOW = 1000.0
VISIT = Appointment(InteractionId("v-1"), "Z-1", PHONE, date(1970, 1, 5), time(10, 30), "Polna 5", NOW, next_at=NOW)


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    await opened.customers.add([CUSTOMER, OTHER])
    yield opened
    await opened.close()


def call(interaction: str, caller: str | None = PHONE, arrived_at: float = 1.0, *path: str) -> CallView:
    return CallView(
        InteractionId(interaction), "n1", "PJSIP/x-1", Uniqueid(f"u-{interaction}"), "l", "+48220000100", caller,
        "alaw", CallState.ENDED, Lane.STANDARD, SUPPORT, arrived_at, 2.0, 3.0, arrived_at + 4.0, None, 0,
        Outcome.ANSWERED, path=path,
    )  # fmt: skip


async def closed(store: Store, interaction: str, opened_at: float = NOW, caller: str | None = PHONE) -> int:
    await store.record_calls([call(interaction, caller)])
    ticket = OpenTicket(InteractionId(interaction), SUPPORT, "Sprawa", "…", status=TicketStatus.CLOSED)
    return ticket_sequence(await store.open_ticket(ticket, opened_at))


def asked(ticket: int, key: str = "k") -> Invitation:
    return Invitation(ticket, CUSTOMER.number, PHONE, SUPPORT, Why.ASKED, NOW, key, NOW + DAY_S)


async def test_each_closed_ticket_is_decided_once(store: Store) -> None:
    first = await closed(store, "i-1")
    await closed(store, "i-old", NOW - 1)
    await store.open_ticket(OpenTicket(InteractionId("i-open"), SUPPORT, "Otwarta", "…"), NOW)
    (ticket,) = await store.surveys.undecided(NOW)
    assert ticket == ClosedTicket(first, ticket.number, SUPPORT, CUSTOMER.number, tuple(sorted(CUSTOMER.phones)))
    assert ticket_sequence(ticket.number) == first
    assert await store.surveys.decide(Invitation(first, CUSTOMER.number, "", SUPPORT, Why.SHARE, NOW))
    assert not await store.surveys.decide(asked(first))
    assert await store.surveys.undecided(NOW) == ()


async def test_a_stranger_is_known_by_the_number_that_called(store: Store) -> None:
    await closed(store, "i-1", caller="+48600999000")
    await closed(store, "i-2", caller=None)
    known, unknown = await store.surveys.undecided(NOW)
    assert (known.customer, known.people, unknown.people) == (None, ("+48600999000",), ())


async def test_a_link_is_good_for_one_answer_and_for_its_time(store: Store) -> None:
    ticket = await closed(store, "i-1")
    await store.surveys.decide(asked(ticket))
    assert await store.surveys.by_key("k", NOW + 1) == asked(ticket)
    assert await store.surveys.by_key("k", NOW + DAY_S) is None
    assert await store.surveys.by_key("other", NOW + 1) is None
    assert not await store.surveys.answer("k", LinkAnswer(9, 5), NOW + DAY_S)
    assert await store.surveys.answer("k", LinkAnswer(9, None, "Dobrze <b>"), NOW + 2)
    assert not await store.surveys.answer("k", LinkAnswer(0, 1), NOW + 3)
    assert await store.surveys.by_key("k", NOW + 3) is None
    assert await store.surveys.scores(WHOLE) == {("nps", "support"): {9: 1}}
    assert await store.surveys.comments(WHOLE, 10) == (Comment("support", "Dobrze <b>"),)
    assert await store.surveys.links(WHOLE) == (1, 1)


async def test_keypad_and_link_count_together_by_department(store: Store) -> None:
    ticket = await closed(store, "i-1")
    await store.record_survey_answers(
        [
            SurveyAnswer(InteractionId("i-1"), "nps", 9, 10.0),
            SurveyAnswer(InteractionId("i-1"), "csat", 4, 10.0),
            SurveyAnswer(InteractionId("nobody"), "nps", 0, 10.0),
            SurveyAnswer(InteractionId("late"), "nps", 0, WHOLE.ends_at),
        ]
    )
    await store.surveys.decide(asked(ticket))
    await store.surveys.answer("k", LinkAnswer(9, 2), NOW + 1)
    assert await store.surveys.scores(WHOLE) == {
        ("csat", "support"): {2: 1, 4: 1},
        ("nps", "support"): {9: 2},
        ("nps", None): {0: 1},
    }


async def test_when_somebody_was_asked_last_and_who_objected(store: Store) -> None:
    people = [CUSTOMER.number, PHONE]
    assert await store.surveys.last_asked(people) is None
    await store.record_calls([call("i-1")])
    await store.record_survey_answers([SurveyAnswer(InteractionId("i-1"), "csat", 4, 10.0)])
    assert await store.surveys.last_asked(people) == 10.0
    ticket = await closed(store, "i-2")
    await store.surveys.decide(Invitation(ticket, CUSTOMER.number, "", SUPPORT, Why.QUIET, NOW + 5))
    assert await store.surveys.last_asked(people) == 10.0, "who was not asked was not asked"
    ticket = await closed(store, "i-3")
    await store.surveys.decide(asked(ticket))
    assert await store.surveys.last_asked(people) == NOW
    assert await store.surveys.last_asked([OTHER.number]) is None
    assert not await store.surveys.objected(people)
    await store.surveys.object(CUSTOMER.number, "", NOW)
    await store.surveys.object(CUSTOMER.number, "", NOW + 1)
    await store.surveys.object("", OTHER.phones[0], NOW)
    assert await store.surveys.objected(people)
    assert await store.surveys.objected([OTHER.phones[0]])
    assert not await store.surveys.objected([OTHER.number])
    assert await store.surveys.allow(CUSTOMER.number)
    assert not await store.surveys.allow(CUSTOMER.number)
    assert not await store.surveys.objected(people)


async def test_the_most_frequent_reasons_of_a_week(store: Store) -> None:
    await store.record_calls(
        [
            call("i-1", PHONE, 10.0, "general.start", "support.internet"),
            call("i-2", PHONE, 11.0, "support.internet"),
            call("i-3", None, 12.0, "support.tv"),
            call("i-4", None, 13.0),
            replace(call("i-5", PHONE, 14.0, "support.tv"), direction=Direction.OUT),
        ]
    )
    for interaction, code in (("i-1", "solved"), ("i-2", "solved"), ("i-3", "visit"), ("i-4", None)):
        given_at = None if code is None else 20.0
        await store.dispositions.record(
            [Given(InteractionId(interaction), AgentId("anna"), SUPPORT, 5.0, code, given_at)]
        )
    assert await store.surveys.dispositions(WHOLE, 9) == (
        Disposition("support", "solved", 2), Disposition("support", "visit", 1),
    )  # fmt: skip
    assert await store.surveys.places(WHOLE, 9) == (Place("support.internet", 2), Place("support.tv", 1))
    assert len(await store.surveys.places(WHOLE, 1)) == 1


async def test_articles_that_were_opened_in_vain(store: Store) -> None:
    """One was opened in four calls: another call followed, a bad score by key and by link, and one that went well."""
    again, scored, by_link, well = "+48600000001", "+48600000002", "+48600000003", "+48600000004"
    await store.record_calls(
        [
            call("i-again", again),
            call("i-later", again, 5.0 + AGAIN_S),  # seven days after its end, to the second
            call("i-scored", scored),
            call("i-too-late", scored, 6.0 + AGAIN_S),
            call("i-well", well),
            call("i-nobody", None),
        ]
    )
    await store.record_survey_answers(
        [
            SurveyAnswer(InteractionId("i-scored"), "csat", 2, 9.0),
            SurveyAnswer(InteractionId("i-well"), "csat", 3, 9.0),
            SurveyAnswer(InteractionId("i-well"), "nps", 7, 9.0),
        ]
    )
    await store.surveys.decide(asked(await closed(store, "i-link", caller=by_link)))
    await store.surveys.answer("k", LinkAnswer(6, None), NOW + 1)
    for name in ("i-again", "i-scored", "i-link", "i-well", "i-nobody", ""):
        for agent in ("anna", "ewa"):  # two who talked with the caller
            await store.articles.record_use(ArticleUse("wifi", AgentId(agent), InteractionId(name), Use.OPENED, 9.0))
    await store.articles.record_use(ArticleUse("tv", AgentId("anna"), InteractionId("i-well"), Use.OPENED, 9.0))
    await store.articles.record_use(ArticleUse("tv", AgentId("anna"), InteractionId("i-well"), Use.DID_NOT_HELP, 9.0))
    await store.articles.record_use(ArticleUse("ok", AgentId("anna"), InteractionId("i-well"), Use.OPENED, 9.0))
    assert await store.surveys.articles_in_vain(WHOLE, AGAIN_S, 9) == (
        ArticleInVain("wifi", "wifi", 5, 1, 2, 0),
        ArticleInVain("tv", "tv", 1, 0, 0, 1),
    )


# -- visits ---------------------------------------------------------------------------------------------------------


async def test_a_visit_has_one_ticket_with_all_that_came_of_it(store: Store) -> None:
    visits = AppointmentStore(store)
    again = replace(VISIT, id=InteractionId("v-2"), place="Inna")
    assert await visits.load((VISIT,), SUPPORT) == 1
    assert await visits.load((again,), SUPPORT) == 0, "the reference is known"
    assert await visits.by_reference("Z-1") == VISIT
    ((known, number),) = await visits.all()
    assert known == VISIT
    (ticket,) = await store.open_tickets_of(CUSTOMER.number)
    assert (ticket.number, ticket.subject) == (number, "Wizyta Z-1: 1970-01-05 10:30")
    first = replace(VISIT, attempts=1, next_at=NOW + 60, call=InteractionId("c-1"))
    assert await visits.keep(first, 0, NOW)
    assert not await visits.keep(first, 0, NOW), "another server was first"
    assert await visits.of_call("c-1") == first
    assert await visits.keep(settled(first, VisitState.CONFIRMED, NOW + 9), 1, NOW + 9)
    assert not await visits.keep(settled(first, VisitState.MOVE, NOW + 10), 1, NOW + 10)
    assert [each.subject for each in await store.ticket_entries("c-1")] == [ticket.subject, "Wizyta potwierdzona"]
    assert await store.open_tickets_of(CUSTOMER.number) == ()
    assert await store.surveys.undecided(0.0) == (), "nobody is asked how a visit's ticket was"


async def test_what_is_wanted_or_was_not_reached_stays_open(store: Store) -> None:
    visits = AppointmentStore(store)
    second = replace(VISIT, id=InteractionId("v-2"), reference="Z-2")
    await visits.load((VISIT, second), SUPPORT)
    await visits.keep(settled(VISIT, VisitState.NOT_REACHED, NOW), 0, NOW + 1)
    await visits.keep(settled(replace(second, call=InteractionId("c-2")), VisitState.MOVE, NOW), 0, NOW + 1)
    assert len(await store.open_tickets_of(CUSTOMER.number)) == 2
    assert [each.subject for each in await store.ticket_entries("v-1")][1:] == [
        "Nie udało się dodzwonić w sprawie wizyty"
    ]
    assert [each.subject for each in await store.ticket_entries("c-2")][1:] == ["Klient prosi o inny termin wizyty"]


async def test_those_that_are_due_come_soonest_first(store: Store) -> None:
    visits = AppointmentStore(store)
    later = replace(VISIT, id=InteractionId("v-2"), reference="Z-2", day=date(1970, 1, 4))
    not_yet = replace(VISIT, id=InteractionId("v-3"), reference="Z-3", next_at=NOW + 1)
    begun = replace(VISIT, id=InteractionId("v-4"), reference="Z-4", next_at=NOW + 1, day=date(1970, 1, 2))
    await visits.load((VISIT, later, not_yet, begun), SUPPORT)
    due = await visits.due(NOW, date(1970, 1, 2), 9)
    assert [each.reference for each in due] == ["Z-4", "Z-2", "Z-1"]
    assert len(await visits.due(NOW, date(1970, 1, 2), 1)) == 1
    await visits.keep(settled(later, VisitState.WITHDRAWN, NOW), 0, NOW)
    assert [each.reference for each, _ in await visits.all()] == ["Z-4", "Z-1", "Z-3", "Z-2"]
