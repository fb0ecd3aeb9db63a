"""Pages beside the console's in a real Chromium: the form for callers, the supervisors' page, and how each may look."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

import ivr_flows
from ivr_flows import Facts
from ivr_flows.calendar import Closed, Why, status
from ivr_flows.caller import Caller, script
from ivr_flows.simulate import play
from telephony.core.views import Lane
from tests.acceptance.console_scene import (
    HOSTILE,
    KNOWN,
    PASSWORD,
    WIDTHS,
    House,
    choose,
    focused,
    log_in,
    looks_right,
    press,
    tab_to,
)
from tests.unit.watched_flow import watched_flow

LARGE = tuple(width for width in WIDTHS if width > 1000)  # type of 200 % on a telephone is 90 CSS pixels wide


OPENED_S = 1_784_538_000.0  # a Monday, 11:00 in Warsaw


def nodes_of_a_caller_to_sales(hotline: House) -> list[str]:
    """Where a call goes that begins now, at an hour of work, and presses 1 in the shipped menu."""
    flow = ivr_flows.load(ivr_flows.SHIPPED / "general.yaml")
    calendar = hotline.opening.current()
    played = play(flow, Facts("+48220000100"), Caller(script("1")), OPENED_S, calendar=calendar)
    return [event.node for event in played if event.action != "say"]


async def test_a_caller_writes_by_keyboard_alone(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await page.goto(f"{url}/form")
    await looks_right(page, shots, "form")
    await tab_to(page, "name")
    for text in ("Jan Żółty", "600 100 200", ""):
        await page.keyboard.type(text)
        await press(page, "Tab")
    await press(page, "Space", "ArrowDown", "Tab")
    await page.keyboard.type(HOSTILE)
    await press(page, "Tab", "Space", "Tab", "Space", "Tab", "Enter")
    await expect(page.locator("#ticket")).to_have_text("000413-5")
    await expect(page.locator("main")).to_contain_text("Odpowiemy najpóźniej 8 grudnia 2026.")
    await looks_right(page, shots, "form-sent")
    assert (hotline.messages[0].queue, hotline.messages[0].text) == ("support", HOSTILE)
    assert hotline.messages[0].call_back
    assert hotline.messages[0].complaint


async def test_what_is_wrong_in_the_form_is_told_in_both_languages(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    _, url = house
    for language, title in (("pl", "Formularz nie został wysłany"), ("en", "The form was not sent")):
        plain = await page.context.new_page()  # a refusal counts as an error of the page it is told on
        await plain.goto(f"{url}/form?lang={language}&words=easy")
        await looks_right(plain, shots, "form-easy")
        await plain.locator("#name").fill(HOSTILE)
        await plain.locator("button[type=submit]").click()
        await expect(plain.locator(".problems h2")).to_have_text(title)
        await expect(plain.locator("#name")).to_have_value(HOSTILE)
        await looks_right(plain, shots, "form-wrong")


async def test_a_supervisor_closes_a_department_for_the_next_caller(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    hotline.arrive("i1", KNOWN, Lane.ACCESSIBILITY)
    hotline.arrive("i2", None, Lane.STANDARD, "billing")
    await log_in(page, url, "ewa")
    await expect(page.locator(".tile-count").nth(1)).to_have_text("1")
    await looks_right(page, shots, "supervision")
    await page.locator("#department-support").press("Enter")
    await expect(page.locator("#close-reason")).to_be_focused()
    await looks_right(page, shots, "supervision-close")
    await page.keyboard.type("Awaria zasilania")
    await press(page, "Tab")
    await page.keyboard.type("23:59")
    await press(page, "Enter")
    await expect(page.locator("#say")).to_have_text("Zamknięto awaryjnie: Pomoc techniczna.")
    found = status(hotline.opening.current(), "support", time.time())  # what the next caller's flow asks
    assert isinstance(found, Closed)
    assert (found.why, found.words) == (Why.EMERGENCY, "Awaria zasilania")
    assert await focused(page) == "department-support"
    await looks_right(page, shots, "supervision-closed")

    assert nodes_of_a_caller_to_sales(hotline)[-1] == "sales_line"
    hotline.later_s = 301.0
    await page.locator("#department-sales").press("Enter")
    await page.keyboard.type("Ewakuacja")
    await press(page, "Enter")
    await expect(page.locator("#step-up-password")).to_be_focused()
    await looks_right(page, shots, "step-up")
    await page.keyboard.type("falsch")
    await press(page, "Enter")
    await expect(page.locator("#step-up-error")).to_have_text("Hasło się nie zgadza.")
    await page.locator("#step-up-password").fill(PASSWORD)
    await press(page, "Enter")
    await expect(page.locator("#say")).to_have_text("Zamknięto awaryjnie: Sprzedaż.")
    assert "sales_line" not in nodes_of_a_caller_to_sales(hotline)
    await page.locator("#department-support").press("Enter")
    await expect(page.locator("#say")).to_have_text("Otwarto: Pomoc techniczna.")
    assert "support" not in hotline.opening.current().closures


async def test_a_supervisor_announces_an_outage_to_those_who_live_there(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await log_in(page, url, "ewa")
    await page.locator(".new-outage summary").press("Enter")
    await page.locator("#areas").fill("Rzeszów\n35-0")
    await page.locator("#outage-text").fill(HOSTILE)
    await page.locator("#outage-until").fill("wczoraj")
    await page.locator("#outage-form button").press("Enter")
    await expect(page.locator("#outage-error")).to_contain_text("Ta godzina jest niepoprawna")
    await looks_right(page, shots, "supervision-outage")
    await page.locator("#outage-until").fill("")
    await page.locator("#outage-form button").press("Enter")
    await expect(page.locator(".outage")).to_contain_text(HOSTILE)
    assert list(await hotline.outages.find(None)) == []
    assert [each["pl"] for each in await hotline.outages.find("1004217")] == [HOSTILE]
    await page.locator(".outage button").press("Enter")
    await expect(page.locator(".outage")).to_have_count(0)
    assert list(await hotline.outages.find("1004217")) == []


async def test_the_supervisors_and_the_watchers_pages_in_english(
    page: Page, house: tuple[House, str], shots: Path, tmp_path: Path
) -> None:
    hotline, url = house
    hotline.flows = [watched_flow(tmp_path)]
    await log_in(page, url, "ewa")
    await expect(page.get_by_role("link", name="Łącza")).to_have_count(0)
    assert (await page.context.request.get(f"{url}/trunks")).status == 403, "it is the network engineers'"
    await choose(page, language="en", theme="dark")  # the picture follows, too
    await expect(page.locator("h1")).to_have_text("The line now")
    await expect(page.locator(".department").first).to_be_visible()
    await page.locator("#department-support").click()
    await looks_right(page, shots, "supervision-close")
    await page.goto(f"{url}/flows")
    await looks_right(page, shots, "flows")
    await page.get_by_role("link", name="general").press("Enter")
    await expect(page.locator("#nodes-title")).to_have_text("The same figures in a table")
    await looks_right(page, shots, "flow-dark")
    ink = "getComputedStyle(document.querySelector('svg .name')).fill"
    assert await page.evaluate(ink) == "rgb(233, 239, 243)"


async def test_whoever_is_no_supervisor_has_no_such_page(page: Page, house: tuple[House, str]) -> None:
    _, url = house
    await log_in(page, url)
    answer = await page.context.request.get(f"{url}/supervision")
    assert answer.status == 403
    assert (await page.context.request.get(f"{url}/api/console/floor")).status == 403


@pytest.mark.parametrize("size", ["100", "200"])
async def test_english_large_and_dark_is_chosen_and_kept(
    page: Page, house: tuple[House, str], shots: Path, size: str
) -> None:
    hotline, url = house
    await page.goto(f"{url}/login")
    await choose(page, language="en", size=size, theme="dark")
    await looks_right(page, shots, f"login-{size}", LARGE if size == "200" else tuple(WIDTHS))
    await log_in(page, url)
    await expect(page.locator("#details")).to_have_text("after log-in")
    await page.locator("#ready").click()
    hotline.arrive("i1", KNOWN, Lane.ACCESSIBILITY)
    await expect(page.locator("#stages [aria-current]")).to_have_text("Ringing")
    await expect(page.locator("#say-now")).to_contain_text("New call, accessibility support")
    await looks_right(page, shots, f"pop-{size}", LARGE if size == "200" else tuple(WIDTHS))
    await page.locator(".look summary").click()
    await looks_right(page, shots, f"look-{size}", LARGE if size == "200" else tuple(WIDTHS))


async def test_shortcuts_act_unless_somebody_types_or_has_switched_them_off(
    page: Page, house: tuple[House, str]
) -> None:
    _, url = house
    await log_in(page, url)
    await press(page, "d")
    await expect(page.locator("#state-text")).to_have_text("Dostępny")
    await page.locator("#reason").focus()
    await press(page, "p")  # chooses in the list, and is no shortcut there
    await page.locator("#ready").focus()
    await expect(page.locator("#state-text")).to_have_text("Dostępny")
    await press(page, "p")
    await expect(page.locator("#state-text")).to_have_text("Przerwa")
    await choose(page, shortcuts="off")
    await expect(page.locator("#ready")).to_be_enabled()
    await press(page, "d", "r")
    await expect(page.locator("#state-text")).to_have_text("Przerwa")
    assert await focused(page) != "call"
