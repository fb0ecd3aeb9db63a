"""The operator's HTTP interface over a real socket: tokens, closing in an emergency, and what it refuses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from ivr_flows import closures
from ivr_flows.calendar import Calendar, Department, Span
from telephony import api
from telephony.supervision import SupervisionApi

MONDAY_10 = 1795424400.0  # 2026-11-23T10:00+01:00
HOUR = 3600.0
TOKEN = "a" * 40
SALES = "/v1/departments/sales/closure"
Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    closed = closures.live(tmp_path / closures.FILE)
    departments = {"sales": Department(tuple((Span(480, 960),) for _ in range(7)), ())}
    supervision = SupervisionApi(lambda: Calendar(departments, closed.current()), tmp_path, lambda: MONDAY_10)
    served = api.app({"monitoring": TOKEN}, supervision.endpoints())
    async with TestClient(TestServer(served)) as client:

        async def ask(method: str, path: str, token: str = f"Bearer {TOKEN}", **what: Any) -> tuple[int, Any]:
            headers = {"Authorization": token, **what.pop("headers", {})}
            async with client.request(method, path, headers=headers, **what) as answer:
                assert (answer.status == 401) is ("WWW-Authenticate" in answer.headers)
                return answer.status, await answer.json()

        yield ask


async def test_a_department_is_closed_and_opened_again(ask: Ask) -> None:
    sales = {"name": "sales", "open": True, "emergency": False, "words": "", "changes_at": MONDAY_10 + 6 * HOUR}
    told = {"now": MONDAY_10, "departments": [sales], "outages": []}
    assert await ask("GET", "/v1/opening") == (200, told)
    closed = {"open": False, "emergency": True, "words": "pożar", "changes_at": MONDAY_10 + 22 * HOUR}
    with capture_logs() as logs:
        answer = await ask("PUT", SALES, json={"reason": "pożar", "until": "18:00"})
        assert answer == (200, told | {"departments": [sales | closed]})
    assert [(each["event"], each["by"]) for each in logs] == [("department.closed", "monitoring")]
    assert await ask("DELETE", SALES) == (200, told)
    assert (await ask("DELETE", SALES))[0] == 404


@pytest.mark.parametrize("token", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ąę"])
async def test_nothing_without_a_token(ask: Ask, token: str) -> None:
    for method, path in (("GET", "/v1/opening"), ("PUT", SALES), ("GET", "/v1/openapi.json")):
        status, answer = await ask(method, path, token.encode().decode("latin-1"))
        assert (status, answer["status"]) == (401, 401)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "body: Invalid JSON"),
        (b"{}", 422, "reason: Field required"),
        (b'{"reason": "x", "who": "me"}', 422, "who: Extra inputs"),
        (b'{"reason": "x", "until": "noon"}', 422, "'noon' is no time such as 18:00"),
        (b'{"reason": "x", "until": "2020-01-01T10:00"}', 422, "has passed already"),
        (b'{"reason": "a\\u0000b"}', 422, "the reason is one line"),
        (b"x" * 20_000, 413, "Too Large"),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(ask: Ask, body: bytes, status: int, words: str) -> None:
    answered, answer = await ask("PUT", SALES, data=body, headers={"Content-Type": "application/json"})
    assert answered == status
    assert words in answer["detail"]


async def test_unknown_paths_and_departments_are_told_apart_from_success(ask: Ask) -> None:
    assert (await ask("PUT", "/v1/departments/attic/closure", json={"reason": "x"}))[0] == 404
    assert (await ask("GET", "/nowhere"))[0] == 404
    assert (await ask("PATCH", SALES))[0] == 405


async def test_an_outage_is_announced_changed_and_silenced(ask: Ask) -> None:
    path = "/v1/outages/polna-1"
    body = {"areas": ["Polna Warszawa", "02-1"], "text": {"pl": "Na Polnej pracujemy."}, "until": "2026-11-23T18:00"}
    status, now = await ask("PUT", path, json=body)
    told = {"name": "polna-1", "until_at": MONDAY_10 + 8 * HOUR}
    texts = {"pl": "Na Polnej pracujemy.", "en": "", "uk": ""}
    assert (status, now["outages"]) == (200, [{"areas": body["areas"], "text": texts, **told}])
    _, now = await ask("PUT", path, json={**body, "text": {"pl": "Już prawie."}})
    assert [each["text"]["pl"] for each in now["outages"]] == ["Już prawie."]
    status, now = await ask("DELETE", path)
    assert (status, now["outages"]) == (200, [])
    assert (await ask("DELETE", path))[0] == 404


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("polna", {"text": {"pl": "Na {street}."}}, "there is no variable `street`"),
        ("polna", {"text": {"en": "Fire."}}, "text.pl: Field required"),
        ("polna", {"areas": ["12"], "text": {"pl": "Awaria."}}, "`12` is no area"),
        ("polna", {"areas": "Polna", "text": {"pl": "Awaria."}}, "areas: Input should be"),
        ("polna", {}, "text: Field required"),
        ("Polna%20%2F..", {"text": {"pl": "Awaria."}}, "an outage's name is short and plain"),
    ],
)
async def test_an_outage_nobody_could_hear_or_find_is_refused(ask: Ask, name: str, body: object, words: str) -> None:
    status, answer = await ask("PUT", f"/v1/outages/{name}", json=body)
    assert (status, words in answer["detail"]) == (422, True)


async def test_its_description_names_what_is_served_and_how_one_is_let_in(ask: Ask) -> None:
    status, document = await ask("GET", "/v1/openapi.json")
    assert (status, document["openapi"]) == (200, "3.1.0")
    put = document["paths"]["/v1/outages/{name}"]["put"]
    assert put["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
