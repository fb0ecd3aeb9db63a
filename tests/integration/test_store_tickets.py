"""One ticket for one matter: contract of the real store and its twin in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from telephony.core.complaints import Act
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.outbox import Message
from telephony.core.promises import Complaint
from telephony.core.ticket import OpenTicket, TicketStatus, Written, ticket_sequence
from telephony.core.ticket_exchange import Change
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.crm.seed import customers
from telephony.store.letters import KeptLetter
from telephony.store.memory import Memory
from telephony.store.store import Store

CUSTOMER, OTHER = customers(2)
FIRST, SECOND, THIRD = map(InteractionId, ("i-1", "i-2", "i-3"))


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    await opened.customers.add([CUSTOMER, OTHER])
    yield opened
    await opened.close()


def call(interaction: InteractionId, caller: str | None = CUSTOMER.phones[0], verified: str | None = None) -> CallView:
    return CallView(
        interaction, "n1", "PJSIP/x-1", Uniqueid(f"u-{interaction}"), "l", "+48220000100", caller, "alaw",
        CallState.ENDED, Lane.STANDARD, QueueName("support"), 1.0, 2.0, 3.0, 4.0, None, 0, Outcome.ANSWERED,
        verified=verified,
    )  # fmt: skip


def about(interaction: InteractionId, topic: str | None = "support", status: TicketStatus | None = None) -> OpenTicket:
    return OpenTicket(interaction, QueueName("support"), f"Sprawa {interaction}", "…", topic, status)


async def test_a_second_call_about_the_same_is_entered_in_the_open_ticket(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND)])
    number = await store.open_ticket(about(FIRST), 5.0)
    assert await store.open_ticket(about(SECOND), 6.0) == number
    assert len(await store.open_tickets_of(CUSTOMER.number)) == 1
    assert [each.subject for each in await store.ticket_entries(SECOND)] == ["Sprawa i-1", "Sprawa i-2"]
    told = await store.contacts_of(CUSTOMER.phones)
    assert {each.ticket for each in told} == {number}


async def test_asked_for_again_it_is_entered_once(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND)])
    for interaction in (FIRST, SECOND, SECOND, FIRST):
        await store.open_ticket(about(interaction), 5.0)
    assert [each.interaction for each in await store.ticket_entries(FIRST)] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("second", "ticket"),
    [
        (call(SECOND, OTHER.phones[0]), about(SECOND)),  # somebody else
        (call(SECOND), about(SECOND, "billing")),  # something else
        (call(SECOND), about(SECOND, None)),  # a ticket for itself
        (call(SECOND, None), about(SECOND)),  # nobody known
    ],
)
async def test_another_matter_has_a_ticket_of_its_own(store: Store, second: CallView, ticket: OpenTicket) -> None:
    await store.record_calls([call(FIRST), second])
    assert await store.open_ticket(about(FIRST), 5.0) != await store.open_ticket(ticket, 6.0)


async def test_who_has_given_the_pin_is_that_person_whatever_the_number(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND, OTHER.phones[0], CUSTOMER.number), call(THIRD, None)])
    number = await store.open_ticket(about(FIRST), 5.0)
    assert await store.open_ticket(about(SECOND), 6.0) == number
    assert await store.open_ticket(about(THIRD), 7.0) != number


async def test_a_stranger_is_known_by_the_number(store: Store) -> None:
    await store.record_calls([call(FIRST, "+48999000111"), call(SECOND, "+48999000111")])
    assert await store.open_ticket(about(FIRST), 5.0) == await store.open_ticket(about(SECOND), 6.0)


async def test_a_closed_matter_is_not_taken_up_again_and_a_late_word_does_not_open_it(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND)])
    first = await store.open_ticket(about(FIRST, status=TicketStatus.CLOSED), 5.0)
    second = await store.open_ticket(about(SECOND), 6.0)
    assert second != first
    assert await store.open_ticket(about(FIRST), 7.0) == first
    closed = await store.ticket_of(FIRST)
    assert closed
    assert closed.status == "closed"


async def test_a_correction_opens_it_again_unless_another_about_it_is_open(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND)])
    await store.open_ticket(about(FIRST, status=TicketStatus.CLOSED), 5.0)
    await store.open_ticket(about(FIRST, status=TicketStatus.OPEN), 6.0)
    assert [each.status for each in await store.open_tickets_of(CUSTOMER.number)] == ["open"]
    await store.set_ticket_status(FIRST, TicketStatus.CLOSED)
    second = await store.open_ticket(about(SECOND), 7.0)
    await store.set_ticket_status(FIRST, TicketStatus.OPEN)
    assert [each.number for each in await store.open_tickets_of(CUSTOMER.number)] == [second]


async def test_the_status_of_no_ticket_is_nothing(store: Store) -> None:
    await store.set_ticket_status("nobody", TicketStatus.CLOSED)
    assert await store.ticket_entries("nobody") == ()


async def test_many_calls_about_one_matter_at_the_same_moment_are_one_ticket(database_url: str) -> None:
    store = await Store.open(database_url)
    try:
        names = [InteractionId(f"i-{at}") for at in range(30)]
        await store.record_calls([call(name, "+48999000111") for name in names])
        numbers = await asyncio.gather(*(store.open_ticket(about(name), 5.0) for name in names))
        assert len(set(numbers)) == 1
        assert len(await store.ticket_entries(names[0])) == len(names)
    finally:
        await store.close()


async def test_closed_again_and_again_while_calls_come_in_each_has_its_ticket(database_url: str) -> None:
    store = await Store.open(database_url)
    try:
        names = [InteractionId(f"i-{at}") for at in range(30)]
        await store.record_calls([call(name, "+48999000111") for name in names])
        asked = [replace(about(name), status=TicketStatus.CLOSED) for name in names]
        await asyncio.gather(*(store.open_ticket(each, 5.0) for each in asked))
        found = [await store.ticket_of(name) for name in names]
        assert [each.status for each in found if each] == ["closed"] * len(names)
    finally:
        await store.close()


async def test_people_find_tickets_by_status_department_and_number(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND), call(THIRD, OTHER.phones[0])])
    number = await store.open_ticket(about(FIRST), 5.0)
    await store.open_ticket(about(SECOND), 6.0)
    await store.open_ticket(replace(about(THIRD, "bills", TicketStatus.CLOSED), queue=QueueName("billing")), 7.0)
    await store.file_complaint(Complaint(InteractionId("c-1"), "billing", CUSTOMER.number, {}, 8.0))
    await store.open_ticket(OpenTicket(InteractionId("c-1"), None, "Reklamacja", "…"), 8.0)
    await store.tickets_there.tell("rt")
    await store.tickets_there.keep("rt", ticket_sequence(number), "4711", TicketStatus.OPEN)
    await store.tickets_there.arrived("rt", Change("ch-1", "4711", 9.5, "jan", None, "Technik jedzie."))
    complaint, closed, first = await store.tickets.listed()
    assert (first.number, first.entries, first.opened_at, first.changed_at) == (number, 2, 5.0, 9.5)
    assert (first.customer, first.there, first.complaint) == (CUSTOMER.number, "4711", None)
    assert (complaint.queue, complaint.complaint, complaint.changed_at) == (None, "billing", 8.0)
    find = store.tickets.listed
    assert await find(status=TicketStatus.CLOSED) == (closed,)
    assert await find(queue="support") == (first,)
    assert await find(queues=("billing",)) == (complaint, closed)
    assert await find(queues=()) == (complaint,)
    assert await find(queue="support", queues=("billing",)) == ()
    assert await find(sequence=ticket_sequence(number)) == (first,)
    assert await find(sequence=4711) == ()
    assert await find(most=1) == (complaint,)


async def test_somebody_sets_a_status_once_and_never_that_of_a_second_open_one(store: Store) -> None:
    await store.record_calls([call(FIRST), call(SECOND)])
    await store.tickets_there.tell("rt")
    await store.open_ticket(about(FIRST), 5.0)
    (first,) = await store.tickets.listed()
    for _ in range(2):
        assert await store.tickets.set_status(first, TicketStatus.CLOSED, "anna", 9.0)
    (told,) = await store.tickets_there.changes(FIRST)
    assert (told.there, told.at, told.actor, told.status) == ("hotline", 9.0, "anna", TicketStatus.CLOSED)
    assert [each.waiting for each in await store.tickets_there.waiting()] == [2], "what came in, and the status once"
    await store.open_ticket(about(SECOND), 10.0)
    assert not await store.tickets.set_status(first, TicketStatus.PENDING, "anna", 11.0)
    assert len(await store.tickets_there.changes(FIRST)) == 1
    assert [each.status for each in await store.tickets.listed()] == [TicketStatus.OPEN, TicketStatus.CLOSED]


async def test_what_a_customer_was_written_about_a_ticket_is_found(store: Store) -> None:
    await store.file_complaint(Complaint(FIRST, "billing", CUSTOMER.number, {}, 5.0))
    number = await store.open_ticket(OpenTicket(FIRST, None, "Reklamacja", "…"), 5.0)
    ids = (f"survey-{number}", f"ticket-{number}", "l-1", "ticket-000027")
    messages = [Message(each, "sms", "{}", 6.0 + at, recipient="p") for at, each in enumerate(ids)]
    await store.outbox.keep_messages(messages)
    await store.outbox.message_sent(f"ticket-{number}", 20.0)
    await store.outbox.message_failed(f"survey-{number}", 0.0, "no", 21.0)
    for name, at in (("l-1", None), ("l-2", 9.5)):
        await store.letters.keep(KeptLetter(name, FIRST, Act.CONFIRM, "post", "p", "…", "anna", 9.0, at))
    (ticket,) = await store.tickets.listed()
    assert set(await store.tickets.messages(ticket)) == {
        Written("sms", "survey", 6.0, None, 21.0),
        Written("sms", "ticket", 7.0, 20.0, None),
        Written("post", "confirm", 9.0, None, None),
        Written("post", "confirm", 9.0, 9.5, None),
    }
