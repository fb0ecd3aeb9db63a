"""The console over TLS, to a client that trusts its certificate and nothing else."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from telephony.console.rules import ConsoleRules
from telephony.settings import Settings
from telephony.site_settings import Site
from telephony.tls import Pair, Tls, pair_of
from tests.integration.console_house import House, log_in, reopened


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.delenv("HOTLINE_DATA", raising=False)  # the environment would win
    pair = pair_of(Settings(data=tmp_path, console=Site(tls="self-made")))
    assert pair
    return pair


@pytest.fixture(params=[True, False])
def given(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def house(pair: Pair, given: bool) -> AsyncIterator[House]:  # noqa: FBT001 - a fixture's name
    house = House(ConsoleRules(secure_cookies=True, strict_transport=given))
    port = await house.console.start("127.0.0.1", 0, Tls(replace(pair, given=given)).context)
    house.url = f"https://localhost:{port}"
    yield house
    await house.console.stop()


@pytest.fixture
async def http(house: House, pair: Pair) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(pair.certificate)))
    async with aiohttp.ClientSession(house.url, connector=connector) as session:
        yield session


async def test_somebody_logs_in_over_tls_and_opens_a_page(
    http: aiohttp.ClientSession, house: House, *, given: bool
) -> None:
    assert await log_in(http, house) == 303
    assert {name.key for name in http.cookie_jar} >= {"__Host-hotline_session", "__Host-hotline_browser"}
    _, state = await reopened(http, house)
    assert state["type"] == "state"
    async with http.get("/login") as answer:
        kept = answer.headers.get("Strict-Transport-Security")
    assert kept == ("max-age=31536000" if given else None)


async def test_the_origin_in_the_clear_is_a_foreign_one(http: aiohttp.ClientSession, house: House) -> None:
    headers = {"Origin": house.url.replace("https", "http")}
    async with http.post("/login", data={}, headers=headers) as answer:
        assert answer.status == 403
