"""What people ask about tickets over the console's interface: who sees which, what is hidden, what is audited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from telephony.audit import AuditTrail
from telephony.console.api.endpoint import Endpoint
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.audit import pseudonym
from telephony.core.card_fields import CardField, CardRules, FieldRule
from telephony.core.ids import InteractionId, QueueName
from telephony.core.outbox import Message
from telephony.core.ticket import OpenTicket, TicketStatus, ticket_number, ticket_sequence
from telephony.core.ticket_exchange import Change
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.ticket_api import TicketApi
from tests.integration.console_house import ACCOUNTS, House
from tests.integration.test_console_api import Page, page_of
from tests.integration.test_store import CUSTOMER, ENDED

BODY = "Numer wybrany: +48220000100\nJakość rozmowy: MOS 3,1\nRozmowa nagrana"
TITLES = {"support": "Pomoc", "billing": "Rozliczenia"}
SUPPORT, BILLING, COMPLAINT = "000013", "000021", "000037"
HUGE = ticket_number(2**63)  # more than the database counts
SEES = {each: FieldRule(frozenset({Role.AGENT, Role.SUPERVISOR})) for each in CardField}
SEES |= {each: FieldRule(frozenset({Role.SUPERVISOR})) for each in (CardField.NUMBER, CardField.QUALITY)}


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
def store() -> Store:
    return Store(Memory())


@pytest.fixture
def trail(store: Store, tmp_path: Path) -> AuditTrail:
    return AuditTrail(b"key", tmp_path / "spool", store, lambda: 50.0)


@pytest.fixture
def endpoints(store: Store, trail: AuditTrail) -> tuple[Endpoint, ...]:
    return tuple(TicketApi(store, TITLES, CardRules(SEES), trail, lambda: 40.0).endpoints())


@pytest.fixture
def role() -> Role:
    return Role.AGENT


@pytest.fixture
async def piotr(
    http: aiohttp.ClientSession, house: House, store: Store, role: Role, monkeypatch: pytest.MonkeyPatch
) -> Page:
    """Of technical support; there is a ticket of theirs, one of another department, and one of none."""
    await store.customers.add([CUSTOMER])
    await store.record_call(replace(ENDED, interaction=InteractionId("i-0")))
    queues = (QueueName("support"), QueueName("billing"), None)
    for at, queue in enumerate(queues):
        ticket = OpenTicket(InteractionId(f"i-{at}"), queue, "Sprawa", BODY, "x")
        assert ticket_sequence(await store.open_ticket(ticket, 10.0 + at)) == at + 1
    monkeypatch.setitem(ACCOUNTS, "piotr", replace(ACCOUNTS["piotr"], role=role, departments=("support",)))
    return await page_of(http, house, "piotr")


async def numbers(page: Page, **params: str) -> list[str]:
    status, found = await page.ask("GET", "/tickets", params=params)
    assert status == 200, found
    return [each["number"] for each in found["tickets"]]


async def test_a_consultant_sees_tickets_of_the_own_department_and_of_none(piotr: Page, trail: AuditTrail) -> None:
    _, found = await piotr.ask("GET", "/tickets")
    assert found["queues"] == [{"name": "support", "title": "Pomoc"}]
    assert await numbers(piotr) == [COMPLAINT, SUPPORT]
    assert await numbers(piotr, status="closed") == []
    assert await numbers(piotr, number="0000-1 3") == [SUPPORT]
    assert (await piotr.ask("GET", "/tickets", params={"queue": "billing"}))[0] == 403
    assert not trail.waiting, "a list tells of no customer"
    for method, path in (("GET", ""), ("PUT", "/status")):
        what = {"status": "closed"} if method == "PUT" else None
        assert (await piotr.ask(method, f"/tickets/{BILLING}{path}", json=what))[0] == 403
        assert (await piotr.ask(method, f"/tickets/000045{path}", json=what))[0] == 404
        for wrong in ("000031", "13", "x", HUGE):
            status, problem = await piotr.ask(method, f"/tickets/{wrong}{path}", json=what)
            assert (status, problem["reason"]) == (422, "ticket_number"), wrong
    assert not trail.waiting, "what was refused was not shown"


@pytest.mark.parametrize("role", [Role.SUPERVISOR])
async def test_a_supervisor_sees_all_of_them(piotr: Page) -> None:
    assert await numbers(piotr) == [COMPLAINT, BILLING, SUPPORT]
    assert await numbers(piotr, queue="billing") == [BILLING]
    _, ticket = await piotr.ask("GET", f"/tickets/{SUPPORT}")
    assert (ticket["customer"], ticket["steps"][0]["text"]) == (CUSTOMER.number, BODY)


@pytest.mark.parametrize("role", [Role.ENGINEER])
async def test_whose_role_sees_no_tickets_on_the_card_sees_none_here(piotr: Page) -> None:
    for path in ("", f"/{SUPPORT}"):
        assert (await piotr.ask("GET", f"/tickets{path}"))[0] == 403


async def test_all_that_has_happened_is_one_line_of_time_and_each_look_is_audited(
    piotr: Page, store: Store, trail: AuditTrail
) -> None:
    await store.tickets_there.tell("rt")
    await store.tickets_there.keep("rt", 1, "4711", TicketStatus.OPEN)
    await store.tickets_there.arrived("rt", Change("c-1", "4711", 20.0, "jan", TicketStatus.PENDING, "Technik jedzie."))
    await store.outbox.keep_messages([Message(f"ticket-{SUPPORT}", "sms", "{}", 11.0, recipient="p")])
    status, ticket = await piotr.ask("PUT", f"/tickets/{SUPPORT}/status", json={"status": "closed"})
    assert (status, ticket["status"], ticket["there"], ticket["changed_at"]) == (200, "closed", "4711", 40.0)
    entry, message, there, here = ticket["steps"]
    assert entry["text"] == "Numer wybrany: +48220000100\nRozmowa nagrana", "how it sounded is hidden, as on the card"
    assert ticket["customer"] == "", "so is the customer number"
    assert (message["way"], message["about"], message["state"]) == ("sms", "number", "waiting")
    assert (there["system"], there["who"], there["status"], there["text"]) == (
        "rt",
        "jan",
        "pending",
        "Technik jedzie.",
    )
    assert (here["system"], here["who"], here["status"], here["at"]) == ("", "piotr", "closed", 40.0)
    audited = [(each.actor, each.act, each.subject, each.fields, each.why) for each in trail._waiting]
    subject = pseudonym(CUSTOMER.number, b"key")
    assert audited == [
        ("piotr", "ticket_changed", subject, ("status",), SUPPORT),
        ("piotr", "ticket_shown", subject, ("ticket",), SUPPORT),
    ]


async def test_a_second_open_ticket_about_one_matter_is_refused(piotr: Page, store: Store) -> None:
    await store.set_ticket_status("i-0", TicketStatus.CLOSED)
    await store.record_call(replace(ENDED, interaction=InteractionId("i-9")))
    await store.open_ticket(OpenTicket(InteractionId("i-9"), QueueName("support"), "Sprawa", BODY, "x"), 30.0)
    status, problem = await piotr.ask("PUT", f"/tickets/{SUPPORT}/status", json={"status": "open"})
    assert (status, problem["reason"]) == (409, "ticket_second")
