"""Calls that consultants begin: whom, when, under which number, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import aiohttp
import pytest

from telephony.console.outgoing import AT_ONCE
from telephony.console.rules import ConsoleRules
from telephony.core.commands import AgentChanged, AgentOwes
from telephony.core.customer import Customer
from telephony.core.disposition import Disposition
from telephony.core.events import OutgoingAsked
from telephony.core.ids import InteractionId, QueueName
from telephony.core.views import AgentState
from tests.integration.console_house import BILLING, OURS, House
from tests.integration.test_console_api import Page, page_of
from tests.unit.console_story import ANNA

NUMBER = "+48600100200"
TO_BILLING = {"queue": "billing", "number": "600 100 200"}
KNOWN = Customer("10001", "Jan", ("+48700000000", NUMBER), "", (), date(2020, 1, 1))


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
async def anna(http: aiohttp.ClientSession, house: House) -> Page:
    house.console.publish(AgentChanged(ANNA, AgentState.PAUSED, "paperwork", 1000.0, None))
    return await page_of(http, house, "anna")


@pytest.mark.parametrize(("queue", "shown"), [("billing", BILLING), ("sales", OURS)])
async def test_a_number_is_called_under_that_of_the_department(
    anna: Page, house: House, queue: str, shown: str
) -> None:
    assert await anna.ask("POST", "/calls", json={**TO_BILLING, "queue": queue}) == (200, {"interaction": "out-1"})
    asked = await house.event()
    assert isinstance(asked, OutgoingAsked)
    assert (asked.agent, asked.request.number, asked.request.shown) == (ANNA, NUMBER, shown)
    assert (asked.request.queue, asked.request.call_back) == (queue, InteractionId("out-1"))


async def test_a_customer_is_called_whose_number_nobody_learns(anna: Page, house: House) -> None:
    house.customers = (replace(KNOWN, number="100011"), KNOWN)
    status, told = await anna.ask("POST", "/calls", json={"queue": "billing", "customer": "10001"})
    assert (status, told) == (200, {"interaction": "out-1"})
    asked = await house.event()
    assert isinstance(asked, OutgoingAsked)
    assert asked.request.number == NUMBER, "the first that may be called"


@pytest.mark.parametrize(
    ("wanted", "status", "reason"),
    [
        ({**TO_BILLING, "number": "112"}, 422, "never_called"),
        ({**TO_BILLING, "number": "700 123 456"}, 422, "never_called"),
        ({**TO_BILLING, "number": "+49 30 123456"}, 422, "never_called"),
        ({**TO_BILLING, "number": OURS}, 422, "never_called"),
        ({**TO_BILLING, "number": "600100200&PJSIP/x"}, 422, "never_called"),
        ({"queue": "billing", "customer": "nobody"}, 422, "never_called"),
        ({**TO_BILLING, "queue": "vip"}, 422, ""),
        ({**TO_BILLING, "customer": "10001"}, 422, ""),
        ({"queue": "billing"}, 422, ""),
        ({**TO_BILLING, "queue": "support"}, 409, "not_at_this_hour"),  # 01:17 in the night
    ],
)
async def test_what_is_never_called_is_refused_in_words(
    anna: Page, house: House, wanted: dict[str, str], status: int, reason: str
) -> None:
    answered, problem = await anna.ask("POST", "/calls", json=wanted)
    assert (answered, problem["reason"]) == (status, reason)
    assert house.events.empty()


@pytest.mark.parametrize("state", [AgentState.TALKING, AgentState.OFFERED, AgentState.UNREACHABLE, AgentState.BUSY])
async def test_nobody_calls_who_is_in_a_call_or_has_no_phone(anna: Page, house: House, state: AgentState) -> None:
    house.console.publish(AgentChanged(ANNA, state, "", 1000.0, None))
    assert (await anna.ask("POST", "/calls", json=TO_BILLING))[1]["reason"] == "not_free"


async def test_nobody_calls_before_it_is_said_what_came_of_the_last_talk(anna: Page, house: House) -> None:
    house.console.publish(AgentOwes(ANNA, (Disposition(InteractionId("i"), ANNA, QueueName("support"), 1.0),)))
    assert (await anna.ask("POST", "/calls", json=TO_BILLING))[1]["reason"] == "owes"


async def test_nobody_calls_without_end(anna: Page, house: House) -> None:
    answers = [(await anna.ask("POST", "/calls", json=TO_BILLING))[0] for _ in range(AT_ONCE + 1)]
    assert answers == [200] * AT_ONCE + [429]
