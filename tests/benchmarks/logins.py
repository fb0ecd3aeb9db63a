"""Sessions: how soon a change in the database closes a page at a running console, and what remembering them all costs.

`python -m tests.benchmarks.logins [people]` prints, for so many people with a page open (200): how long all take to be
back with their whole state after the network has failed; from the commit of a disabled account to the close frame at
its page, one after the other and all at once (2 s are promised); how long it takes to write when they were used, and
to read 10,000 sessions at a server's start.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp

from telephony import logs
from telephony.clock import Clock
from telephony.console.console import Console
from telephony.console.cookies import SESSION
from telephony.console.passwords import hash_password
from telephony.console.rules import ConsoleRules
from telephony.core.account import Account, SessionRecord
from telephony.core.customer import Caller, Card
from telephony.logins import Logins
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store

PEOPLE = 200
SESSIONS = 10_000  # the most a console remembers
HASH = hash_password("a long and easy one")


def account(place: int) -> Account:
    return Account(f"person{place}", f"Person {place}", HASH, f"phone{place}", {"support": 1})


async def card(_caller: Caller) -> AsyncIterator[Card]:
    yield Card(None)


class Town:
    """A console on a database, without a line behind it."""

    def __init__(self, store: Store) -> None:
        self.logins = Logins(store, lambda each: each)
        self.clock = Clock()
        rules = ConsoleRules(tick_s=3600.0)
        self.console = Console(
            accounts=self.logins.account,
            keeper=self.logins,
            card=card,
            submit=lambda _: None,
            clock=self.clock,
            rules=rules,
        )
        self.url = ""

    async def start(self) -> None:
        await self.logins.learn_all(self.console.admission)
        self.url = f"http://127.0.0.1:{await self.console.start('127.0.0.1', 0)}"


async def cookie(town: Town, place: int) -> str:
    """A session, put there as a log-in does it, without the work of a password."""
    found = await town.console._sessions.open(account(place), town.clock())
    assert found, f"there is no account {place}"
    return f"{SESSION}={found[0]}"


async def opened(http: aiohttp.ClientSession, town: Town, cookie: str) -> aiohttp.ClientWebSocketResponse:
    return await http.ws_connect(f"{town.url}/ws", headers={"Origin": town.url, "Cookie": cookie})


async def back_ms(http: aiohttp.ClientSession, town: Town, cookie: str, began: float) -> float:
    """From the moment in which all come back to this page's whole state."""
    socket = await opened(http, town, cookie)
    await socket.receive_str()
    return (time.perf_counter() - began) * 1000


async def closing_ms(store: Store, place: int, socket: aiohttp.ClientWebSocketResponse) -> float:
    await store.set_disabled(f"person{place}", 1.0)
    began = time.perf_counter()
    while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
        pass
    return (time.perf_counter() - began) * 1000


async def pages(store: Store, people: int) -> None:
    town = Town(store)
    await town.start()
    following = asyncio.create_task(town.logins.run(town.console.admission, store.account_news()))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        cookies = [await cookie(town, place) for place in range(people)]
        began = time.perf_counter()
        say("back after the network failed", await asyncio.gather(*(back_ms(http, town, c, began) for c in cookies)))
        sockets = [await opened(http, town, each) for each in cookies]
        began = time.perf_counter()
        await town.console.admission.write(everything=True)
        print(f"writing {people} used sessions     {(time.perf_counter() - began) * 1000:8.1f} ms")
        took = [await closing_ms(store, place, socket) for place, socket in enumerate(sockets[: people // 2])]
        say("disabled, one after the other", took)
        rest = list(enumerate(sockets))[people // 2 :]
        say("disabled, all at once", await asyncio.gather(*(closing_ms(store, *each) for each in rest)))
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await town.console.stop()


def say(what: str, took: Sequence[float]) -> None:
    p99 = statistics.quantiles(took, n=100)[-1]
    print(f"{what:34} {statistics.median(took):8.1f} ms median {p99:8.1f} ms p99")


async def start(store: Store, people: int) -> None:
    """What a server that starts reads."""
    now = time.time()
    for place in range(SESSIONS):
        session = SessionRecord(f"key{place}", f"person{place % people}", now, now, now, "192.0.2.7", "Firefox, Linux")
        await store.sessions.open(session, account(place % people))
    town = Town(store)
    began = time.perf_counter()
    await town.logins.learn_all(town.console.admission)
    print(f"reading {SESSIONS} sessions at start  {(time.perf_counter() - began) * 1000:8.1f} ms")


async def main(people: int) -> None:
    logs.configure(quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder) / "pg")
        await postgres.start()
        store = await Store.open(postgres.dsn)
        for place in range(people):
            await store.add_account(account(place))
        await pages(store, people)
        for place in range(people):
            await store.set_disabled(f"person{place}", None)
        await start(store, people)
        await store.close()
        await postgres.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE))
