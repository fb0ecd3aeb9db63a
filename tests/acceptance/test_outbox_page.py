"""The outbox in a real Chromium: what waits, what was put aside and why, and sending it again by keyboard."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from telephony.core.outbox import Message
from tests.acceptance.console_scene import HOSTILE, House, focused, log_in, looks_right


async def test_what_was_not_taken_is_seen_with_its_reason_and_sent_again(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    outbox = hotline.store.outbox
    await outbox.keep_messages([Message(f"m-{each}", "crm", "{}", 1_790_000_000.0 + each) for each in range(4)])
    await outbox.message_failed("m-1", 0.0, "HTTP 422", 1_790_000_100.0)
    await outbox.message_failed("m-2", 0.0, HOSTILE, 1_790_000_200.0)
    await log_in(page, url, "ewa")
    await page.get_by_role("link", name="Wysyłka").press("Enter")
    await expect(page.locator("#dead tr")).to_have_count(2)
    await expect(page.locator("#waiting td").first).to_have_text("2")
    await expect(page.locator("#dead")).to_contain_text(HOSTILE)
    await looks_right(page, shots, "outbox")
    await page.get_by_role("button", name="Wyślij ponownie m-1").press("Enter")
    await expect(page.locator("#say")).to_have_text("Wysyłam ponownie.")
    await expect(page.locator("#dead tr")).to_have_count(1)
    assert await focused(page) == "dead-title"
    assert [each.id for each in await outbox.dead_messages()] == ["m-2"]
    assert await outbox.retry(None, 0.0) == 1
    await page.reload()
    await expect(page.locator("#none-dead")).to_be_visible()
    await looks_right(page, shots, "outbox-none-dead")


async def test_a_consultant_is_not_shown_the_outbox(page: Page, house: tuple[House, str]) -> None:
    _, url = house
    await log_in(page, url, "anna")
    answer = await page.request.get(f"{url}/outbox")
    assert answer.status == 403
    await expect(page.get_by_role("link", name="Wysyłka")).to_have_count(0)
