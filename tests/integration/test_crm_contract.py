"""What every directory of customers keeps to: our own in both stores, REST, a real Tryton, Odoo's JSON-2 interface."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from telephony.core.customer import Customer
from telephony.core.sought import sought
from telephony.crm.breaker import SourceError
from telephony.crm.directory import Source
from telephony.crm.json_file import Layout
from telephony.crm.odoo import OdooDirectory
from telephony.crm.rest import RestDirectory
from telephony.crm.tryton import TrytonDirectory
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.tryton import PASSWORD, USER, tryton

JAN, HOSTILE, SHARED, NOBODY = "+48600100200", "+48600100201", "+48600100202", "+48600100299"
MARKUP = "<img src=x onerror=alert(1)>'; DROP TABLE party"
PEOPLE = {  # number → name, telephone numbers
    "1004217": ("Jan Żak", (JAN, "+48223334455")),
    "1004218": (MARKUP, (HOSTILE,)),
    "1004219": ("Zofia Kowalska", (SHARED,)),
    "1004220": ("Adam Kowalski", (SHARED,)),
}
ADDRESS = "ul. Długa 1, 35-001 Rzeszów"
Answering = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def served(answer: Answering) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def own(store: Store) -> Source:
    """Of a number that is entered twice our own knows one customer alone."""
    people = [
        Customer(number, name, phones, ADDRESS, (), date(2020, 1, 1)) for number, (name, phones) in PEOPLE.items()
    ]
    await store.customers.add(each for each in people if SHARED not in each.phones)
    return store.customers


@asynccontextmanager
async def in_memory(_folder: Path, _database: str) -> AsyncIterator[Source]:
    yield await own(Store(Memory()))


@asynccontextmanager
async def in_postgres(_folder: Path, database: str) -> AsyncIterator[Source]:
    store = await Store.open(database)
    yield await own(store)
    await store.close()


@asynccontextmanager
async def behind_rest(_folder: Path, _database: str) -> AsyncIterator[Source]:
    async def answer(request: web.Request) -> web.Response:
        asked, wanted = (request.query.get("phone"), request.path.rpartition("/")[2]), request.query.get("text", "")
        found = [
            {"id": number, "name": name, "phones": phones, "address": ADDRESS}
            for number, (name, phones) in PEOPLE.items()
            if asked[0] in phones or asked[1] == number or (wanted and _meant(wanted, number, name, phones))
        ]
        return web.json_response({"items": found})

    paths = {"number": "$.id", "name": "$.name", "phones": "$.phones[*]", "address": "$.address"}
    async with served(answer) as url:
        addresses = f"{url}/find?phone={{phone}}", f"{url}/one/{{number}}"
        there = RestDirectory(*addresses, Layout("$.items[*]", paths), search=f"{url}/find?text={{text}}")
        yield there
        await there.close()


def _meant(text: str, number: str, name: str, phones: tuple[str, ...]) -> bool:
    """As a CRM would search by itself."""
    wanted = sought(text)
    if not wanted:
        return False
    ends = any(each.endswith(wanted.digits) for each in (number, *phones))
    return ends if wanted.digits else wanted.fits(name)


@asynccontextmanager
async def in_tryton(folder: Path, _database: str) -> AsyncIterator[Source]:
    async with tryton(folder, [party(*each) for each in PEOPLE.items()]) as url:
        there = TrytonDirectory(url, USER, PASSWORD)
        yield there
        await there.close()


def party(number: str, known: tuple[str, tuple[str, ...]]) -> dict[str, object]:
    name, phones = known
    mechanisms = [{"type": "phone", "value": phone} for phone in phones]
    mail = {"type": "email", "value": f"{number}@example.com"}
    address = {"street": "ul. Długa 1", "postal_code": "35-001", "city": "Rzeszów"}
    made = {"contact_mechanisms": [["create", [mail, *mechanisms]]], "addresses": [["create", [address]]]}
    return {"code": number, "name": name, **made}


@asynccontextmanager
async def in_odoo(_folder: Path, _database: str) -> AsyncIterator[Source]:
    """As Odoo 19 answers `search_read`: a list of records, `false` for what is empty."""
    partners = [
        {"id": at, "ref": number, "name": name, "phone_sanitized": phones[0], "contact_address": ADDRESS}
        for at, (number, (name, phones)) in enumerate(PEOPLE.items(), 1)
    ]
    partners.append({"id": 9, "ref": False, "name": "No customer", "phone_sanitized": NOBODY, "contact_address": False})

    async def answer(request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", "/json/2/res.partner/search_read")
        if request.headers["Authorization"] != "bearer k3y" or request.headers["X-Odoo-Database"] != "crm":
            return web.json_response({"name": "werkzeug.exceptions.Unauthorized"}, status=401)
        body = await request.json()
        assert body.keys() == {"domain", "fields", "limit"}
        found = [each for each in partners if _all_hold(each, body["domain"])]
        named = {"id", *body["fields"]}
        told = [{name: value for name, value in each.items() if name in named} for each in found[: body["limit"]]]
        return web.Response(text=json.dumps(told), content_type="application/json")

    async with served(answer) as url:
        there = OdooDirectory(url, "k3y", "crm")
        yield there
        await there.close()


def _all_hold(partner: Mapping[str, object], domain: Iterable[Any]) -> bool:
    """Polish notation, read from its end: "|" takes the two results that follow it."""
    results: list[bool] = []
    for each in reversed(list(domain)):
        held = any((results.pop(), results.pop())) if each == "|" else _holds(partner, *each)
        results.append(held)
    return all(results)


def _holds(partner: Mapping[str, object], name: str, operator: str, value: object) -> bool:
    if operator in {"=like", "=ilike"}:
        like = re.escape(str(value)).replace("%", ".*").replace("_", ".")
        return bool(re.fullmatch(like, str(partner[name]), re.IGNORECASE if operator == "=ilike" else 0))
    return (partner[name] == value) is (operator == "=")


KINDS = {
    "own, in memory": in_memory,
    "own, PostgreSQL": in_postgres,
    "REST": behind_rest,
    "Tryton": in_tryton,
    "Odoo": in_odoo,
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_directory_knows_its_customers_and_nobody_else(
    kind: str, tmp_path: Path, database_url: str
) -> None:
    async with KINDS[kind](tmp_path, database_url) as there:
        found = await there.by_phone(JAN)
        assert found is not None
        assert (found.customer.number, found.customer.name) == ("1004217", "Jan Żak")
        assert JAN in found.customer.phones
        assert "Rzeszów" in found.customer.address
        assert await there.by_number("1004217") == found
        hostile = await there.by_phone(HOSTILE)
        assert hostile is not None
        assert hostile.customer.name == MARKUP, "text, and nothing but text"
        for strange in (NOBODY, "+48", "%", "' OR 1=1 --", "a" * 500):
            assert await there.by_phone(strange) is None
            assert await there.by_number(strange) is None
        for text in ("100 200", "+48600100200", "1004217", "zak", "Żak", "ja ŻA", "za"):
            assert [each.number for each in await there.search(text, 12)] == ["1004217"], text
        for text in ("100299", "kowal%", "k_walsk", "ak", "jan kowalski", "' OR 1=1 --", "12"):
            assert await there.search(text, 12) == (), text
        if not kind.startswith("own"):
            assert {each.number for each in await there.search("kowal", 12)} == {"1004219", "1004220"}
            assert len(await there.search("600100202", 1)) == 1, "so many at most"
            assert await there.by_phone(SHARED) is None, "of two nobody is guessed"
            assert await there.by_number("1004220") is not None


@pytest.mark.parametrize(
    ("status", "body"), [(401, "{}"), (500, "oops"), (302, ""), (200, "<html>"), (200, '{"id": 1, "error": ["x", ""]}')]
)
async def test_what_is_no_answer_is_an_error_and_never_nobody(status: int, body: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status, content_type="application/json")

    async with served(answer) as url:
        for there in (TrytonDirectory(url, USER, PASSWORD), OdooDirectory(url, "k3y")):
            if isinstance(there, OdooDirectory) and status == 200 and body.startswith("{"):
                assert await there.by_phone(JAN) is None  # no list has nobody in it
            else:
                with pytest.raises(SourceError):
                    await there.by_phone(JAN)
            await there.close()


async def test_a_directory_that_is_not_there_is_an_error() -> None:
    async def answer(_: web.Request) -> web.Response:
        raise web.HTTPGone

    async with served(answer) as url:
        pass  # it has gone by now
    for there in (TrytonDirectory(url, USER, PASSWORD), OdooDirectory(url, "k3y")):
        with pytest.raises(aiohttp.ClientError):
            await there.by_number("1")
        await there.close()
