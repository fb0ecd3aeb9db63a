"""The page about the own account in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from telephony.console.page_client import PageClient
from tests.acceptance.console_scene import PASSWORD, House, choose, log_in, looks_right, press, tab_to


@pytest.mark.parametrize("language", ["pl", "en"])
async def test_somebody_logs_the_other_place_out_and_then_everywhere(
    page: Page, house: tuple[House, str], shots: Path, language: str
) -> None:
    _, url = house
    await log_in(page, url)
    await choose(page, language=language)
    async with PageClient(url, "anna", PASSWORD) as elsewhere:
        await elsewhere.log_in()
        await page.goto(f"{url}/account")
        await expect(page.locator(".session")).to_have_count(2)
        await looks_right(page, shots, "account")
        await tab_to(page, await page.locator(".session button").get_attribute("id") or "")
        await press(page, "Enter")
        await expect(page.locator(".session")).to_have_count(1)
        await expect(page.locator("#say")).to_contain_text("127.0.0.1")
    await tab_to(page, "everywhere")
    await press(page, "Enter")
    await looks_right(page, shots, "account-everywhere")
    await page.locator("#everywhere-form button[type=submit]").press("Enter")
    await page.wait_for_url(f"{url}/login")
    await expect(page.locator("#login")).to_be_focused()
