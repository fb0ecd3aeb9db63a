"""What supervisors see and change over a real socket, and that the next caller's questions have the new answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from ivr_flows.calendar import Closed, status
from telephony.console.api.endpoint import Endpoint
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.commands import AgentChanged, CallChanged
from telephony.core.customer import Customer
from telephony.core.views import AgentState
from telephony.opening import Opening
from telephony.outages import Outages
from telephony.shipped import CONFIG_FOLDER
from telephony.supervision import SupervisionApi
from tests.integration.console_house import ACCOUNTS, PASSWORD, House
from tests.integration.test_console_api import Page, page_of
from tests.unit.console_story import ANNA, WAITING

NOW = 1030.0


class Records:
    async def customer_by_number(self, number: str) -> Customer | None:
        return None


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    return Opening(CONFIG_FOLDER / "calendar.yaml", tmp_path)


@pytest.fixture
def outages(tmp_path: Path) -> Outages:
    return Outages(tmp_path / "none.yaml", tmp_path, Records(), lambda: NOW)


@pytest.fixture
def endpoints(opening: Opening, tmp_path: Path) -> tuple[Endpoint, ...]:
    return tuple(SupervisionApi(opening.current, tmp_path, lambda: NOW).endpoints())


@pytest.fixture
async def ewa(http: aiohttp.ClientSession, house: House, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setitem(ACCOUNTS, "piotr", replace(ACCOUNTS["piotr"], role=Role.SUPERVISOR))
    return await page_of(http, house, "piotr")


async def test_the_floor_shows_queues_and_consultants(ewa: Page, house: House) -> None:
    house.console.publish(CallChanged(WAITING))
    house.console.publish(AgentChanged(ANNA, AgentState.PAUSED, "meal", 1010.0, None))
    answered, floor = await ewa.ask("GET", "/floor")
    assert answered == 200
    support = {"queue": "support", "title": "Pomoc techniczna", "waiting": 1, "accessibility": 1, "since": 1005.0}
    assert floor["queues"][1] == support
    anna = {
        "login": "anna",
        "name": "anna",
        "state": "paused",
        "reason": "meal",
        "since": 1010.0,
        "queue": "",
        "late_pops": 0,
    }
    assert floor["agents"] == [anna]
    house.console.publish(AgentChanged(ANNA, AgentState.OFF, "", 1020.0, None))
    assert (await ewa.ask("GET", "/floor"))[1]["agents"] == []


async def test_a_closing_holds_for_the_next_question(ewa: Page, opening: Opening) -> None:
    closing = {"reason": "Awaria zasilania", "until": None}
    answered, now = await ewa.ask("PUT", "/departments/billing/closure", json=closing)
    assert answered == 200
    found = status(opening.current(), "billing", NOW)
    assert isinstance(found, Closed)
    assert found.words == "Awaria zasilania"
    told = {each["name"]: each for each in now["departments"]}["billing"]
    assert (told["open"], told["emergency"]) == (False, True)
    assert (await ewa.ask("DELETE", "/departments/billing/closure"))[0] == 200
    assert "billing" not in opening.current().closures
    assert (await ewa.ask("DELETE", "/departments/billing/closure"))[0] == 404


@pytest.mark.parametrize(
    ("name", "closing", "refused"),
    [
        ("vip", {"reason": "x"}, 404),
        ("billing", {"reason": ""}, 422),
        ("billing", {"reason": "x" * 201}, 422),
        ("billing", {"reason": "a\nb"}, 422),
        ("billing", {"reason": "x", "until": "wczoraj"}, 422),
        ("billing", {"reason": "x", "until": "1969-01-01T00:00"}, 422),
    ],
)
async def test_a_closing_that_cannot_be_is_refused(
    ewa: Page, opening: Opening, name: str, closing: dict[str, str], refused: int
) -> None:
    assert (await ewa.ask("PUT", f"/departments/{name}/closure", json=closing))[0] == refused
    assert not opening.current().closures


async def test_a_closing_wants_a_fresh_proof_and_an_opening_does_not(ewa: Page, house: House) -> None:
    assert (await ewa.ask("PUT", "/departments/sales/closure", json={"reason": "x"}))[0] == 200
    house.now += 301
    refused, problem = await ewa.ask("PUT", "/departments/sales/closure", json={"reason": "x"})
    assert (refused, problem["reason"]) == (403, "step_up")
    assert (await ewa.ask("DELETE", "/departments/sales/closure"))[0] == 200
    refused, problem = await ewa.ask("POST", "/step-up", json={"password": "falsch"})
    assert (refused, problem["reason"]) == (403, "wrong_password")
    assert (await ewa.ask("PUT", "/departments/sales/closure", json={"reason": "x"}))[0] == 403
    assert await ewa.ask("POST", "/step-up", json={"password": PASSWORD}) == (204, {})
    assert (await ewa.ask("PUT", "/departments/sales/closure", json={"reason": "x"}))[0] == 200


async def test_a_password_cannot_be_guessed_from_an_open_page(ewa: Page) -> None:
    answers = [(await ewa.ask("POST", "/step-up", json={"password": "falsch"}))[0] for _ in range(7)]
    assert answers == [403] * 5 + [429] * 2
    assert (await ewa.ask("POST", "/step-up", json={"password": PASSWORD}))[0] == 429


async def test_an_announcement_is_heard_until_it_ends(ewa: Page, outages: Outages) -> None:
    words = {"text": {"pl": "Prace na sieci.", "en": "Works on the network."}, "areas": []}
    answered, now = await ewa.ask("POST", "/outages", json=words)
    assert answered == 200
    assert [dict(each) for each in await outages.find(None)] == [
        {"pl": "Prace na sieci.", "en": "Works on the network."}
    ]
    name = now["outages"][0]["name"]
    assert (await ewa.ask("DELETE", f"/outages/{name}"))[0] == 200
    assert await outages.find(None) == ()
    assert (await ewa.ask("DELETE", f"/outages/{name}"))[0] == 404


@pytest.mark.parametrize(
    "words", [{"text": {"pl": "{pin}"}}, {"text": {"pl": "a"}, "areas": ["12"]}, {"text": {"pl": "a"}, "until": "x"}]
)
async def test_an_announcement_that_cannot_be_is_refused(ewa: Page, outages: Outages, words: dict[str, object]) -> None:
    assert (await ewa.ask("POST", "/outages", json=words))[0] == 422
    assert await outages.find(None) == ()


async def test_consultants_change_nothing_here(http: aiohttp.ClientSession, house: House) -> None:
    anna = await page_of(http, house)
    for method, path in (("GET", "/floor"), ("GET", "/opening"), ("POST", "/outages"), ("DELETE", "/outages/x")):
        assert (await anna.ask(method, path))[0] == 403
    async with http.get("/supervision") as answer:
        assert answer.status == 403
