"""A running console for the tests over real sockets: its house, a browser's session, a page's wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ivr_flows import Flow
from telephony.asterisk.ami_actions import MuteRecording
from telephony.call_quality import CallQuality
from telephony.console.api.endpoint import Endpoint
from telephony.console.api.problems import ProblemError
from telephony.console.caller_message import CallBack, CallerMessage, Filed, NotFiledError
from telephony.console.console import Console
from telephony.console.desk import Desk
from telephony.console.flow_pages import Served
from telephony.console.line_test import LineTestApi
from telephony.console.outgoing import OutgoingApi
from telephony.console.passwords import hash_password
from telephony.console.recording import RecordingApi
from telephony.console.rules import ConsoleRules
from telephony.core.account import Account
from telephony.core.commands import ShowPop
from telephony.core.customer import Caller, Card, Customer
from telephony.core.disposition import Choice
from telephony.core.events import Event
from telephony.core.hours import Hours
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.views import CallState
from telephony.desk_endpoints import line_heard
from telephony.factors import StoredFactors
from telephony.handing_over import HandingOver
from telephony.knowledge import Knowledge
from telephony.notes import StoredNotes
from telephony.outgoing import OutgoingCalls
from telephony.recording_pauses import RecordingPauses
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.unit.console_story import ANNA, WAITING

PASSWORD = "trudne hasło"
HASH = hash_password(PASSWORD)
ACCOUNTS = {
    "anna": Account("anna", "Anna <b>Wiśniewska</b>", HASH, "anna-phone", {"support": 2}),
    "piotr": Account("piotr", "Piotr Zieliński", HASH, "piotr-phone"),
}
PIOTR = AgentId("piotr")
OUTSIDE = "+48220000900"
OURS, BILLING, LISTED = "+48220000100", "+48220000103", "+48220000199"
DISPOSITIONS = {QueueName("support"): (Choice("solved", "Rozwiązane", "Solved"),)}
OFFERED = replace(WAITING, state=CallState.OFFERED, agent=ANNA, attempt=1, offered_at=1030.0)
OFFER = ShowPop(OFFERED, ANNA, 1, 1030.0)


class Node:
    """Moves callers on, or says why not."""

    def __init__(self) -> None:
        self.muted: list[MuteRecording] = []
        self.moved: list[tuple[str, str]] = []  # Uniqueid of the caller, number outside
        self.wrong: Exception | None = None
        self.slow: asyncio.Event | None = None  # what it waits for

    async def hand_over(self, caller: Uniqueid, number: str = "") -> None:
        if self.slow:
            await self.slow.wait()
        if self.wrong:
            raise self.wrong
        self.moved.append((caller, number))

    async def carry_out(self, action: MuteRecording) -> None:
        if self.wrong:
            raise self.wrong
        self.muted.append(action)


class House:
    """A running console with everything around it in plain sight."""

    def __init__(self, rules: ConsoleRules, endpoints: tuple[Endpoint, ...] = ()) -> None:
        self.now = 1030.0
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.cards_asked: list[str | None] = []
        self.searched: list[str] = []
        self.chosen: list[tuple[str, bool]] = []  # whom callers were taken for, and whether it is proven
        self.customers: tuple[Customer, ...] = ()
        self.away = False  # where customers are searched
        self.flows: list[Flow] = []
        self.problem = ""
        self.messages: list[CallerMessage] = []
        self.store_away = False
        self.looks: dict[str, str] = {}  # by login
        self.memory = Memory()
        self.memory.people.update({login: {"login": login} for login in ACCOUNTS})
        self.factors = StoredFactors(Store(self.memory), "a key of the tests")
        self.callers: dict[tuple[str, str], dict[str, int]] = {}
        self.store = Store(Memory())
        self.node = Node()
        self.quality = CallQuality()
        self.pauses = RecordingPauses({"n1": self.node}, self.store.recordings, lambda: self.now)
        self.outgoing = OutgoingCalls(
            own=(OURS, BILLING, LISTED),
            receive_only=lambda: {LISTED},
            shown={"billing": BILLING, "sales": LISTED},
            hours={"support": Hours(), "billing": Hours(time(0), time(0)), "sales": Hours(time(0), time(0))},
            of=self.customer_of,
            submit=self.events.put_nowait,
            new_id=lambda: InteractionId("out-1"),
            clock=lambda: self.now,
        )
        self.moves = HandingOver({"n1": self.node}, (OUTSIDE,))
        self.console = Console(
            accounts=self.account,
            card=self.cards,
            submit=self.events.put_nowait,
            clock=lambda: self.now,
            rules=rules,
            flows=lambda: Served(tuple(self.flows), self.problem),
            callers=lambda: self.callers,
            endpoints=endpoints,
            looks=self,
            notes=StoredNotes(Store(self.memory), lambda: self.now),
            search=self.search,
            file_message=self.file_message,
            dispositions=DISPOSITIONS,
            factors=self.factors,
            library=Knowledge(Path("articles"), self.store.articles),
            moves=self.moves,
            of_desks=self.of_desks,
        )
        self.url = ""

    def of_desks(self, desk: Callable[[AgentId], Desk]) -> Iterator[Endpoint]:
        yield from RecordingApi(self.pauses, lambda agent, call: desk(agent).call_of(call)).endpoints()
        yield from LineTestApi(
            line_heard(self.quality), lambda agent, call: desk(agent).call_of(call), lambda: self.now
        ).endpoints()
        yield from OutgoingApi(self.outgoing, lambda agent: desk(agent).hindered, lambda: self.now).endpoints()

    async def of(self, login: str) -> str | None:
        return self.looks.get(login)

    async def keep(self, login: str, look: str) -> None:
        self.looks[login] = look

    async def file_message(self, message: CallerMessage) -> Filed:
        if self.store_away:
            raise NotFiledError
        self.messages.append(message)
        return Filed("000412-7", CallBack.PROMISED if message.call_back else CallBack.NOT_WISHED)

    async def account(self, login: str) -> Account | None:
        return ACCOUNTS.get(login)

    async def cards(self, caller: Caller) -> AsyncIterator[Card]:
        self.cards_asked.append(caller.number)
        if caller.customer:
            self.chosen.append((caller.customer, caller.proven))
        yield Card(None)

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        if self.away:
            raise ProblemError(503)
        self.searched.append(text)
        return self.customers[:most]

    async def customer_of(self, number: str) -> Customer | None:
        return next((each for each in self.customers if each.number == number), None)

    async def event(self) -> Event:
        return await asyncio.wait_for(self.events.get(), 5)


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules(away_s=0.05, board_s=0.0)


@pytest.fixture
def endpoints() -> tuple[Endpoint, ...]:
    return ()


@pytest.fixture
async def house(rules: ConsoleRules, endpoints: tuple[Endpoint, ...]) -> AsyncIterator[House]:
    house = House(rules, endpoints)
    port = await house.console.start("127.0.0.1", 0)
    house.url = f"http://127.0.0.1:{port}"
    yield house
    await house.console.stop()


@pytest.fixture
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(house.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def log_in(http: aiohttp.ClientSession, house: House, login: str = "anna", password: str = PASSWORD) -> int:
    async with http.get("/login") as form:
        token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
    fields = {"login": login, "password": password, "csrf": token}
    async with http.post("/login", data=fields, headers={"Origin": house.url}, allow_redirects=False) as response:
        return response.status


class Wire:
    """A page's WebSocket in the hands of a test."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while True:
                message = dict(json.loads(await self.socket.receive_str()))
                if message["type"] == kind:
                    return message

    async def closed(self) -> tuple[int | None, str]:
        """The close code and its reason."""
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return self.socket.close_code, str(message.extra or "")


async def page(
    http: aiohttp.ClientSession, house: House, login: str = "anna", *, desk: str = "", seq: int = 0
) -> tuple[Wire, dict[str, Any]]:
    """Log in, open a page, and read its first state."""
    await log_in(http, house, login)
    return await reopened(http, house, desk=desk, seq=seq)


async def reopened(
    http: aiohttp.ClientSession, house: House, *, desk: str = "", seq: int = 0
) -> tuple[Wire, dict[str, Any]]:
    where = {"desk": desk, "seq": str(seq)}
    wire = Wire(await http.ws_connect("/ws", params=where, headers={"Origin": house.url}))
    return wire, (await wire.next("state") if not desk else {})
