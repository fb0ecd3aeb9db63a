"""Handing a caller over in a real Chromium, by keyboard: the destinations, the note, and what the next one sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.async_api import Page, expect

from telephony.core.commands import AgentChanged, ShowPop
from telephony.core.ids import AgentId, InteractionId
from telephony.core.note import Note
from telephony.core.views import AgentState, CallState, Lane
from tests.acceptance.console_scene import HOSTILE, KNOWN, House, choose, log_in, looks_right, press

PIOTR = AgentId("piotr")


async def test_a_caller_is_handed_to_a_colleague_by_keyboard(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    hotline.console.publish(AgentChanged(PIOTR, AgentState.AVAILABLE, "", 1000.0, None))
    hotline.console.publish(AgentChanged(AgentId(HOSTILE), AgentState.WRAP_UP, "", 1000.0, None))
    await log_in(page, url)
    await press(page, "d")
    hotline.console.device_changed("anna", "NOT_INUSE")
    hotline.arrive("i1", KNOWN, Lane.STANDARD)
    await expect(page.locator("#hand-over")).to_be_hidden()
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")
    hotline.answer("i1")
    await expect(page.locator("#hand-over")).to_be_visible()
    await press(page, "n")
    await page.keyboard.type("Router ma czerwoną diodę")
    await press(page, "Tab", "t")
    await expect(page.get_by_role("button", name="Przekaż: piotr")).to_be_visible()
    await looks_right(page, shots, "hand-over")
    assert await page.locator("#hand-over-dialog img").count() == 0
    await press(page, "Escape")
    await expect(page.locator("#hand-over-dialog")).to_be_hidden()
    await press(page, "t")
    await expect(page.get_by_role("button", name="Przekaż: piotr")).to_be_visible()
    for _ in range(10):
        if await page.evaluate("document.activeElement.ariaLabel") == "Przekaż: piotr":
            break
        await press(page, "Tab")
    await press(page, "Enter")
    await expect(page.locator("#say")).to_have_text("Rozmowa przekazana: piotr.")
    assert hotline.moved == [("i1", "")]
    assert hotline.memory.notes["i1", "anna"]["text"] == "Router ma czerwoną diodę", "saved before the caller goes"


async def test_who_gets_the_caller_reads_the_note(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await hotline.store.notes.keep("i0", "piotr", Note(f"Router ma czerwoną diodę.\n{HOSTILE}", 1, 1000.0))
    await log_in(page, url)
    await choose(page, language="en")
    hotline.arrive("i0", KNOWN, Lane.STANDARD)
    first = hotline.engine.calls()[0]
    hotline.console.publish(ShowPop(replace(first, agent=PIOTR), PIOTR, 1, 1000.0))
    second = replace(first, interaction=InteractionId("i1"), follows=first.interaction, agent=AgentId("anna"))
    hotline.console.publish(ShowPop(replace(second, state=CallState.OFFERED, attempt=1), AgentId("anna"), 1, 1000.0))
    await expect(page.locator("#handed-by")).to_have_text("Handed over by: piotr")
    await expect(page.locator("#handed-note")).to_contain_text(HOSTILE)
    await looks_right(page, shots, "handed-over")
