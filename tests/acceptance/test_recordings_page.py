"""Recordings in a real Chromium: found, asked why, and played by keyboard, without anything left behind."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from playwright.async_api import Page, expect

from telephony.core.ids import InteractionId
from telephony.core.recording import Recording, RecordingKind
from tests.acceptance.console_scene import PASSWORD, House, focused, log_in, looks_right, press
from tests.unit.test_vault import put, silence, tone

CALL = InteractionId("0190a1b2-c3d4-7e5f-8a9b-000000000001")
NAME = f"{CALL}-talk"
WHY = "reklamacja 000412-7: co obiecano"
PLACE = "document.querySelector('#sound').currentTime"
KEPT = "caches.keys().then((keys) => keys.length + localStorage.length + sessionStorage.length)"


async def plays_between(page: Page, begin_s: float, end_s: float) -> None:
    """Until it plays there."""
    async with asyncio.timeout(20):
        while not begin_s < await page.evaluate(PLACE) < end_s:  # noqa: ASYNC110 - a player tells only its page
            await asyncio.sleep(0.1)


async def test_a_supervisor_says_why_and_listens_by_keyboard(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    facts = put(hotline.vault, NAME, tone(8) + silence(30) + tone(22), silence(60), muted=((2.0, 4.5),))
    begun = time.time() - 3600
    await hotline.store.recordings.add(Recording(NAME, CALL, RecordingKind.TALK, begun, facts.duration_s, begun + 90))
    await log_in(page, url, "ewa")
    hotline.later_s = 600.0  # the log-in is proof enough for five minutes
    await page.get_by_role("link", name="Nagrania").press("Enter")
    await expect(page.locator("#list tr")).to_have_count(1)
    await looks_right(page, shots, "recordings")
    await page.get_by_role("button", name="Wybierz nagranie").press("Enter")
    await expect(page.locator("#one-title")).to_be_focused()
    await expect(page.locator("#player")).to_be_hidden()
    await page.locator("#reason").fill(WHY)
    await press(page, "Enter")
    await page.locator("#step-up-password").fill(PASSWORD)
    assert hotline.heard == []
    await press(page, "Enter")
    await expect(page.locator("#play")).to_be_focused()
    assert hotline.heard == [("ewa", "", CALL, WHY)]
    await expect(page.locator("#muted")).to_have_text("Wyciszono: 0:02 do 0:04.")
    await looks_right(page, shots, "recording-played")
    await press(page, "Enter")
    await expect(page.locator("#play")).to_have_text("Zatrzymaj")
    await plays_between(page, 0.3, 5)
    await page.locator("#skip-silence").press("Space")
    await page.locator("#forth").press("Enter")
    await plays_between(page, 37, 50)  # the silence from 8 s to 38 s is left out
    await page.locator("#play").press("Enter")
    await expect(page.locator("#play")).to_have_text("Odtwarzaj")
    await page.locator("#place").focus()
    await press(page, "End", "ArrowLeft")
    await expect(page.locator("#time")).to_have_text("0:59 z 1:00")
    assert await page.locator("#place").get_attribute("aria-valuetext") == "59 s"
    kept = await page.evaluate(
        "caches.keys().then((keys) => keys.length + localStorage.length + sessionStorage.length)"
    )
    assert kept == 0
    await page.get_by_role("button", name="Wybierz nagranie").press("Enter")
    await expect(page.locator("#player")).to_be_hidden()
    assert await page.locator("#sound").get_attribute("src") is None


async def test_a_consultant_does_not_see_it_and_nothing_is_found_is_told(page: Page, house: tuple[House, str]) -> None:
    hotline, url = house
    await log_in(page, url, "anna")
    await expect(page.get_by_role("link", name="Nagrania")).to_have_count(0)
    assert (await page.context.request.get(f"{url}/recordings")).status == 403
    await page.context.clear_cookies()
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/recordings")
    await expect(page.locator("#none")).to_be_visible()
    await page.locator("#ticket").fill("123456")
    await press(page, "Enter")
    await expect(page.locator("#find-error")).to_contain_text("To nie jest numer zgłoszenia")
    assert await focused(page) == "ticket"
    assert hotline.heard == []
