"""Two hundred consultants whose network fails come back at once: nobody is signed out, no pop is missed or doubled.

Real sockets, one of them each; sessions are put there as a log-in does it, without the work of two hundred passwords.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from telephony.clock import Clock
from telephony.console.console import Console
from telephony.console.cookies import SESSION
from telephony.console.rules import ConsoleRules
from telephony.core.account import Account
from telephony.core.commands import ShowPop
from telephony.core.customer import Caller, Card
from telephony.core.events import AgentSignedIn, AgentSignedOut, Event
from telephony.core.ids import AgentId, InteractionId
from tests.integration.console_house import HASH, OFFERED

AGENTS = 200
LIMIT_S = 60.0  # for what hangs


@dataclass
class Room:
    console: Console
    events: list[Event]
    url: str
    cookies: list[str]


@dataclass
class Page:
    """What a browser knows of one agent's desk."""

    cookie: str
    socket: aiohttp.ClientWebSocketResponse | None = None
    desk: str = ""
    seq: int = 0

    async def open(self, http: aiohttp.ClientSession, url: str) -> None:
        where = {"desk": self.desk, "seq": str(self.seq)}
        headers = {"Origin": url, "Cookie": self.cookie}
        self.socket = await http.ws_connect(f"{url}/ws", params=where, headers=headers)

    async def until_board(self) -> list[dict[str, Any]]:
        """Everything up to the board, which comes last when a page is opened."""
        assert self.socket
        heard: list[dict[str, Any]] = []
        while (message := json.loads(await self.socket.receive_str()))["type"] != "board":
            heard.append(message)
            self.seq, self.desk = message["seq"], message.get("desk", self.desk)
        return heard


def account(place: int) -> Account:
    return Account(f"agent-{place}", f"Agent {place}", HASH, f"phone-{place}", {"support": 1})


def pop(place: int) -> ShowPop:
    call = replace(OFFERED, interaction=InteractionId(f"i{place}"), agent=AgentId(f"agent-{place}"))
    return ShowPop(call, AgentId(f"agent-{place}"), 1, 1030.0)


async def nobody(_caller: Caller) -> AsyncIterator[Card]:
    yield Card(None)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    events: list[Event] = []
    known = {each.login: each for each in map(account, range(AGENTS))}

    async def find(login: str) -> Account | None:
        return known.get(login)

    console = Console(
        accounts=find, card=nobody, submit=events.append, clock=Clock(), rules=ConsoleRules(away_s=LIMIT_S)
    )
    url = f"http://127.0.0.1:{await console.start('127.0.0.1', 0)}"
    opened = [await console._sessions.open(each, Clock()()) for each in known.values()]
    cookies = [f"{SESSION}={found[0]}" for found in opened if found]
    yield Room(console, events, url, cookies)
    await console.stop()


async def all_open(pages: Sequence[Page], room: Room) -> list[list[dict[str, Any]]]:
    connector = aiohttp.TCPConnector(limit=0)
    async with asyncio.timeout(LIMIT_S), aiohttp.ClientSession(connector=connector) as http:
        await asyncio.gather(*(page.open(http, room.url) for page in pages))
        return await asyncio.gather(*(page.until_board() for page in pages))  # the session's end is the network's


async def test_two_hundred_come_back_at_once_and_miss_nothing(room: Room) -> None:
    pages = [Page(cookie) for cookie in room.cookies]
    first = await all_open(pages, room)
    assert [heard[0]["type"] for heard in first] == ["state"] * AGENTS
    await gone(room)
    for place in range(AGENTS):
        room.console.publish(pop(place), 1030.0)
    again = await all_open(pages, room)
    told = [
        [(message["type"], message.get("interaction")) for message in heard if message["type"] == "pop"]
        for heard in again
    ]
    assert told == [[("pop", f"i{place}")] for place in range(AGENTS)], "to each its own, once"
    assert all(heard[0]["type"] != "state" for heard in again), "what was missed, not everything anew"
    await gone(room)
    assert [heard for heard in await all_open(pages, room) if heard] == [], "nothing twice"
    signed = [event for event in room.events if isinstance(event, AgentSignedIn | AgentSignedOut)]
    assert [type(event) for event in signed] == [AgentSignedIn] * AGENTS


async def gone(room: Room) -> None:
    """The server has seen that the pages are away."""
    async with asyncio.timeout(LIMIT_S):
        while room.console.open_pages:  # noqa: ASYNC110 - the console tells nobody
            await asyncio.sleep(0.01)
