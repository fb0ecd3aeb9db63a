"""The console over real sockets: log-in, guards, and the WebSocket's rules."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from telephony.console.rules import ConsoleRules
from telephony.core.events import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
)
from tests.integration.console_house import (
    PASSWORD,
    House,
    Wire,
    log_in,
    page,
    reopened,
)
from tests.unit.console_story import ANNA

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


async def test_a_chosen_look_follows_its_person_to_another_browser(http: aiohttp.ClientSession, house: House) -> None:
    await log_in(http, house)
    chosen, headers = {"language": "en", "size": "150", "back": "//evil.example"}, {"Origin": house.url}
    async with http.post("/look", data=chosen, headers=headers, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/")
    async with aiohttp.ClientSession(house.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        async with other.get("/login") as response:
            assert 'lang="pl"' in await response.text()
        await log_in(other, house)
        async with other.get("/") as response:
            assert 'lang="en" data-theme="auto" data-size="150"' in await response.text()


async def test_strangers_choices_are_kept_with_nobody(http: aiohttp.ClientSession, house: House) -> None:
    async with http.post("/look", data={"language": "en"}, headers={"Origin": house.url}) as response:
        assert "Log in" in await response.text()
    assert not house.looks
    await log_in(http, house)
    async with http.get("/") as response:
        assert 'lang="en"' in await response.text()


async def test_who_was_logged_out_is_told_so_in_our_words_and_no_others(http: aiohttp.ClientSession) -> None:
    async with http.get("/login?why=over") as response:
        assert '<p class="notice " role="status" id="message" >Sesja została zakończona.' in await response.text()
    async with http.get("/login?why=wrong") as response:
        assert "się nie zgadza" not in await response.text()


# -- guards -------------------------------------------------------------------------------------------------------


async def test_every_answer_carries_the_policy(http: aiohttp.ClientSession) -> None:
    for path in ("/login", "/static/page_console.js", "/static/style.css", "/nowhere"):
        async with http.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static/../console.py", "/static/%2e%2e/login.html", "/static/../sizes.json", "/static/..%2fconsole.html"]
)
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
