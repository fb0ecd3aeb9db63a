"""One contract for all ticket systems: against a real Request Tracker 5 and a real Roundup, and the two that cannot
run here as they are documented."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from telephony.core.ids import InteractionId
from telephony.core.ticket import TicketEntry, TicketStatus, ticket_number
from telephony.core.ticket_exchange import Change, Comment, Fault, TicketToTell
from telephony.outward.tickets.request_tracker import RequestTracker
from telephony.outward.tickets.system import TicketSystemError
from tests.integration.ticket_houses import HOUSES, RequestTrackerHouse, TicketHouse, WebhookHouse

PHONE = "+48220001122"
_sequences = itertools.count(4711)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=list(HOUSES), scope="module", loop_scope="module")
async def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TicketHouse]:
    async with HOUSES[request.param](tmp_path_factory.mktemp(request.param)) as made:
        yield made
        await made.system.close()


@pytest.fixture
def ticket() -> TicketToTell:
    sequence = next(_sequences)
    return TicketToTell(
        sequence, ticket_number(sequence), InteractionId(f"i-{sequence}"), "Zażółć gęślą jaźń: 'internet'",
        f"Numer dzwoniącego: {PHONE}\nCzas oczekiwania: 7 s", TicketStatus.OPEN, 1_790_000_000.0, "100001", PHONE,
    )  # fmt: skip


def comment(ticket: TicketToTell) -> Comment:
    interaction = InteractionId(f"{ticket.interaction}-b")
    return Comment(interaction, TicketEntry(interaction, "Druga rozmowa", "Nadal nie działa: łącze", 1_790_000_100.0))


async def changes(house: TicketHouse, mark: str, there: str) -> list[Change]:
    return [each for each in (await house.system.changes(mark)).changes if each.there == there]


async def test_created_commented_closed_and_read_back(house: TicketHouse, ticket: TicketToTell) -> None:
    there = await house.system.create(ticket)
    await house.system.comment(there, ticket, comment(ticket), again=False)
    await house.system.set_status(there, replace(ticket, status=TicketStatus.CLOSED), "k-1")
    seen = await house.seen(there)
    assert (seen.title, seen.status) == (f"{ticket.subject} [hotline {ticket.number}]", TicketStatus.CLOSED)
    assert [ticket.body in seen.texts[0], "Nadal nie działa: łącze" in seen.texts[1]] == [True, True]
    await house.system.set_status(there, ticket, "k-2")
    assert (await house.seen(there)).status is TicketStatus.OPEN


async def test_what_was_told_without_an_answer_is_not_there_twice(house: TicketHouse, ticket: TicketToTell) -> None:
    assert await house.system.find(ticket) is None
    there = await house.system.create(ticket)
    again = await house.system.find(ticket) or await house.system.create(ticket)
    assert again == there
    for repeated in (False, True):
        await house.system.comment(there, ticket, comment(ticket), again=repeated)
    assert await house.count(f"hotline {ticket.number}") == 1
    assert len((await house.seen(there)).texts) == 2


async def test_our_number_is_not_found_in_a_longer_one(house: TicketHouse, ticket: TicketToTell) -> None:
    await house.system.create(ticket)
    assert await house.system.find(replace(ticket, number=ticket.number[:-1])) is None


async def test_what_others_do_there_comes_back_and_what_we_do_does_not(
    house: TicketHouse, ticket: TicketToTell
) -> None:
    there = await house.system.create(ticket)
    mark = (await house.system.changes("")).mark
    await house.system.comment(there, ticket, comment(ticket), again=False)
    told = await changes(house, mark, there)
    assert all(not each.comment and each.status in (None, TicketStatus.OPEN) for each in told)
    tells = await house.act(there, TicketStatus.CLOSED, "Technik był: działa")
    told = await changes(house, mark, there)
    if not tells:
        assert isinstance(house, WebhookHouse)
        assert told == [], "it tells by itself: test_ticket_exchange.py"
        return
    assert [each.comment for each in told if each.comment] == ["Technik był: działa"]
    assert told[-1].status is TicketStatus.CLOSED
    assert {each.actor for each in told if each.comment} == {"anna"}
    assert all(abs(each.at - time.time()) < 1800 for each in told), "its clock is ours, not that of another zone"
    again = await changes(house, mark, there)
    assert {each.id for each in again} == {each.id for each in told}, "the same has the same name"


async def test_a_withheld_number_has_a_ticket_too(house: TicketHouse, ticket: TicketToTell) -> None:
    there = await house.system.create(replace(ticket, caller=None, customer=None))
    assert ticket.number in (await house.seen(there)).title


@pytest.mark.parametrize("house", ["request-tracker"], indirect=True)
async def test_request_tracker_finds_the_requestor_by_telephone(house: TicketHouse, ticket: TicketToTell) -> None:
    assert isinstance(house, RequestTrackerHouse)
    phone = f"+4822{ticket.number}9"
    async with house.http.post("user", json={"Name": f"ada{ticket.number}", "MobilePhone": phone}) as answer:
        assert answer.status == 201
    body = {"Queue": "General", "Subject": "x", "Requestor": f"ada{ticket.number}", "Content": "x"}
    async with house.http.post("ticket", json=body) as answer:
        assert answer.status == 201
    there = await house.system.create(replace(ticket, caller=phone))
    async with house.http.get(f"ticket/{there}") as answer:
        assert [each["id"] for each in (await answer.json())["Requestor"]] == [f"ada{ticket.number}"]
    found = await house._get("tickets", query=f"Requestor.MobilePhone = '{phone}'")
    assert there in [each["id"] for each in found["items"]]


@pytest.mark.parametrize("house", ["request-tracker"], indirect=True)
async def test_a_wrong_password_is_the_systems_state_and_nobody_there_is_nobody(house: TicketHouse) -> None:
    assert isinstance(house, RequestTrackerHouse)
    url = str(house.http._base_url).removesuffix("/REST/2.0/")
    wrong = RequestTracker(url, "hotline", "Basic aG90bGluZTp3cm9uZw==", "General")
    with pytest.raises(TicketSystemError) as refused:
        await wrong.changes("")
    assert (refused.value.fault, refused.value.why) == (Fault.FAILED, "HTTP 401")
    nobody = RequestTracker("http://127.0.0.1:1", "hotline", "", "General")
    with pytest.raises(TicketSystemError) as away:
        await nobody.changes("")
    assert away.value.fault is Fault.AWAY
    await wrong.close()
    await nobody.close()
