"""Surveys and visits in a real Chromium: the page behind a link without JavaScript, and the pages of staff."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from telephony.appointments import read_list
from telephony.core.periods import day_of, quarter_of, week_of
from tests.acceptance.console_scene import House, log_in, looks_right, press

TOKEN = "t" * 43


async def test_a_customer_answers_without_javascript_and_by_keyboard(
    chrome: Browser, page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await hotline.outreach.asked("s-x", TOKEN)
    await page.goto(f"{url}/survey/{TOKEN}")
    await looks_right(page, shots, "survey")
    context = await chrome.new_context(java_script_enabled=False, locale="en-GB")
    plain = await context.new_page()
    await plain.goto(f"{url}/survey/{TOKEN}?lang=en")
    await expect(plain.locator("h1")).to_have_text("How did we do?")
    await plain.locator("#nps-9").focus()
    await press(plain, "ArrowRight", "Tab", "Space", "Tab")
    await plain.keyboard.type("Dziękuję, świetnie")
    await press(plain, "Tab", "Enter")
    await expect(plain.locator("h1")).to_have_text("Thank you")
    await context.close()
    (comment,) = await hotline.store.surveys.comments(quarter_of(day_of(time.time())), 9)
    assert comment.comment == "Dziękuję, świetnie"
    assert await hotline.store.surveys.scores(quarter_of(day_of(time.time()))) == {
        ("csat", "support"): {1: 1}, ("nps", "support"): {10: 1},
    }  # fmt: skip
    await page.goto(f"{url}/survey/" + "u" * 43)
    await looks_right(page, shots, "survey-gone", (360,))


async def test_a_supervisor_sees_the_quarter_and_the_week(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await hotline.outreach.answered()
    await log_in(page, url, "ewa")
    await page.get_by_role("link", name="Ankiety").press("Enter")
    await expect(page.locator("#departments tr")).to_have_count(2)
    await expect(page.locator("#departments tr").first).to_contain_text("Wszystkie działy40od")
    await expect(page.locator("#picture circle")).to_have_count(2)
    await page.locator("#week").fill(week_of(day_of(time.time())).name)
    await press(page, "Enter")
    await expect(page.locator(".comments li")).to_have_count(2)
    await expect(page.locator(".comments")).to_contain_text("Proszę dzwonić: •••")
    assert await page.title() == "Ankiety · MARSOFT"
    await looks_right(page, shots, "surveys")
    await page.locator("#quarter").fill("2026Q9")
    await press(page, "Enter")
    await expect(page.locator("#quarter-error")).to_be_visible()
    await looks_right(page, shots, "surveys-wrong", (360,))


async def test_visits_are_in_sight_and_a_supervisor_takes_one_back(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    day = (day_of(time.time()) + timedelta(days=2)).isoformat()
    text = f"reference,number,date,time,place\nZ-1,600100200,{day},10:30,Polna 5\nZ-2,600100201,{day},12:00,Nowa 1\n"
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/appointments")
    await expect(page.locator("#none")).to_contain_text("Nie ma żadnych wizyt")
    await hotline.outreach.desk.load(read_list(text, hotline.outreach.desk.rules, time.time()))
    await page.reload()
    await expect(page.locator("#list tr")).to_have_count(2)
    await looks_right(page, shots, "appointments")
    await page.get_by_role("button", name="Nie dzwonić w sprawie Z-1").press("Enter")
    await expect(page.locator("#say")).to_have_text("Nie dzwonimy już w sprawie Z-1.")
    await expect(page.locator("#list")).to_contain_text("Odwołana")
    assert "Polna" not in await page.content()
