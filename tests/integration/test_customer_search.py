"""Finding a customer from the page, and taking the caller of one's own desk for one, over a real socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import aiohttp
import structlog

from telephony.console.customer_search import AT_ONCE, MOST
from telephony.core.commands import CallEnded
from telephony.core.customer import Customer
from tests.integration.console_house import ACCOUNTS, OFFER, OFFERED, House, page
from tests.integration.test_console_api import Page, page_of

ANNA = Customer("1004217", "Anna Żak", ("+48600100200",), "Łódź", ("Internet",), date(2020, 1, 1))
TAKE = "/calls/i1/customer"


async def test_what_is_found_is_told_without_the_other_numbers_and_what_was_sought_in_no_log(
    http: aiohttp.ClientSession, house: House
) -> None:
    house.customers = (ANNA,)
    desk = await page_of(http, house)
    with structlog.testing.capture_logs() as logged:
        status, found = await desk.ask("POST", "/customers/search", json={"text": "żak"})
    one = {"number": "1004217", "name": "Anna Żak", "address": "Łódź", "services": ["Internet"]}
    assert (status, found) == (200, {"customers": [one], "more": False})
    searched = {"agent": "anna", "by": "name", "characters": 3, "found": 1}
    assert [each for each in logged if each["event"] == "customers.searched"] == [
        {"event": "customers.searched", "log_level": "info", **searched}
    ]


async def test_that_there_are_more_is_said(http: aiohttp.ClientSession, house: House) -> None:
    house.customers = tuple(replace(ANNA, number=str(place)) for place in range(MOST + 5))
    _, found = await (await page_of(http, house)).ask("POST", "/customers/search", json={"text": "żak"})
    assert (len(found["customers"]), found["more"]) == (MOST, True)


async def test_a_directory_that_is_away_and_a_search_too_short_are_told(
    http: aiohttp.ClientSession, house: House
) -> None:
    desk = await page_of(http, house)
    assert (await desk.ask("POST", "/customers/search", json={"text": "a"}))[0] == 422
    house.away = True
    assert (await desk.ask("POST", "/customers/search", json={"text": "ab"}))[0] == 503


async def test_nobody_copies_the_directory(http: aiohttp.ClientSession, house: House) -> None:
    desk = await page_of(http, house)
    for _ in range(AT_ONCE):
        assert (await desk.ask("POST", "/customers/search", json={"text": "żak"}))[0] == 200
    assert (await desk.ask("POST", "/customers/search", json={"text": "żak"}))[0] == 429
    house.now += 2.0
    assert (await desk.ask("POST", "/customers/search", json={"text": "żak"}))[0] == 200


async def test_a_caller_is_taken_for_a_customer_and_the_card_is_that_ones(
    http: aiohttp.ClientSession, house: House
) -> None:
    wire, _ = await page(http, house)
    house.console.publish(OFFER, house.now)
    await wire.next("pop")
    await wire.next("card")
    async with http.get("/") as own:
        desk = Page(http, house, (await own.text()).split('name="csrf" value="')[1].split('"')[0])
    house.cards_asked.clear()
    assert (await desk.ask("PUT", TAKE, json={"number": ANNA.number}))[0] == 204
    card = (await wire.next("card"))["card"]
    assert (card["identity"], house.cards_asked) == ("unknown", [OFFERED.caller])
    assert house.chosen == [(ANNA.number, False)]


async def test_only_calls_of_ones_own_desk_are_taken_for_somebody(http: aiohttp.ClientSession, house: House) -> None:
    wire, _ = await page(http, house)
    house.console.publish(OFFER, house.now)
    await wire.next("pop")
    async with aiohttp.ClientSession(house.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        theirs = await page_of(other, house, ACCOUNTS["piotr"].login)
        assert (await theirs.ask("PUT", TAKE, json={"number": ANNA.number}))[0] == 404
    house.console.publish(CallEnded(OFFERED), house.now)
    assert house.chosen == []
