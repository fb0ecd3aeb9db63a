"""Accounts and sessions in a real PostgreSQL, and what a change there means for who is logged in at a console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from yarl import URL

from telephony.clock import Clock
from telephony.console.console import Console
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.customer import Caller, Card
from telephony.core.engine import Engine
from telephony.core.events import (
    AgentReady,
    AgentRinging,
    AgentSignedIn,
    AgentSignedOut,
    CallAnswered,
    CallArrived,
    CallHungUp,
    CallQueued,
    Event,
    PopPainted,
)
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import AgentState, CallState, Lane
from telephony.logins import Logins
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store
from tests.integration.console_house import ACCOUNTS, HASH, PASSWORD, Wire
from tests.unit.console_story import ANNA

ACCOUNT = ACCOUNTS["anna"]
OTHER_HASH = HASH[:-4] + "AAAA"
WITHIN_S = 20.0  # a limit for what hangs; how soon it is, tests/benchmarks/logins.py says


class Server:
    """A console with its logins, as the app has them."""

    def __init__(self, store: Store, rules: ConsoleRules) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.logins = Logins(store, lambda account: account)
        self.store = store
        self.url = ""
        self.console = Console(
            accounts=self.logins.account,
            keeper=self.logins,
            card=self._cards,
            submit=self.events.put_nowait,
            clock=Clock(),
            rules=rules,
        )

    async def _cards(self, _caller: Caller) -> AsyncIterator[Card]:
        yield Card(None)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        await self.logins.learn_all(self.console.admission)
        port = await self.console.start("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{port}"
        following = asyncio.create_task(self.logins.run(self.console.admission, self.store.account_news()))
        try:
            yield self
        finally:
            await self.console.stop()
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def event(self) -> Event:
        return await asyncio.wait_for(self.events.get(), WITHIN_S)


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules(tick_s=3600)


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url)
    for account in ACCOUNTS.values():
        await opened.add_account(account)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def server(store: Store, rules: ConsoleRules) -> AsyncIterator[Server]:
    async with Server(store, rules).running() as running:
        yield running


class Browser:
    """Cookies and little else."""

    def __init__(self, url: str) -> None:
        self.http = aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.origin = {"Origin": url}
        self.said = ""  # in answer to the last log-in

    async def log_in(self, login: str = "anna", password: str = PASSWORD, *, with_token: str = "") -> int:
        self.http.cookie_jar.clear()
        async with self.http.get("/login") as form:
            token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
        if with_token:
            self.with_cookie(with_token)
        fields = {"login": login, "password": password, "csrf": token}
        async with self.http.post("/login", data=fields, headers=self.origin, allow_redirects=False) as answer:
            self.said = await answer.text()
            return answer.status

    async def status(self) -> int:
        async with self.http.get("/api/console/me") as answer:
            return answer.status

    async def me(self) -> dict[str, object]:
        async with self.http.get("/api/console/me") as answer:
            return dict(await answer.json())

    async def page(self) -> Wire:
        wire = Wire(await self.http.ws_connect("/ws", headers=self.origin))
        await wire.next("state")
        return wire

    @property
    def token(self) -> str:
        return next(each.value for each in self.http.cookie_jar if each.key == "hotline_session")

    def with_cookie(self, value: str) -> None:
        self.http.cookie_jar.update_cookies({"hotline_session": value}, URL(self.origin["Origin"]))


@asynccontextmanager
async def browser(server: Server) -> AsyncIterator[Browser]:
    opened = Browser(server.url)
    try:
        yield opened
    finally:
        await opened.http.close()


@pytest_asyncio.fixture
async def anna(server: Server) -> AsyncIterator[Browser]:
    async with browser(server) as opened:
        assert await opened.log_in() == 303
        yield opened


async def become(wanted: object, asked: Callable[[], Awaitable[object]]) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(WITHIN_S):
        while await asked() != wanted:  # noqa: ASYNC110 - what is asked is a server, which tells nobody
            await asyncio.sleep(0.01)


async def test_a_restart_keeps_people_logged_in(store: Store, rules: ConsoleRules) -> None:
    async with Server(store, rules).running() as before, browser(before) as page:
        await page.log_in()
        token, me = page.token, await page.me()
    async with Server(store, rules).running() as after, browser(after) as page:
        page.with_cookie(token)
        assert await page.me() == me


async def test_what_a_thief_of_the_table_has_opens_nothing(server: Server, anna: Browser, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        stolen = dict(await connection.fetchrow("SELECT * FROM session"))
    finally:
        await connection.close()
    assert anna.token not in map(str, stolen.values())
    async with browser(server) as thief:
        for value in map(str, stolen.values()):
            thief.with_cookie(value)
            assert await thief.status() == 401


async def test_a_log_in_gives_a_token_of_its_own_and_ends_the_one_before(server: Server, anna: Browser) -> None:
    async with browser(server) as fixed:
        assert await fixed.log_in(with_token="chosen-by-somebody-else") == 303
        assert fixed.token != "chosen-by-somebody-else"
    first = anna.token
    assert await anna.log_in(with_token=first) == 303
    assert anna.token != first
    anna.with_cookie(first)
    assert await anna.status() == 401


ENDINGS: dict[str, tuple[Callable[[Store], Awaitable[None]], str]] = {
    "revoked": (lambda store: store.sessions.end_of("anna"), "session over"),
    "password": (lambda store: store.set_password("anna", OTHER_HASH), "session over"),
    "disabled": (lambda store: store.set_disabled("anna", 1.0), "account disabled"),
    "removed": (lambda store: store.remove_account("anna"), "account disabled"),
}


@pytest.mark.parametrize("what", ENDINGS)
async def test_what_ends_a_session_closes_its_page_and_signs_out(what: str, server: Server, anna: Browser) -> None:
    wire = await anna.page()
    assert isinstance(await server.event(), AgentSignedIn)
    end, why = ENDINGS[what]
    await end(server.store)
    assert await wire.closed() == (4401, why)
    assert await server.event() == AgentSignedOut(ANNA)
    assert await anna.status() == 401
    again = Wire(await anna.http.ws_connect("/ws", headers=anna.origin))
    assert await again.closed() == (4401, "session over")


async def test_others_are_not_concerned(server: Server, anna: Browser) -> None:
    async with browser(server) as piotr:
        await piotr.log_in("piotr")
        wire = await piotr.page()
        await server.store.set_disabled("anna", 1.0)
        await become(401, anna.status)
        assert await piotr.status() == 200
        assert not wire.socket.closed


async def test_who_is_disabled_is_told_so_only_with_the_right_password(server: Server) -> None:
    await server.store.set_disabled("anna", 1.0)
    async with browser(server) as page:
        assert await page.log_in(password="zgaduję") == 401
        assert await page.log_in() == 403
        await server.store.set_disabled("anna", None)
        assert await page.log_in() == 303


async def test_another_role_counts_at_once_and_the_page_is_drawn_anew(server: Server, anna: Browser) -> None:
    wire = await anna.page()
    assert isinstance(await server.event(), AgentSignedIn)
    await server.store.add_account(replace(ACCOUNT, role=Role.SUPERVISOR))
    assert await wire.closed() == (4409, "account changed")
    assert (await anna.me())["role"] == "supervisor"
    async with anna.http.get("/api/console/floor") as answer:
        assert answer.status == 200
    assert await server.event() == AgentSignedIn(ANNA, "anna-phone", {"support": 2})


async def test_other_skills_reach_the_line_without_a_word_to_the_page(server: Server, anna: Browser) -> None:
    wire = await anna.page()
    assert isinstance(await server.event(), AgentSignedIn)
    await server.store.add_account(replace(ACCOUNT, skills={"billing": 3}))
    assert await server.event() == AgentSignedIn(ANNA, "anna-phone", {"billing": 3})
    assert not wire.socket.closed


async def test_who_takes_no_calls_any_more_leaves_the_roster(server: Server, anna: Browser) -> None:
    wire = await anna.page()
    assert isinstance(await server.event(), AgentSignedIn)
    await server.store.add_account(replace(ACCOUNT, endpoint=""))
    assert await server.event() == AgentSignedOut(ANNA)
    assert (await wire.closed())[0] == 4409


async def test_a_log_in_at_one_server_is_known_to_the_other(server: Server, rules: ConsoleRules) -> None:
    async with Server(server.store, rules).running() as standby, browser(server) as page:
        await page.log_in()
        async with browser(standby) as elsewhere:
            elsewhere.with_cookie(page.token)
            await become(200, elsewhere.status)
            await server.store.sessions.end_of("anna")
            await become(401, elsewhere.status)


async def test_a_connection_that_breaks_is_replaced_and_nothing_is_missed(
    server: Server, anna: Browser, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"application_name": "the test"})
    try:
        cut = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'hotline' AND query ~ 'LISTEN|SELECT 1$'
        """
        assert await connection.fetchval(cut) >= 1
        await connection.execute("UPDATE account SET disabled_at = 1 WHERE login = 'anna'")
    finally:
        await connection.close()
    await become(401, anna.status)


class Line:
    """The real core behind a server's console, its telephone played by hand."""

    def __init__(self, server: Server) -> None:
        self.engine = Engine(Rules({QueueName("support"): QueueRules(wrap_up_s=3600.0)}))
        self._server = server

    async def follow(self, until: type[Event]) -> None:
        """Hand on what the console says until it has said such a thing."""
        while True:
            event = await self._server.event()
            self.tell(event)
            if isinstance(event, until):
                return

    def tell(self, *events: Event) -> None:
        for event in events:
            for command in self.engine.handle(event, 1030.0):
                self._server.console.publish(command, 1030.0)

    def call(self) -> CallState:
        return self.engine.calls()[0].state

    def anna(self) -> AgentState:
        return self.engine.agents()[0].state


I1, U1 = InteractionId("i1"), Uniqueid("u1")
OFFER_TO_ANNA: tuple[Event, ...] = (
    AgentReady(ANNA),
    CallArrived(I1, "n1", "PJSIP/t", U1, "l1", "+48220000100", "+48500000123", "alaw"),
    CallQueued(I1, QueueName("support"), Lane.STANDARD),
    PopPainted(I1, ANNA, 1),
    AgentRinging(I1, 1),
)


@pytest_asyncio.fixture
async def line(server: Server, anna: Browser) -> AsyncIterator[Line]:
    """A call is ringing at Anna's."""
    line, wire = Line(server), await anna.page()
    await line.follow(AgentSignedIn)
    line.tell(*OFFER_TO_ANNA)
    assert (line.call(), line.anna()) == (CallState.RINGING, AgentState.RINGING)
    yield line
    await wire.socket.close()


async def test_who_is_disabled_in_a_talk_finishes_it_and_gets_no_other(server: Server, line: Line) -> None:
    line.tell(CallAnswered(I1, 1))
    await server.store.set_disabled("anna", 1.0)
    await line.follow(AgentSignedOut)
    assert (line.call(), line.anna()) == (CallState.TALKING, AgentState.TALKING)
    line.tell(CallHungUp(U1, 16))
    assert line.anna() is AgentState.OFF


async def test_a_call_that_rings_at_who_is_disabled_goes_back_to_the_line(server: Server, line: Line) -> None:
    await server.store.set_disabled("anna", 1.0)
    await line.follow(AgentSignedOut)
    assert (line.call(), line.anna()) == (CallState.LINE, AgentState.OFF)


async def test_without_the_database_people_go_on_and_nobody_new_comes_in(tmp_path: Path, rules: ConsoleRules) -> None:
    postgres = EmbeddedPostgres(tmp_path / "pg")
    await postgres.start()
    store = await Store.open(postgres.dsn)
    await store.add_account(ACCOUNT)
    async with Server(store, rules).running() as server, browser(server) as anna, browser(server) as late:
        assert await anna.log_in() == 303
        await postgres.stop()
        assert await anna.status() == 200
        await anna.page()
        assert await late.log_in() == 503
        assert "Baza danych jest chwilowo niedostępna" in late.said
        await postgres.start()
        assert await late.log_in() == 303
        await store.set_disabled("anna", 1.0)
        await become(401, anna.status)
    await store.close()
    await postgres.stop()
