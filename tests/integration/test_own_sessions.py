"""Where somebody is logged in, and log-out there or everywhere, over real sockets."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from telephony.console.rules import ConsoleRules
from telephony.core.events import AgentSignedIn, AgentSignedOut
from tests.integration.console_house import House, reopened
from tests.integration.test_console_api import Page, page_of
from tests.unit.console_story import ANNA

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
async def other(house: House) -> Any:
    """Another browser of the same person."""
    jar, headers = aiohttp.CookieJar(unsafe=True), {"User-Agent": FIREFOX}
    async with aiohttp.ClientSession(house.url, cookie_jar=jar, headers=headers) as session:
        yield session


async def listed(page: Page) -> Any:
    status, told = await page.ask("GET", "/sessions")
    assert status == 200
    return told["sessions"]


async def test_the_own_sessions_are_listed_this_one_first_and_nobody_elses(
    http: aiohttp.ClientSession, other: aiohttp.ClientSession, house: House
) -> None:
    page = await page_of(http, house)
    house.now += 10
    await page_of(other, house)
    house.now += 10
    this, that = await listed(page)
    assert (this["this"], this["browser"], this["since"], this["used_at"]) == (True, "", 1030.0, 1050.0)
    assert (that["this"], that["browser"], that["address"]) == (False, "Firefox, Windows", "127.0.0.1")
    other.cookie_jar.clear()
    stranger = await page_of(other, house, "piotr")
    assert len(await listed(stranger)) == 1
    assert (await stranger.ask("DELETE", f"/sessions/{this['session']}"))[0] == 404
    assert len(await listed(page)) == 2


async def test_one_logged_out_from_afar_is_gone_with_its_page_and_the_other_stays(
    http: aiohttp.ClientSession, other: aiohttp.ClientSession, house: House
) -> None:
    page, lost = await page_of(http, house), await page_of(other, house)
    mine, _ = await reopened(http, house)
    assert isinstance(await house.event(), AgentSignedIn)
    wire, _ = await reopened(other, house)
    that = (await listed(page))[1]
    status, left = await page.ask("DELETE", f"/sessions/{that['session']}")
    assert (status, len(left["sessions"])) == (200, 1)
    assert await wire.closed() == (4401, "session over")
    assert (await lost.ask("GET", "/me"))[0] == 401
    assert not mine.socket.closed
    assert house.events.empty(), "the agent has a page still"
    assert (await page.ask("DELETE", f"/sessions/{that['session']}"))[0] == 404


async def test_log_out_everywhere_ends_this_one_too_and_signs_out(
    http: aiohttp.ClientSession, other: aiohttp.ClientSession, house: House
) -> None:
    page, lost = await page_of(http, house), await page_of(other, house)
    wire, _ = await reopened(other, house)
    assert isinstance(await house.event(), AgentSignedIn)
    assert await page.ask("DELETE", "/sessions") == (204, {})
    assert await wire.closed() == (4401, "session over")
    assert await house.event() == AgentSignedOut(ANNA)
    for each in (page, lost):
        assert (await each.ask("GET", "/me"))[0] == 401


async def test_a_foreign_page_logs_nobody_out(http: aiohttp.ClientSession, house: House) -> None:
    page = await page_of(http, house)
    assert (await page.ask("DELETE", "/sessions", token="guess"))[0] == 403
    assert (await page.ask("DELETE", "/sessions", origin="https://evil.example"))[0] == 403
    assert len(await listed(page)) == 1


async def test_the_page_is_for_whoever_is_logged_in(http: aiohttp.ClientSession, house: House) -> None:
    async with http.get("/account", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
    await page_of(http, house)
    async with http.get("/account") as answer:
        text = await answer.text()
    assert "Anna &lt;b&gt;Wiśniewska&lt;/b&gt;" in text
    assert "<b>" not in text
