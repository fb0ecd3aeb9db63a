"""The form for callers over real HTTP: what is kept, what is refused, and that nobody loses what was typed."""

from __future__ import annotations

import re

import aiohttp
import pytest

from telephony.console.caller_form import AT_ONCE
from tests.integration.console_house import House

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
FIELDS = {"name": "Jan Żółty", "phone": "600 100 200", "queue": "support", "text": "Nie działa internet."}


async def once(http: aiohttp.ClientSession, query: str = "") -> str:
    async with http.get(f"/form{query}") as response:
        assert response.status == 200
        found = re.search(r'name="once" value="([^"]+)"', await response.text())
    assert found
    return found[1]


async def send(http: aiohttp.ClientSession, house: House, **changes: str) -> tuple[int, str]:
    fields = {"once": await once(http), **FIELDS, **changes}
    async with http.post("/form", data=fields, headers={"Origin": house.url}) as response:
        return response.status, await response.text()


async def test_a_message_becomes_a_ticket(http: aiohttp.ClientSession, house: House) -> None:
    status, page = await send(http, house, call_back="yes")
    assert status == 200
    assert "000412-7" in page
    assert "Zadzwonimy na podany numer" in page
    assert (house.messages[0].phone, house.messages[0].call_back) == ("+48600100200", True)


async def test_the_same_sending_has_the_same_name(http: aiohttp.ClientSession, house: House) -> None:
    token = await once(http)
    await send(http, house, once=token)
    await send(http, house, once=token)
    await send(http, house, once="made up")
    names = [each.once for each in house.messages]
    assert names[0] == names[1] == token
    assert names[2] not in {token, "made up"}


async def test_what_is_wrong_comes_back_with_all_that_was_typed(http: aiohttp.ClientSession, house: House) -> None:
    status, page = await send(http, house, name=HOSTILE, text="", phone=HOSTILE, email="nobody", call_back="yes")
    assert status == 422
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "<script>" not in page
    assert "<img" not in page
    assert 'href="#phone"' in page
    assert 'aria-describedby="reach-hint email-hint email-error"' in page
    assert "<title>Błąd: " in page
    assert 'value="support" checked' in page
    assert 'value="yes" aria-describedby="call-back-hint" checked' in page
    assert not house.messages


async def test_a_person_can_clear_what_a_machine_would_fill_in(http: aiohttp.ClientSession, house: House) -> None:
    status, page = await send(http, house, website="http://buy.example")
    assert status == 422
    assert 'class="trap"' not in page
    assert "Nie działa internet." in page
    assert (await send(http, house, website=""))[0] == 200


async def test_too_many_wait_and_lose_nothing(http: aiohttp.ClientSession, house: House) -> None:
    for _ in range(AT_ONCE):
        assert (await send(http, house))[0] == 200
    status, page = await send(http, house, text="Ważne & pilne")
    assert status == 429
    assert "Ważne &amp; pilne" in page
    assert "za 1 min" in page
    house.now += 60.0
    assert (await send(http, house))[0] == 200


async def test_a_dead_store_is_told_and_costs_no_try(http: aiohttp.ClientSession, house: House) -> None:
    house.store_away = True
    for _ in range(AT_ONCE + 1):
        status, page = await send(http, house)
        assert status == 503
    assert "Nie działa internet." in page
    house.store_away = False
    assert (await send(http, house))[0] == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?lang=en", ("Write to us", 'lang="en"', "Your message")),
        ("?lang=en&words=easy", ("What happened? Use your own words.", "We need your data to answer you")),
        ("?words=easy", ("Co się stało? Napisz swoimi słowami.", "Zwykły tekst")),
        ("?lang=<script>", ("Opis sprawy", 'lang="pl"')),
    ],
)
async def test_languages_and_easy_words(http: aiohttp.ClientSession, query: str, words: tuple[str, ...]) -> None:
    async with http.get(f"/form{query}") as response:
        page = await response.text()
    assert all(each in page for each in words)
    assert "{" not in page


async def test_foreign_pages_send_nothing(http: aiohttp.ClientSession, house: House) -> None:
    async with http.post("/form", data=FIELDS, headers={"Origin": "https://evil.example"}) as response:
        assert response.status == 403
    assert not house.messages


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset"])
async def test_bytes_that_are_no_text_are_refused(http: aiohttp.ClientSession, house: House, charset: str) -> None:
    headers = {"Origin": house.url, "Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    async with http.post("/form", data=b"name=\xff\xfe", headers=headers) as response:
        assert response.status == 400


async def test_a_flood_is_cut_off(http: aiohttp.ClientSession, house: House) -> None:
    async with http.post("/form", data={"text": "x" * 100_000}, headers={"Origin": house.url}) as response:
        assert response.status == 413
    assert (await send(http, house, text="ż" * 4000))[0] == 200
