"""A directory behind REST over a real socket: what it says, and what a hostile one says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date

import aiohttp
import pytest
from aiohttp import web

from telephony.core.customer import Contract, Customer, CustomerFile, Device, Invoice
from telephony.crm.breaker import SourceError
from telephony.crm.http_json import MOST_BYTES
from telephony.crm.json_file import Layout
from telephony.crm.rest import RestDirectory

PHONE = "+48600100200"
LAYOUT = Layout(
    "$.items[*]",
    {
        "number": "$.id", "name": "$.name", "address": "$.addr.line", "since": "$.since",
        "accessibility": "$.flags.accessibility", "services": "$.services[*].title", "phones": "$.phones[*]",
    },
    {"each": "$.contracts[*]", "number": "$.no", "services": "$.what[*]", "since": "$.from", "monthly": "$.price"},
    {"each": "$.devices[*]", "kind": "$.kind", "model": "$.model", "serial": "$.sn"},
    {"each": "$.bills[*]", "number": "$.no", "amount": "$.sum", "due": "$.due", "paid": "$.paid"},
)  # fmt: skip
JAN = {
    "id": 1004217,
    "name": "Jan Żak",
    "addr": {"line": "ul. Długa 1, 35-001 Rzeszów"},
    "since": "2019-05-01T00:00:00Z",
    "flags": {"accessibility": True},
    "services": [{"title": "Internet"}, {"title": "Telewizja"}],
    "phones": [PHONE, "600100200", "+48 600"],
    "contracts": [{"no": "U/1", "what": ["Internet"], "from": "2019-05-01", "price": "59,99"}, {"no": "U/2"}],
    "devices": [{"kind": "Router", "model": "AX", "sn": "77"}, {"sn": "?"}],
    "bills": [{"no": "F/1", "sum": 59.99, "due": "2026-12-04", "paid": False}, {"no": "F/2", "sum": "x"}],
}
FILE = CustomerFile(
    Customer(
        "1004217", "Jan Żak", (PHONE,), "ul. Długa 1, 35-001 Rzeszów", ("Internet", "Telewizja"), date(2019, 5, 1),
        accessibility=True,
    ),
    (Contract("U/1", ("Internet",), date(2019, 5, 1), None, 5999),),
    (Device("Router", "AX", "77"),),
    (Invoice("F/1", 5999, date(2026, 12, 4), paid=False),),
)  # fmt: skip
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Crm:
    """A REST interface that answers as it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.answer: Answering = said({"items": [JAN]})
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.query.get("phone", ""), request.headers.get("Authorization", "")))
        return await self.answer(request)


def said(body: object, status: int = 200) -> Answering:
    async def answer(_: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=status, content_type="application/json")

    return answer


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    known = Crm()
    app = web.Application()
    app.router.add_get("/{tail:.*}", known.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    known.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield known
    await runner.cleanup()


@pytest.fixture
async def directory(crm: Crm) -> AsyncIterator[RestDirectory]:
    made = RestDirectory(f"{crm.url}/find?phone={{phone}}", f"{crm.url}/one/{{number}}", LAYOUT, "s3cret")
    yield made
    await made.close()


async def test_a_customer_with_all_that_belongs_to_one(crm: Crm, directory: RestDirectory) -> None:
    assert await directory.by_phone(PHONE) == FILE
    assert await directory.by_number("../a b") == FILE
    assert crm.asked == [("/find", PHONE, "Bearer s3cret"), ("/one/../a b", "", "Bearer s3cret")]


@pytest.mark.parametrize("answer", [{"items": []}, {"items": [None]}, {}, [], "null", "7", {"items": [JAN, JAN]}])
async def test_nobody_and_several_are_nobody(crm: Crm, directory: RestDirectory, answer: object) -> None:
    crm.answer = said(answer)
    assert await directory.by_phone(PHONE) is None


@pytest.mark.parametrize("status", [204, 404])
async def test_who_is_not_there_is_nobody(crm: Crm, directory: RestDirectory, status: int) -> None:
    crm.answer = said("", status)
    assert await directory.by_phone(PHONE) is None


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({"items": [JAN]}, 500, "HTTP 500"), ({"items": [JAN]}, 302, "HTTP 302"), ("<html>", 200, "no JSON"),
        ('{"items": [{"id": NaN}]}', 200, "no JSON"), ("[" * 100_000, 200, "no JSON"),
        ({"items": [{"id": "1"}]}, 200, "without number or name"), ({"items": ["x"]}, 200, "without number or name"),
        ({"items": [{**JAN, "name": ["a"]}]}, 200, "without number or name"),
        ('"' + "x" * (MOST_BYTES + 1) + '"', 200, "longer than a megabyte"),
    ],
)  # fmt: skip
async def test_what_cannot_be_right_is_an_error(
    crm: Crm, directory: RestDirectory, body: object, status: int, why: str
) -> None:
    crm.answer = said(body, status)
    with pytest.raises(SourceError, match=why):
        await directory.by_phone(PHONE)


async def test_what_is_of_a_wrong_kind_is_left_out_and_what_is_too_long_is_cut(
    crm: Crm, directory: RestDirectory
) -> None:
    wrong = {
        "id": "1", "name": "A\x00\u202eB" + "x" * 10_000, "addr": "nowhere", "since": "31.12.2019", "flags": 1,
        "services": [{"title": f"s{place}"} for place in range(1000)], "phones": {"a": 1},
        "contracts": [{"no": "U/1", "from": "2019-05-01", "price": "1e99"}, 7, None],
        "devices": "many", "bills": [{"no": "F/1", "sum": True}, {"no": "F/2", "sum": 1, "paid": "yes", "due": 5}],
    }  # fmt: skip
    crm.answer = said({"items": [wrong]})
    found = await directory.by_phone(PHONE)
    assert found
    assert found.customer.name.startswith("A Bx")
    assert (len(found.customer.name), len(found.customer.services)) == (200, 30)
    assert (found.customer.address, found.customer.since, found.customer.accessibility) == ("", None, False)
    assert found.contracts == (Contract("U/1", (), date(2019, 5, 1)),)
    assert (found.devices, found.invoices) == ((), (Invoice("F/2", 100),))


async def test_a_connection_that_breaks_is_an_error(crm: Crm, directory: RestDirectory) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.close()
        return web.Response()

    crm.answer = cut
    with pytest.raises(aiohttp.ClientError):
        await directory.by_phone(PHONE)


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        (Layout(fields={"number": "$.id"}), "`name` is missing"),
        (Layout(fields={"number": "$.id", "name": "$["}), "no JSONPath"),
        (Layout(fields={"number": "$.id", "name": "$.n", "shoe": "$.s"}), "no `shoe`"),
        (Layout("$..", {"number": "$.id", "name": "$.n"}), "no JSONPath"),
    ],
)
def test_a_layout_that_cannot_be_used_is_told(layout: Layout, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        RestDirectory("", "", layout)
