"""The console over real sockets: log-in, guards, the WebSocket's rules, and the life of a pop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from telephony.console.console import Console
from telephony.console.page_client import LoginRefusedError, PageClient
from telephony.console.passwords import hash_password
from telephony.console.rules import ConsoleRules
from telephony.core.account import Account
from telephony.core.commands import AgentChanged, AgentState, CallChanged, CallEnded, CallState, HidePop, ShowPop
from telephony.core.customer import Card
from telephony.core.events import (
    AgentId,
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    Event,
    InteractionId,
    PopPainted,
)
from tests.unit.console_story import ANNA, CALLER, WAITING

PASSWORD = "trudne hasło"
HASH = hash_password(PASSWORD)
ACCOUNTS = {
    "anna": Account("anna", "Anna <b>Wiśniewska</b>", HASH, "anna-phone", {"support": 2}),
    "piotr": Account("piotr", "Piotr Zieliński", HASH, "piotr-phone"),
}
PIOTR = AgentId("piotr")
OFFERED = replace(WAITING, state=CallState.OFFERED, agent=ANNA, attempt=1, offered_at=1030.0)
OFFER = ShowPop(OFFERED, ANNA, 1, 1030.0)


class House:
    """A running console with everything around it in plain sight."""

    def __init__(self, rules: ConsoleRules) -> None:
        self.now = 1030.0
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.cards_asked: list[str | None] = []
        self.console = Console(
            accounts=self.account, card=self.card, submit=self.events.put_nowait, clock=lambda: self.now, rules=rules
        )
        self.url = ""

    async def account(self, login: str) -> Account | None:
        return ACCOUNTS.get(login)

    async def card(self, caller: str | None) -> Card:
        self.cards_asked.append(caller)
        return Card(None)

    async def event(self) -> Event:
        return await asyncio.wait_for(self.events.get(), 5)


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules(away_s=0.05, board_s=0.0)


@pytest.fixture
async def house(rules: ConsoleRules) -> AsyncIterator[House]:
    house = House(rules)
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


# -- log-in -------------------------------------------------------------------------------------------------------


async def test_without_a_session_there_is_only_the_login_page(http: aiohttp.ClientSession) -> None:
    async with http.get("/", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/login")
    async with http.get("/login") as response:
        assert response.status == 200


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    http: aiohttp.ClientSession, house: House
) -> None:
    async with http.get("/login") as form:
        token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
    fields = {"login": "anna", "password": PASSWORD, "csrf": token}
    async with http.post("/login", data=fields, headers={"Origin": house.url}, allow_redirects=False) as response:
        assert response.status == 303
        cookie = response.cookies["hotline_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert len(cookie.value) >= 43


async def test_a_name_is_text_on_the_page(http: aiohttp.ClientSession, house: House) -> None:
    await log_in(http, house)
    async with http.get("/") as response:
        page = await response.text()
    assert "Anna &lt;b&gt;Wiśniewska&lt;/b&gt;" in page
    assert "<b>" not in page


@pytest.mark.parametrize(("login", "password"), [("anna", "złe"), ("nikt", PASSWORD), ("", ""), ("anna", "")])
async def test_a_wrong_login_and_a_wrong_password_look_the_same(
    http: aiohttp.ClientSession, house: House, login: str, password: str
) -> None:
    async with http.get("/login") as form:
        token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
    fields = {"login": login, "password": password, "csrf": token}
    async with http.post("/login", data=fields, headers={"Origin": house.url}) as response:
        assert response.status == 401
        assert "Login lub hasło się nie zgadza." in await response.text()


async def test_what_was_typed_comes_back_as_text(http: aiohttp.ClientSession, house: House) -> None:
    async with http.get("/login") as form:
        token = (await form.text()).split('name="csrf" value="')[1].split('"')[0]
    fields = {"login": '"><script>alert(1)</script>', "password": "x", "csrf": token}
    async with http.post("/login", data=fields, headers={"Origin": house.url}) as response:
        assert "<script" not in await response.text()


async def test_guessing_is_slowed_down_and_says_for_how_long(http: aiohttp.ClientSession, house: House) -> None:
    assert [await log_in(http, house, password="zgaduję") for _ in range(6)] == [401] * 5 + [429]
    assert await log_in(http, house) == 429
    assert await log_in(http, house, "piotr") == 303
    house.now += 31
    await http_reset(http)
    assert await log_in(http, house) == 303


async def http_reset(http: aiohttp.ClientSession) -> None:
    http.cookie_jar.clear()


async def test_a_session_ends_by_itself(http: aiohttp.ClientSession, house: House) -> None:
    await log_in(http, house)
    house.now += 1801
    async with http.get("/", allow_redirects=False) as response:
        assert response.status == 303


async def test_logging_out_ends_pages_and_session_and_signs_out_at_once(
    http: aiohttp.ClientSession, house: House
) -> None:
    wire, _ = await page(http, house)
    assert isinstance(await house.event(), AgentSignedIn)
    async with http.get("/") as response:
        token = (await response.text()).split('name="csrf" value="')[1].split('"')[0]
    async with http.post(
        "/logout", data={"csrf": token}, headers={"Origin": house.url}, allow_redirects=False
    ) as response:
        assert response.status == 303
    assert await house.event() == AgentSignedOut(ANNA)
    assert await wire.closed() == (4401, "session over")
    async with http.get("/", allow_redirects=False) as response:
        assert response.headers["Location"] == "/login"
    await page(http, house)
    assert isinstance(await house.event(), AgentSignedIn)


# -- guards -------------------------------------------------------------------------------------------------------


async def test_every_answer_carries_the_policy(http: aiohttp.ClientSession) -> None:
    for path in ("/login", "/static/console.js", "/static/style.css", "/nowhere"):
        async with http.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/static/../console.py", "/static/%2e%2e/login.html", "/static/..%2fconsole.html"])
async def test_only_the_static_files_are_served(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as response:
        assert response.status in {403, 404}


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1"])
async def test_foreign_pages_can_post_nothing_and_open_no_socket(
    http: aiohttp.ClientSession, house: House, origin: str | None
) -> None:
    await log_in(http, house)
    headers = {"Origin": origin} if origin else {}
    async with http.post("/logout", data={"csrf": "x"}, headers=headers) as response:
        assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await http.ws_connect("/ws", headers=headers)
    assert refusal.value.status == 403
    assert house.events.empty()


async def test_a_post_without_its_token_changes_nothing(http: aiohttp.ClientSession, house: House) -> None:
    await log_in(http, house)
    async with http.post("/logout", data={"csrf": "guess"}, headers={"Origin": house.url}) as response:
        assert response.status == 403
    fields = {"login": "anna", "password": PASSWORD, "csrf": "guess"}
    async with http.post("/login", data=fields, headers={"Origin": house.url}) as response:
        assert response.status == 403
    async with http.get("/", allow_redirects=False) as response:
        assert response.status == 200


async def test_another_name_for_this_server_is_refused(http: aiohttp.ClientSession) -> None:
    async with http.get("/login", headers={"Host": "evil.example"}) as response:
        assert response.status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1"])
async def test_loopback_goes_by_its_usual_names(http: aiohttp.ClientSession, house: House, host: str) -> None:
    port = house.url.rpartition(":")[2]
    async with http.get("/login", headers={"Host": f"{host}:{port}"}) as response:
        assert response.status == 200


async def test_forms_only(http: aiohttp.ClientSession, house: House) -> None:
    form = aiohttp.FormData({"login": "anna"}, default_to_multipart=True)
    async with http.post("/login", data=form, headers={"Origin": house.url}) as response:
        assert response.status == 415
    async with http.post("/login", data={"login": "a" * 20_000}, headers={"Origin": house.url}) as response:
        assert response.status == 413


# -- pages --------------------------------------------------------------------------------------------------------


async def test_a_socket_without_a_session_is_told_to_log_in(http: aiohttp.ClientSession, house: House) -> None:
    wire = Wire(await http.ws_connect("/ws", headers={"Origin": house.url}))
    assert await wire.closed() == (4401, "session over")


async def test_the_first_page_signs_in_and_the_last_one_out_after_a_while(
    http: aiohttp.ClientSession, house: House
) -> None:
    first, _ = await page(http, house)
    assert await house.event() == AgentSignedIn(ANNA, "anna-phone", {"support": 2})
    second, _ = await reopened(http, house)
    await first.socket.close()
    await second.socket.send_str('{"type":"ready"}')
    assert await house.event() == AgentReady(ANNA)
    await second.socket.close()
    assert await house.event() == AgentSignedOut(ANNA)


@pytest.mark.parametrize("rules", [ConsoleRules(away_s=3600)])
async def test_a_reloaded_page_signs_nobody_out(http: aiohttp.ClientSession, house: House) -> None:
    first, _ = await page(http, house)
    assert isinstance(await house.event(), AgentSignedIn)
    await first.socket.close()
    second, _ = await reopened(http, house)
    await second.socket.send_str('{"type":"pause","reason":"meal"}')
    assert await house.event() == AgentPaused(ANNA, "meal")


async def test_too_many_pages_of_one_agent(http: aiohttp.ClientSession, house: House) -> None:
    await log_in(http, house)
    pages = [await reopened(http, house) for _ in range(8)]
    ninth = Wire(await http.ws_connect("/ws", headers={"Origin": house.url}))
    assert await ninth.closed() == (4429, "too many pages")
    assert not any(wire.socket.closed for wire, _ in pages)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"type":"sign_out"}', 1007),
        ("{", 1007),
        (b'{"type":"ready"}', 1007),
        ('{"type":"ready","x":"' + "x" * 5000 + '"}', 1009),
    ],
    ids=["unknown", "no JSON", "binary", "too long"],
)
async def test_what_no_page_says_closes_it(
    http: aiohttp.ClientSession, house: House, said: str | bytes, code: int
) -> None:
    wire, _ = await page(http, house)
    await house.event()
    await (wire.socket.send_bytes(said) if isinstance(said, bytes) else wire.socket.send_str(said))
    assert (await wire.closed())[0] == code
    assert await house.event() == AgentSignedOut(ANNA)


async def test_a_page_that_floods_is_closed(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    for _ in range(60):
        await wire.socket.send_str('{"type":"ready"}')
    assert await wire.closed() == (1008, "too many messages")


async def test_a_session_that_runs_out_closes_its_pages(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    house.now += 12 * 3600
    house.console.tick()
    assert await wire.closed() == (4401, "session over")


async def test_an_open_page_keeps_its_session(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    for _ in range(4):
        house.now += 1700
        house.console.tick()
    await wire.next("board")
    async with http.get("/", allow_redirects=False) as response:
        assert response.status == 200


async def test_stopping_tells_pages_to_come_back_and_signs_nobody_out(
    http: aiohttp.ClientSession, house: House
) -> None:
    wire, _ = await page(http, house)
    assert isinstance(await house.event(), AgentSignedIn)
    stopping = asyncio.create_task(house.console.stop())
    assert await wire.closed() == (1001, "going away")
    await stopping
    assert house.events.empty()


# -- pops ---------------------------------------------------------------------------------------------------------


async def test_a_pop_with_its_card_painted_and_timed(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    await house.event()
    house.console.publish(CallChanged(WAITING), house.now)
    while (await wire.next("board"))["lanes"][0]["waiting"] == 0:
        pass
    house.console.publish(OFFER, house.now)
    pop = await wire.next("pop")
    assert pop["card"] == {"available": True, "customer": None, "tickets": []}
    assert house.cards_asked == [CALLER]
    house.now = 1030.08
    await wire.socket.send_json({"type": "painted", "interaction": "i1", "attempt": 1})
    assert await house.event() == PopPainted(InteractionId("i1"), ANNA, 1)
    house.console.publish(CallChanged(replace(OFFERED, state=CallState.RINGING, rang_at=1030.3)), 1030.3)
    timing = house.console.pop_timing(InteractionId("i1"))[0]
    assert timing.pop_ms == pytest.approx(80)
    assert timing.before_ring


async def test_an_offer_without_a_card_goes_out_at_once(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    house.console.publish(OFFER, house.now)
    assert (await wire.next("pop"))["card"] is None
    assert (await wire.next("card"))["card"]["available"] is True


async def test_only_the_agent_concerned_gets_it_on_every_page(house: House) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        aiohttp.ClientSession(house.url, cookie_jar=jar) as annas,
        aiohttp.ClientSession(house.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as piotrs,
    ):
        first, _ = await page(annas, house)
        second, _ = await reopened(annas, house)
        other, _ = await page(piotrs, house, "piotr")
        house.console.publish(OFFER, house.now)
        house.console.publish(AgentChanged(PIOTR, AgentState.AVAILABLE, "", 1030.0, None), house.now)
        assert (await first.next("pop"))["interaction"] == "i1"
        assert (await second.next("pop"))["interaction"] == "i1"
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1]["type"] != "agent":
            heard.append(json.loads(await other.socket.receive_str()))
        assert {message["type"] for message in heard} <= {"board", "agent"}
        assert CALLER[3:] not in json.dumps(heard).replace(" ", "")


async def test_two_pages_paint_but_one_is_counted(http: aiohttp.ClientSession, house: House) -> None:
    first, _ = await page(http, house)
    second, _ = await reopened(http, house)
    await house.event()
    house.console.publish(OFFER, house.now)
    for wire in (first, second):
        await wire.next("pop")
        await wire.socket.send_json({"type": "painted", "interaction": "i1", "attempt": 1})
    await second.socket.send_json({"type": "ready"})
    events = [await house.event(), await house.event()]
    assert sorted(events, key=str) == sorted([PopPainted(InteractionId("i1"), ANNA, 1), AgentReady(ANNA)], key=str)


async def test_nobody_acknowledges_another_ones_pop(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house, "piotr")
    await house.event()
    house.console.publish(OFFER, house.now)
    await wire.socket.send_json({"type": "painted", "interaction": "i1", "attempt": 1})
    await wire.socket.send_json({"type": "ready"})
    assert await house.event() == AgentReady(PIOTR)
    assert house.console.pop_timing(InteractionId("i1"))[0].painted_at is None


async def test_a_page_that_comes_back_gets_what_it_missed(http: aiohttp.ClientSession, house: House) -> None:
    wire, state = await page(http, house)
    house.console.publish(OFFER, house.now)
    seen = (await wire.next("pop"))["seq"]
    await wire.socket.close()
    house.console.publish(HidePop(InteractionId("i1"), ANNA), house.now)
    again, _ = await reopened(http, house, desk=state["desk"], seq=seen)
    first = dict(json.loads(await again.socket.receive_str()))
    assert first["type"] in {"card", "hide"}
    assert first["seq"] == seen + 1


async def test_a_page_that_does_not_read_is_cut_and_holds_nobody_up(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    await house.event()
    for number in range(400):  # all before the page's turn comes
        house.console.publish(AgentChanged(ANNA, AgentState.AVAILABLE, "", float(number), None), house.now)
    await wire.closed()
    assert await house.event() == AgentSignedOut(ANNA)


async def test_the_ticket_and_the_phone_reach_the_page(http: aiohttp.ClientSession, house: House) -> None:
    house.console.device_changed("anna-phone", "NOT_INUSE")
    wire, _ = await page(http, house)
    assert (await wire.next("phone"))["state"] == "NOT_INUSE"
    house.console.publish(OFFER, house.now)
    house.console.publish(CallEnded(replace(OFFERED, state=CallState.ENDED, ended_at=1031.0)), house.now)
    house.console.ticket_opened(InteractionId("i1"), "2026-17-8")
    assert (await wire.next("ticket"))["number"] == "2026-17-8"


# -- the page without a browser -----------------------------------------------------------------------------------


async def test_a_page_client_makes_itself_ready_and_paints(house: House) -> None:
    heard: list[str] = []
    async with PageClient(house.url, "anna", PASSWORD, lambda m: heard.append(str(m["type"])), keep_ready=True) as anna:
        running = asyncio.create_task(anna.run())
        assert isinstance(await house.event(), AgentSignedIn)
        house.console.publish(AgentChanged(ANNA, AgentState.PAUSED, "signed_in", 1030.0, None), house.now)
        assert await house.event() == AgentReady(ANNA)
        house.console.publish(AgentChanged(ANNA, AgentState.AVAILABLE, "", 1030.0, None), house.now)
        assert await asyncio.wait_for(anna.wait_for_state("available"), 5) == "available"
        house.console.publish(OFFER, house.now)
        assert await house.event() == PopPainted(InteractionId("i1"), ANNA, 1)
        await anna.log_out()
        assert await house.event() == AgentSignedOut(ANNA)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert "pop" in heard


async def test_a_page_client_comes_back_to_a_new_server(house: House, rules: ConsoleRules) -> None:
    async with PageClient(house.url, "anna", PASSWORD) as anna:
        running = asyncio.create_task(anna.run())
        assert isinstance(await house.event(), AgentSignedIn)
        port = int(house.url.rpartition(":")[2])
        await house.console.stop()
        later = House(rules)
        await later.console.start("127.0.0.1", port)
        assert isinstance(await later.event(), AgentSignedIn)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await later.console.stop()


async def test_a_page_client_with_a_wrong_password_says_so(house: House) -> None:
    async with PageClient(house.url, "anna", "złe") as anna:
        with pytest.raises(LoginRefusedError, match="401"):
            await anna.run()
