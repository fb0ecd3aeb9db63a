"""The knowledge base over a real socket: searched, suggested for the call in hand, read in parts, judged."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from telephony.console.rules import ConsoleRules
from telephony.core.article import Article
from telephony.knowledge import index
from tests.integration.console_house import OFFER, OFFERED, House
from tests.integration.test_console_api import page_of

HOSTILE = "<script>document.title='hacked'</script>"
ARTICLES = (
    Article("wifi", "Słabe Wi-Fi", "pl", ("support",), ("support.internet",), (), f"Router **wysoko**. {HOSTILE}"),
    Article("faktura", "Faktura", "pl", ("billing",), (), (), "Pozycje faktury."),
)
CALL = OFFERED.interaction


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


async def test_search_read_and_judge(http: aiohttp.ClientSession, house: House) -> None:
    await house.store.articles.replace_all(map(index, ARTICLES))
    page = await page_of(http, house, "anna")
    _, found = await page.ask("GET", "/articles?text=ruter%20router")
    assert [each["id"] for each in found["articles"]] == ["wifi"]
    _, article = await page.ask("GET", "/articles/wifi")
    assert article["blocks"] == [
        {
            "kind": "paragraph",
            "parts": [
                {"text": "Router ", "strong": False, "article": ""},
                {"text": "wysoko", "strong": True, "article": ""},
                {"text": f". {HOSTILE}", "strong": False, "article": ""},
            ],
        }
    ], "what looks like markup is text"
    assert (await page.ask("GET", "/articles/nowhere"))[0] == 404
    assert (await page.ask("GET", f"/articles?text={'x' * 201}"))[0] == 422
    used = "/articles/wifi/use"
    assert (await page.ask("POST", used, json={"use": "opened"}))[0] == 204
    assert (await page.ask("POST", used, json={"use": "opened", "interaction": CALL}))[0] == 404, "not offered yet"
    assert (await page.ask("POST", used, json={"use": "eaten"}))[0] == 422
    house.console.publish(OFFER)
    assert (await page.ask("POST", used, json={"use": "did_not_help", "interaction": CALL}))[0] == 204
    assert await house.store.articles.uses(0.0) == {("wifi", "opened"): 1, ("wifi", "did_not_help"): 1}


async def test_what_fits_the_call_in_hand(http: aiohttp.ClientSession, house: House) -> None:
    await house.store.articles.replace_all(map(index, ARTICLES))
    page = await page_of(http, house, "anna")
    assert (await page.ask("GET", f"/calls/{CALL}/articles"))[0] == 404
    house.console.publish(replace(OFFER, call=replace(OFFERED, path=("support.menu", "support.internet"))))
    status, found = await page.ask("GET", f"/calls/{CALL}/articles")
    assert (status, [each["id"] for each in found["articles"]]) == (200, ["wifi"])
