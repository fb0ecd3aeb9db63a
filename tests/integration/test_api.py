"""The operator's HTTP interface over a real socket: tokens, closing in an emergency, and what it refuses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from ivr_flows import closures
from ivr_flows.calendar import Calendar, Department, Span
from telephony.api import Api

MONDAY_10 = 1795424400.0  # 2026-11-23T10:00+01:00
TOKEN = "a" * 40
SALES = "/v1/departments/sales/closure"
Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    closed = closures.live(tmp_path / closures.FILE)
    departments = {"sales": Department(tuple((Span(480, 960),) for _ in range(7)), ())}
    api = Api(
        {"monitoring": TOKEN},
        lambda: Calendar(departments, closed.current()),
        tmp_path,
        lambda: MONDAY_10,
    )
    async with TestClient(TestServer(api.app())) as client:

        async def ask(method: str, path: str, token: str = f"Bearer {TOKEN}", **what: Any) -> tuple[int, Any]:
            async with client.request(method, path, headers={"Authorization": token}, **what) as answer:
                return answer.status, await answer.json()

        yield ask


async def test_a_department_is_closed_and_opened_again(ask: Ask) -> None:
    assert await ask("GET", "/v1/departments") == (
        200,
        {"sales": {"open": True, "closes_at": "2026-11-23T16:00+01:00"}},
    )
    closed = {"open": False, "why": "emergency", "words": "pożar", "opens_at": "2026-11-24T08:00+01:00"}
    with capture_logs() as told:
        assert await ask("PUT", SALES, json={"reason": "pożar", "until": "18:00"}) == (200, {"sales": closed})
    assert [(each["event"], each["by"]) for each in told] == [("department.closed", "monitoring")]
    status, after = await ask("DELETE", SALES)
    assert (status, after["sales"]["open"]) == (200, True)
    assert await ask("DELETE", SALES) == (404, {"error": "sales was not closed in an emergency"})


@pytest.mark.parametrize("token", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ąę"])
async def test_nothing_without_a_token(ask: Ask, token: str) -> None:
    for method, path in (("GET", "/v1/departments"), ("PUT", SALES), ("GET", "/nowhere")):
        status, answer = await ask(method, path, token.encode().decode("latin-1"))
        assert (status, list(answer)) == (401, ["error"])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "body: Invalid JSON"),
        (b"{}", 400, "reason: Field required"),
        (b'{"reason": "x", "who": "me"}', 400, "who: Extra inputs"),
        (b'{"reason": "x", "until": "noon"}', 422, "'noon' is no time such as 18:00"),
        (b'{"reason": "x", "until": "2020-01-01T10:00"}', 422, "has passed already"),
        (b'{"reason": "a\\u0000b"}', 422, "the reason is one line"),
        (b"x" * 20_000, 413, "Maximum request body size"),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(ask: Ask, body: bytes, status: int, words: str) -> None:
    answered, answer = await ask("PUT", SALES, data=body)
    assert answered == status
    assert words in answer["error"]


async def test_unknown_paths_and_departments_are_told_apart_from_success(ask: Ask) -> None:
    assert await ask("PUT", "/v1/departments/attic/closure", json={"reason": "x"}) == (
        404,
        {"error": "no such department; there are sales"},
    )
    assert (await ask("GET", "/nowhere"))[0] == 404
    assert (await ask("PATCH", SALES))[0] == 405


async def test_an_outage_is_announced_and_silenced(ask: Ask) -> None:
    path = "/v1/outages/polna-1"
    body = {"areas": ["Polna Warszawa", "02-1"], "text": {"pl": "Na Polnej pracujemy."}, "until": "2026-11-23T18:00"}
    status, entered = await ask("PUT", path, json=body)
    assert (status, entered["polna-1"]["texts"], entered["polna-1"]["until_at"]) == (
        200,
        {"pl": "Na Polnej pracujemy."},
        MONDAY_10 + 8 * 3600,
    )
    assert await ask("GET", "/v1/outages") == (200, entered)
    assert await ask("DELETE", path) == (200, {})
    assert await ask("DELETE", path) == (404, {"error": "no such outage was entered"})


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("polna", {"text": "Na {street}."}, "there is no variable `street`"),
        ("polna", {"text": {"en": "Fire."}}, "no text in the flow's own language (pl)"),
        ("polna", {"areas": ["12"], "text": "Awaria."}, "`12` is no area"),
        ("polna", {"areas": "Polna", "text": "Awaria."}, "areas: Input should be"),
        ("polna", {}, "text: Field required"),
        ("Polna%20%2F..", {"text": "Awaria."}, "an outage's name is short and plain"),
    ],
)
async def test_an_outage_nobody_could_hear_or_find_is_refused(ask: Ask, name: str, body: object, words: str) -> None:
    status, answer = await ask("PUT", f"/v1/outages/{name}", json=body)
    assert (status, words in answer["error"]) == (422, True)
