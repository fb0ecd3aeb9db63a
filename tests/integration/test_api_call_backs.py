"""Call-backs over the HTTP interface and a real socket: asked for once, told their place, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ivr_flows.calendar import Calendar, Department, Span
from telephony import api, call_back_desk
from telephony.api_call_backs import CallBackApi
from telephony.call_back_desk import CallBackDesk
from telephony.console.api.endpoint import Endpoint
from telephony.core.call_backs import CallBackPlace
from telephony.core.events import CallBackRequested, CallBackWithdrawn, Event
from telephony.core.ids import InteractionId
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.supervision import SupervisionApi
from tests.api_examples import asks_everything

MONDAY_10 = 1795424400.0  # 2026-11-23T10:00+01:00
TOKEN = "a" * 40
ALWAYS = Department(tuple((Span(0, 1440),) for _ in range(7)), ())
OURS, LISTED = "+48220000100", "+48220000199"
WISH = {"number": "600100200", "queue": "support"}
Ask = Callable[..., Awaitable[tuple[int, Any]]]


class House:
    def __init__(self) -> None:
        self.memory = Memory()
        self.told: list[Event] = []

    def api(self, more: Iterable[Endpoint] = ()) -> web.Application:
        numbers = count(1)

        def new_id() -> InteractionId:
            return InteractionId(f"id-{next(numbers)}")

        desk = CallBackDesk(
            Store(self.memory),
            own=(OURS, LISTED),
            receive_only=lambda: {LISTED},
            submit=self.told.append,
            place=lambda _number: CallBackPlace(2, MONDAY_10),
            new_id=new_id,
            clock=lambda: MONDAY_10,
        )
        own = CallBackApi(desk, {"support"}, new_id, lambda: MONDAY_10).endpoints()
        return api.app({"web": TOKEN}, (*own, *more))


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def ask(house: House) -> AsyncIterator[Ask]:
    async with TestClient(TestServer(house.api())) as client:

        async def ask(method: str, path: str = "/v1/call-backs", **what: Any) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with client.request(method, path, headers=headers, **what) as answer:
                return answer.status, await answer.json() if answer.status != 204 else None

        yield ask


async def test_a_number_is_promised_one_call_and_the_second_wish_is_told_its_place(house: House, ask: Ask) -> None:
    status, first = await ask("POST", json=WISH)
    assert (status, first["ahead"], first["not_before"]) == (200, 2, "2026-11-23T10:00:00+01:00")
    assert first.pop("again") is False
    assert await ask("POST", json=WISH) == (200, {**first, "again": True})
    assert "600100200" not in str(first), "an answer carries no number"
    assert await ask("GET") == (200, {"call_backs": [first]})
    requests = [each.request for each in house.told if isinstance(each, CallBackRequested)]
    assert {(each.number, each.shown, each.call_back) for each in requests} == {
        ("+48600100200", OURS, first["call_back"])
    }


async def test_the_interface_is_what_its_document_says(house: House, tmp_path: Path) -> None:
    supervision = SupervisionApi(lambda: Calendar({"sales": ALWAYS}), tmp_path, lambda: MONDAY_10)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with TestServer(house.api(supervision.endpoints())) as server:
        url = str(server.make_url("")).rstrip("/")

        def asked() -> set[str]:
            document = requests.get(f"{url}/v1/openapi.json", headers=headers, timeout=10).json()
            return asks_everything(
                document, lambda case: case.call(base_url=url, headers=headers), lambda: None, {"name": "sales"}
            )

        assert {"PUT /v1/outages/{name}", "POST /v1/call-backs"} <= await asyncio.to_thread(asked)


async def test_one_is_taken_back(house: House, ask: Ask) -> None:
    _, first = await ask("POST", json=WISH)
    assert await ask("DELETE", f"/v1/call-backs/{first['call_back']}") == (204, None)
    assert CallBackWithdrawn(first["call_back"]) in house.told
    assert (await ask("DELETE", "/v1/call-backs/nothing"))[0] == 404


@pytest.mark.parametrize(
    "wish",
    [
        {**WISH, "number": "112"},
        {**WISH, "number": "700123456"},
        {**WISH, "number": "+4930123456"},
        {**WISH, "number": OURS},
        {**WISH, "number": "600100200&PJSIP/x"},
        {**WISH, "queue": "nowhere"},
    ],
)
async def test_what_is_never_called_is_refused(house: House, ask: Ask, wish: dict[str, str]) -> None:
    status, answer = await ask("POST", json=wish)
    assert (status, answer["status"]) == (422, 422)
    assert house.told == []


@pytest.mark.parametrize("body", [{}, {**WISH, "lane": "vip"}, {**WISH, "more": 1}, {**WISH, "number": 600100200}])
async def test_what_is_no_wish_is_told_in_words(ask: Ask, body: dict[str, object]) -> None:
    assert (await ask("POST", json=body))[0] == 422


async def test_a_number_that_nobody_may_call_from_is_never_shown(house: House, ask: Ask) -> None:
    assert (await ask("POST", json={**WISH, "caller_id": LISTED}))[0] == 200
    assert [each.request.shown for each in house.told if isinstance(each, CallBackRequested)] == [OURS]


async def test_nobody_can_have_us_call_half_the_country(
    house: House, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_back_desk, "MOST_OPEN", 2)
    for number, status in (("600100200", 200), ("600100201", 200), ("600100202", 422), ("600100200", 200)):
        assert (await ask("POST", json={**WISH, "number": number}))[0] == status, number


async def test_without_the_database_nothing_is_promised(
    house: House, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(Memory, "run", away)
    monkeypatch.setattr(Memory, "rows", away)
    assert (await ask("POST", json=WISH))[0] == 503
    assert house.told == []
