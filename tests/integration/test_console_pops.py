"""The life of a pop over real sockets, and the page without a browser."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from telephony.console.page_client import LoginRefusedError, PageClient
from telephony.console.rules import ConsoleRules
from telephony.core.commands import AgentChanged, CallChanged, CallEnded, HidePop
from telephony.core.events import AgentReady, AgentSignedIn, AgentSignedOut, PopPainted
from telephony.core.ids import InteractionId
from telephony.core.views import AgentState, CallState
from tests.integration.console_house import (
    OFFER,
    OFFERED,
    PASSWORD,
    PIOTR,
    House,
    page,
    reopened,
)
from tests.unit.console_story import ANNA, CALLER, WAITING


async def test_a_pop_with_its_card_painted_and_timed(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    await house.event()
    house.console.publish(CallChanged(WAITING), house.now)
    while (await wire.next("board"))["lanes"][0]["waiting"] == 0:
        pass
    house.console.publish(OFFER, house.now)
    pop = await wire.next("pop")
    assert (pop["card"]["available"], pop["card"]["customer"]) == (True, None)
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
