"""What came of a talk, from page to core: chosen from the queue's list, of one's own talks, after a restart too."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from telephony.console.page_client import PageClient
from telephony.console.rules import ConsoleRules
from telephony.core.commands import AgentOwes, CallChanged, DispositionChanged, ReadyRefused
from telephony.core.disposition import MISSING, Disposition
from telephony.core.events import AgentSignedIn, DispositionChosen
from telephony.core.ids import InteractionId, QueueName
from telephony.core.views import CallState
from tests.integration.console_house import OFFER, OFFERED, PASSWORD, House, page, reopened
from tests.integration.test_console_api import page_of
from tests.unit.console_story import ANNA

SUPPORT = QueueName("support")
TALKING = replace(OFFERED, state=CallState.TALKING, answered_at=1040.0)
OWED = Disposition(InteractionId("before"), ANNA, SUPPORT, 900.0)
PATH = f"/calls/{TALKING.interaction}/disposition"


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


async def test_a_code_of_the_list_is_taken_for_a_talk_of_ones_own(http: aiohttp.ClientSession, house: House) -> None:
    asking = await page_of(http, house, "anna")
    assert (await asking.ask("GET", "/dispositions"))[1] == {
        "queues": {"support": [{"code": "solved", "pl": "Rozwiązane", "en": "Solved"}]}
    }
    house.console.publish(OFFER)
    assert (await asking.ask("PUT", PATH, json={"code": "solved"}))[0] == 404, "nobody has talked yet"
    house.console.publish(CallChanged(TALKING))
    assert (await asking.ask("PUT", PATH, json={"code": "<b>"}))[0] == 422
    assert (await asking.ask("PUT", PATH, json={"code": "solved"}))[0] == 204
    assert await house.event() == DispositionChosen(TALKING.interaction, ANNA, SUPPORT, "solved")
    http.cookie_jar.clear()
    other = await page_of(http, house, "piotr")
    assert (await other.ask("PUT", PATH, json={"code": "solved"}))[0] == 404, "a colleague's talk"
    assert house.events.empty()


async def test_one_that_is_owed_from_before_a_restart_can_be_given(http: aiohttp.ClientSession, house: House) -> None:
    house.console.publish(AgentOwes(ANNA, (OWED,)))
    _, state = await page(http, house)
    assert state["owed"] == [
        {"interaction": "before", "queue_name": "support", "queue": "Pomoc techniczna", "owed_at": 900.0}
    ]
    assert isinstance(await house.event(), AgentSignedIn)
    http.cookie_jar.clear()
    asking = await page_of(http, house, "anna")
    assert (await asking.ask("PUT", "/calls/before/disposition", json={"code": "solved"}))[0] == 204
    assert await house.event() == DispositionChosen(OWED.interaction, ANNA, SUPPORT, "solved")


async def test_the_page_hears_what_is_owed_given_and_refused_and_a_new_page_sees_it(
    http: aiohttp.ClientSession, house: House
) -> None:
    wire, _ = await page(http, house)
    house.console.publish(OFFER)
    house.console.publish(CallChanged(TALKING))
    owed = Disposition(TALKING.interaction, ANNA, SUPPORT, 1050.0)
    house.console.publish(AgentOwes(ANNA, (owed,)))
    assert [each["interaction"] for each in (await wire.next("owed"))["calls"]] == [TALKING.interaction]
    house.console.publish(ReadyRefused(ANNA, MISSING, 1))
    told = await wire.next("refused")
    assert (told["why"], told["missing"]) == (MISSING, 1)
    house.console.publish(DispositionChanged(replace(owed, code="solved", given_at=1060.0)))
    house.console.publish(AgentOwes(ANNA, ()))
    assert (await wire.next("disposition"))["code"] == "solved"
    assert (await wire.next("owed"))["calls"] == []
    _, state = await reopened(http, house)
    assert (state["pop"]["disposition"], state["owed"]) == ("solved", [])


async def test_a_page_without_a_browser_gives_what_is_owed(house: House) -> None:
    async with PageClient(house.url, "anna", PASSWORD, keep_ready=True) as client:
        await client.log_in()
        listening = asyncio.create_task(client.listen())
        assert isinstance(await house.event(), AgentSignedIn)
        house.console.publish(AgentOwes(ANNA, (OWED,)))
        assert await house.event() == DispositionChosen(OWED.interaction, ANNA, SUPPORT, "solved")
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
