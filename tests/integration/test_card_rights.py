"""Who is told what of a customer, by every way that leads to a page: each role, department, identity and field.

Over real sockets, against the shipped file as it is written; how the rules themselves work is in test_card_fields.py.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product
from typing import Any

import aiohttp
import pytest

from telephony.clock import Clock
from telephony.console.console import Console
from telephony.console.cookies import SESSION
from telephony.console.customer_search import CONSULTANTS
from telephony.console.rules import ConsoleRules
from telephony.core.account import Account, Role
from telephony.core.card_fields import CardField
from telephony.core.commands import ShowPop
from telephony.core.customer import Caller, Card, Customer, Identity
from telephony.guidance import card_fields_file
from tests.integration.console_house import HASH, OFFERED
from tests.unit.test_card_fields import DEPARTMENTS, NESTED, SHIPPED, TRACES, card, written

FOUND = {
    CardField.NUMBER: "number",
    CardField.NAME: "name",
    CardField.ADDRESS: "address",
    CardField.SERVICES: "services",
}
PEOPLE = {
    f"{role}-{department}": Account(f"{role}-{department}", "X", HASH, "x", {}, role=role, departments=(department,))
    for role, department in product(Role, DEPARTMENTS)
}


class Room:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.console = Console(
            accounts=self.account,
            card=self.cards,
            submit=lambda _: None,
            clock=Clock(),
            rules=ConsoleRules(),
            search=self.search,
            card_rules=card_fields_file.load(SHIPPED),
        )
        self.url = ""

    async def account(self, login: str) -> Account | None:
        return PEOPLE.get(login)

    async def cards(self, _: Caller) -> AsyncIterator[Card]:
        yield card(self._identity)

    async def search(self, _text: str, _most: int) -> tuple[Customer, ...]:
        found = card(Identity.PIN).customer
        assert found
        return (found,)


@pytest.fixture
async def room(identity: Identity) -> AsyncIterator[Room]:
    room = Room(identity)
    room.url = f"http://127.0.0.1:{await room.console.start('127.0.0.1', 0)}"
    yield room
    await room.console.stop()


async def popped(http: aiohttp.ClientSession, room: Room, who: Account) -> str:
    """All that a page of this one's is told of a call, as text."""
    async with http.ws_connect(f"{room.url}/ws", headers={"Origin": room.url}) as socket:
        await socket.receive_str()
        call = replace(OFFERED, agent=who.agent)
        room.console.publish(ShowPop(call, who.agent, 1, 1030.0), 1030.0)
        heard = ""
        while '"fields":' not in heard:
            heard += await socket.receive_str(timeout=5)
        return heard


async def turned_away(http: aiohttp.ClientSession, room: Room) -> bool:
    """Whether no page of calls is opened to this one at all."""
    try:
        async with http.ws_connect(f"{room.url}/ws", headers={"Origin": room.url}):
            return False
    except aiohttp.WSServerHandshakeError as error:
        return error.status == 403


async def found(http: aiohttp.ClientSession, room: Room, token: str) -> tuple[int, Any]:
    headers = {"Origin": room.url, "X-CSRF-Token": token}
    async with http.post(f"{room.url}/api/console/customers/search", json={"text": "żak"}, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


@pytest.mark.parametrize("identity", Identity)
async def test_each_cell_over_the_socket_and_the_search(room: Room, identity: Identity) -> None:
    for who in PEOPLE.values():
        opened = await room.console._sessions.open(who, Clock()())
        assert opened
        token, session = opened
        async with aiohttp.ClientSession(cookies={SESSION: token}, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            without_calls = who.role is Role.DPO
            assert await turned_away(http, room) is without_calls, who.login
            told = "" if without_calls else await popped(http, room, who)
            status, answer = await found(http, room, session.csrf)
        department = who.departments[0]
        may = {field for field in CardField if written(field, who.role, department, identity)}
        for field, trace in TRACES.items():
            whole = field in may and (field not in NESTED or CardField.HISTORY in may)
            assert (trace in told) is whole, f"{field} to {who.login}"
        assert status == (200 if who.role in CONSULTANTS else 403)
        for one in answer.get("customers", ()):
            seen = {field for field in FOUND if written(field, who.role, department, Identity.NUMBER)}
            assert {field for field, name in FOUND.items() if one[name]} == seen, f"the search for {who.login}"
