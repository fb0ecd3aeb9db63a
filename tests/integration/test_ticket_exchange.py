"""Tickets to a ticket system and back: over the real outbox and its twin, and a system over real HTTP that is away for
an hour, loses answers and refuses; nothing lost, nothing doubled, each ticket's in its order."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from telephony import api
from telephony.audit import AuditTrail
from telephony.core.ids import InteractionId, QueueName
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.core.ticket_exchange import DEAD_AFTER, PAUSES_S, REFUSED_AFTER, SLOW_S, Change, Fault, put_off
from telephony.outward.tickets import incoming
from telephony.outward.tickets.teller import Teller
from telephony.outward.tickets.zammad import ZammadTickets
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.ticket_settings import TicketSystemTo
from telephony.tickets_wiring import TicketExchange
from tests.integration.test_store_tickets import CUSTOMER, call
from tests.integration.ticket_houses import SECRET
from tests.integration.zammad_double import TOKEN, ZammadDouble

NAME = "tickets-zammad"
HOUR_S = 3600.0


class Time:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class Weather:
    """What goes wrong on the way to a system and back."""

    def __init__(self, seed: int) -> None:
        self.made = random.Random(seed)
        self.down = False
        self.lost = 0.0  # the share of answers that are lost after the work was done

    @web.middleware
    async def between(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self.down:
            raise web.HTTPServiceUnavailable
        answer = await handler(request)
        if request.method != "GET" and self.made.random() < self.lost:
            assert request.transport
            request.transport.abort()
        return answer


class Office:
    """A store that tells a Zammad through weather."""

    def __init__(self, store: Store, time: Time) -> None:
        self.store, self.time = store, time
        self.weather = Weather(4)
        self.double = ZammadDouble(time)
        self.exchanges: list[TicketExchange] = []

    async def begin(self) -> None:
        app = self.double.app()
        app.middlewares.insert(0, self.weather.between)
        self.server = TestServer(app)
        await self.server.start_server()
        self.system = ZammadTickets(str(self.server.make_url("")), TOKEN, "Users")
        self.teller = Teller(
            NAME, self.system, self.store.tickets_there, self.store.ticket_entries,
            self.time,
        )  # fmt: skip
        await self.store.customers.add([CUSTOMER])
        await self.store.tickets_there.tell(NAME)

    async def end(self) -> None:
        for each in self.exchanges:
            await each.close()
        await self.system.close()
        await self.server.close()
        await self.store.close()

    async def open(self, name: str, topic: str | None = None, status: TicketStatus | None = None) -> str:
        interaction = InteractionId(name)
        await self.store.record_calls([call(interaction)])
        ticket = OpenTicket(interaction, QueueName("support"), f"Sprawa {name}", f"Treść {name}", topic, status)
        return await self.store.open_ticket(ticket, self.time.now)

    async def tell(self) -> None:
        while await self.teller.look():
            pass

    def there(self, number: str) -> dict[str, Any]:
        (found,) = (each for each in self.double.tickets.values() if f"[hotline {number}]" in each["title"])
        return found

    def texts(self, number: str) -> list[str]:
        there = self.there(number)["id"]
        return [each["body"] for each in self.double.articles if each["ticket_id"] == there]


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def office(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Office]:
    store = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    made = Office(store, Time())
    await made.begin()
    yield made
    await made.end()


async def test_a_ticket_its_second_call_and_its_end_are_told_once_and_in_order(office: Office) -> None:
    number = await office.open("i-1", "support")
    assert await office.open("i-2", "support") == number
    await office.open("i-1", "support")
    await office.store.set_ticket_status("i-1", TicketStatus.CLOSED)
    await office.tell()
    assert office.there(number)["state"] == "closed"
    assert office.texts(number) == ["Treść i-1", "Sprawa i-2\n\nTreść i-2"]
    assert office.teller.sent == 3
    assert await office.store.tickets_there.waiting() == ()
    person = office.double.users[office.there(number)["customer_id"]]
    assert person["mobile"] == CUSTOMER.phones[0]


async def test_nothing_is_told_where_no_system_is_named(office: Office) -> None:
    await office.store.tickets_there.tell("")
    await office.open("i-1")
    await office.store.set_ticket_status("i-1", TicketStatus.CLOSED)
    assert await office.store.tickets_there.waiting() == ()


async def test_an_hour_without_it_under_load_loses_and_doubles_nothing(office: Office) -> None:
    """Answers are lost before and after; calls, second calls and closings go on all the time."""
    opened: dict[str, list[str]] = {}
    made = random.Random(7)
    office.weather.lost = 0.2
    for step in range(48):
        office.weather.down = 4 <= step < 44  # a minute and a half each
        number = await office.open(f"i-{step}-0", f"topic-{step}")
        opened[number] = [f"i-{step}-0"]
        for more in range(made.randrange(3)):
            assert await office.open(f"i-{step}-{more + 1}", f"topic-{step}") == number
            opened[number].append(f"i-{step}-{more + 1}")
        if step % 2:
            await office.store.set_ticket_status(f"i-{step}-0", TicketStatus.CLOSED)
        for _ in range(4):
            await office.teller.look()
        office.time.now += 90.0
    office.weather.lost = 0.0
    for _ in range(20):
        await office.tell()
        office.time.now += max(PAUSES_S)
    assert await office.store.outbox.dead_messages() == ()
    assert await office.store.tickets_there.waiting() == ()
    titles = Counter(each["title"] for each in office.double.tickets.values())
    assert (len(titles), set(titles.values())) == (48, {1})
    for number, names in opened.items():
        assert [text.rpartition(" ")[2] for text in office.texts(number)] == names
    assert Counter(each["state"] for each in office.double.tickets.values()) == {"open": 24, "closed": 24}


async def test_what_it_refuses_is_put_aside_and_holds_back_its_own_ticket_alone(office: Office) -> None:
    number = await office.open("i-1", "support")
    bad = office.double.refused = {number}
    await office.open("i-2", "support")
    other = await office.open("i-3", "billing")
    for _ in range(REFUSED_AFTER + 2):
        await office.tell()
        office.time.now += max(PAUSES_S)
    assert office.texts(other) == ["Treść i-3"]
    (dead,) = await office.store.outbox.dead_messages()
    assert (dead.id, dead.why, dead.attempts) == (f"{NAME}-i-1", "HTTP 422", REFUSED_AFTER)
    (waiting,) = await office.store.tickets_there.waiting()
    assert (waiting.target, waiting.waiting) == (NAME, 1)
    bad.clear()
    assert await office.store.outbox.retry(None, office.time.now) == 1
    await office.tell()
    assert len(office.texts(number)) == 2


async def test_two_servers_never_tell_the_same(office: Office) -> None:
    for each in range(20):
        await office.open(f"i-{each}")
    second = Teller(
        NAME, office.system, office.store.tickets_there, office.store.ticket_entries,
        office.time,
    )  # fmt: skip
    for _ in range(4):
        await asyncio.gather(office.teller.look(), second.look())
    assert len(office.double.tickets) == 20
    assert office.teller.sent + second.sent == 20


async def test_who_was_killed_while_telling_is_followed_by_somebody_who_looks_first(office: Office) -> None:
    number = await office.open("i-1")
    (message,) = await office.store.tickets_there.claim(NAME, office.time.now, office.time.now + 180.0, 8)
    ticket = await office.store.tickets_there.ticket(NAME, message.ticket)
    assert ticket
    await office.system.create(ticket)  # and then SIGKILL
    await office.tell()
    assert len(office.double.tickets) == 1, "it is still another's"
    office.time.now += 181.0
    await office.tell()
    assert len(office.double.tickets) == 1
    assert office.there(number)["state"] == "open"
    assert await office.store.tickets_there.waiting() == ()


async def test_what_is_sent_again_by_hand_is_looked_for_first(office: Office) -> None:
    number = await office.open("i-1")
    (message,) = await office.store.tickets_there.claim(NAME, office.time.now, office.time.now + 180.0, 8)
    ticket = await office.store.tickets_there.ticket(NAME, message.ticket)
    assert ticket
    await office.system.create(ticket)
    becomes = put_off(Fault.FAILED, DEAD_AFTER, office.time.now)
    await office.store.tickets_there.put_off(message, "HTTP 502", becomes)
    assert await office.store.outbox.retry([message.id], office.time.now) == 1
    await office.tell()
    assert len(office.double.tickets) == 1
    assert office.there(number)["state"] == "open"
    assert await office.store.tickets_there.waiting() == ()


async def test_a_ticket_that_is_forgotten_is_told_to_nobody(office: Office) -> None:
    assert await office.store.tickets_there.ticket(NAME, 4711) is None


def exchange(office: Office, to: TicketSystemTo, audit: AuditTrail) -> TicketExchange:
    office.exchanges.append(TicketExchange(to, office.store, audit, office.time))
    return office.exchanges[-1]


@pytest.fixture
def audit(office: Office, tmp_path: Any) -> AuditTrail:
    return AuditTrail(b"k" * 32, tmp_path / "audit.spool", office.store, office.time)


def zammad(office: Office) -> TicketSystemTo:
    url = str(office.server.make_url("")).rstrip("/")
    return TicketSystemTo.model_validate({"zammad": {"url": url, "token": TOKEN, "signature": "s-1"}})


async def test_what_is_done_there_arrives_once_is_audited_and_does_not_go_back(
    office: Office, audit: AuditTrail
) -> None:
    there = exchange(office, zammad(office), audit)
    assert there.listener
    number = await office.open("i-1")
    await office.tell()
    await there.listener.look()
    office.time.now += 5.0
    office.double.act(office.there(number)["id"], "anna", "closed", "Wymieniono router")
    for _ in range(3):
        office.time.now += 5.0
        await there.listener.look()
    ticket = await office.store.ticket_of("i-1")
    assert ticket
    assert ticket.status == "closed"
    told = await office.store.tickets_there.changes("i-1")
    assert {(each.actor, each.status, each.comment) for each in told} == {
        ("anna", None, "Wymieniono router"),
        ("anna", TicketStatus.CLOSED, ""),
    }
    assert len(told) == 2
    assert audit.waiting == 2
    assert await office.store.tickets_there.waiting() == (), "it knows what it has said itself"
    office.double.act(office.there(number)["id"], "anna", "open")
    office.time.now += 5.0
    await there.listener.look()
    (on_card,) = await office.store.open_tickets_of(CUSTOMER.number)
    known = str(office.there(number)["id"])
    assert (on_card.number, on_card.there, on_card.word) == (number, known, "Wymieniono router")
    assert there.figures()[NAME, "arrived"] == 3


async def test_what_we_do_ourselves_does_not_come_back(office: Office, audit: AuditTrail) -> None:
    there = exchange(office, zammad(office), audit)
    assert there.listener
    await there.listener.look()
    await office.open("i-1", "support")
    await office.open("i-2", "support")
    await office.tell()
    await there.listener.look()
    await office.store.set_ticket_status("i-1", TicketStatus.CLOSED)
    await there.listener.look()
    await office.tell()
    await there.listener.look()
    assert await office.store.tickets_there.changes("i-1") == ()
    ticket = await office.store.ticket_of("i-1")
    assert ticket
    assert ticket.status == "closed"


async def test_a_second_open_ticket_about_one_matter_is_not_made_from_there(office: Office) -> None:
    number = await office.open("i-1", "support", TicketStatus.CLOSED)
    second = await office.open("i-2", "support")
    await office.tell()
    there = str(office.there(number)["id"])
    change = Change("c-1", there, 5.0, "anna", TicketStatus.OPEN)
    assert await office.store.tickets_there.arrived(NAME, change)
    assert [each.number for each in await office.store.open_tickets_of(CUSTOMER.number)] == [second]


def signed(id_: str, at: float, body: bytes, secret: str = SECRET) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    proof = hmac.new(key, f"{id_}.{int(at)}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": f"v1,{base64.b64encode(proof).decode()}",
        "Content-Type": "application/cloudevents+json",
    }


async def test_others_tell_by_signed_events_and_only_by_those(office: Office, audit: AuditTrail) -> None:
    to = {"hosts": ["its.example"], "webhook": {"url": "https://its.example/x", "secret": SECRET, "incoming": SECRET}}
    there = exchange(office, TicketSystemTo.model_validate(to), audit)
    number = await office.open("i-1")
    sequence = int(number[:-1])
    await office.store.tickets_there.keep("tickets-webhook", sequence, number, TicketStatus.OPEN)
    body = json.dumps({"data": {"number": number, "status": "closed", "comment": "Gotowe", "by": "ewa"}}).encode()
    now = office.time.now
    async with TestClient(TestServer(api.app({}, (), there.routes()))) as client:

        async def say(body: bytes, headers: dict[str, str]) -> int:
            async with client.post(incoming.PATH, data=body, headers=headers) as answer:
                return answer.status

        assert await say(body, signed("e-1", now, body, "whsec_" + "YW5vdGhl" * 6)) == 401
        assert await say(body, signed("e-1", now - 400, body)) == 401, "an old one"
        assert await say(body + b" ", signed("e-1", now, body)) == 401, "another body"
        assert await say(b"{}", signed("e-1", now, b"{}")) == 422
        assert await say(b"x" * (300 * 1024), signed("e-1", now, b"x")) == 413
        assert (await office.store.tickets_there.changes("i-1")) == ()
        assert [await say(body, signed("e-1", now, body)) for _ in range(2)] == [204, 204]
        (change,) = await office.store.tickets_there.changes("i-1")
        assert (change.actor, change.status, change.comment) == ("ewa", TicketStatus.CLOSED, "Gotowe")
        assert audit.waiting == 1
        assert {await say(b"", {}) for _ in range(120)} == {401}, "strangers take nobody's turn"
        statuses = [await say(body, signed(f"f-{place}", now, body)) for place in range(120)]
        assert statuses.count(429) >= 18, "two have come before"


async def test_zammads_webhook_only_has_it_asked(office: Office, audit: AuditTrail) -> None:
    there = exchange(office, zammad(office), audit)
    assert there.listener
    body = json.dumps({"ticket": {"id": 100, "state": "closed"}}).encode()
    proof = hmac.new(b"s-1", body, hashlib.sha1).hexdigest()
    async with TestClient(TestServer(api.app({}, (), there.routes()))) as client:
        for given, status in ((proof, 204), (proof[:-1] + "x", 401), ("", 401)):
            headers = {"X-Hub-Signature": f"sha1={given}"}
            async with client.post(incoming.PATH, data=body, headers=headers) as answer:
                assert answer.status == status
    assert there.listener._poked.is_set()


def test_what_is_nobodys_fault_is_tried_for_ever_and_what_was_too_late_is_looked_for_later() -> None:
    assert put_off(Fault.AWAY, 500, 0.0).dead_at is None
    assert put_off(Fault.SLOW, 1, 0.0).next_at == SLOW_S
    assert put_off(Fault.REFUSED, REFUSED_AFTER - 1, 7.0).dead_at is None
    assert put_off(Fault.REFUSED, REFUSED_AFTER, 7.0).dead_at == 7.0
    assert put_off(Fault.FAILED, DEAD_AFTER, 7.0).dead_at == 7.0


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"roundup": {"url": "https://a.example/t", "user": "u", "password": "p"}}, "not among `hosts`"),
        ({"hosts": ["a.example"], "roundup": {"url": "http://a.example/t", "user": "u", "password": "p"}}, "https"),
        ({"hosts": ["a"], "request_tracker": {"url": "https://a", "user": "u"}}, "`token`, or else a `password`"),
        (
            {
                "roundup": {"url": "http://127.0.0.1/t", "user": "u", "password": "p"},
                "zammad": {"url": "http://127.0.0.1/", "token": "t"},
            },
            "one ticket system",
        ),
    ],
)
def test_settings_that_lead_elsewhere_are_refused(given: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        TicketSystemTo.model_validate(given)
