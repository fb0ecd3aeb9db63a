"""The console's page in a real Chromium: keyboard only, hostile text, three widths, no word on the error console."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

from playwright.async_api import Page, expect

from telephony.core.events import (
    CallHeld,
    DialEnded,
    NodeLost,
    NodeSnapshot,
)
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.note import Note
from telephony.core.views import Lane, SpanKind
from tests.acceptance.console_scene import (
    HOSTILE,
    HOSTILE_NUMBER,
    KNOWN,
    House,
    focused,
    log_in,
    looks_right,
    pointed_at,
    press,
    tab_to,
)
from tests.unit.watched_flow import watched_flow


async def pauses_the_recording(page: Page) -> None:
    await tab_to(page, "recording-change", 60)
    await press(page, "Enter")
    await expect(page.locator("#recording-state")).to_contain_text("dane karty płatniczej")
    await press(page, "n")


async def another_window_writes(page: Page, hotline: House) -> None:
    """Into the same note: nothing of either text is lost."""
    assert await hotline.store.notes.keep("i1", "anna", Note("Z innego okna.", 5, 1000.0))
    await press(page, "n", "Control+End", "!")
    await expect(page.locator("#note")).to_have_value("Z innego okna.\nRouter <b>mruga</b>.!")
    await expect(page.locator("#note-saved")).to_contain_text("Zapisano")


async def chooses_what_came_of_it(page: Page) -> None:
    await press(page, "w")
    await expect(page.locator("#disposition-i1")).to_be_focused()
    await page.keyboard.type("Rozw")
    await press(page, "Tab", "Enter")
    await expect(page.locator("#disposition-list")).to_contain_text("Zapisano: Rozwiązane w rozmowie")


async def signs_out(page: Page) -> None:
    await tab_to(page, "Wyloguj", 80)
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Logowanie")


async def test_a_whole_call_by_keyboard(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    pointed = await pointed_at(page)
    await page.goto(url)
    await looks_right(page, shots, "login")
    await log_in(page, url)
    await expect(page.locator("#details")).to_have_text("po zalogowaniu")
    await looks_right(page, shots, "signed-in")

    await tab_to(page, "ready")
    await press(page, "Enter")
    await expect(page.get_by_role("button", name="Dostępny")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#idle-title")).to_have_text("Gotowość do rozmowy")

    hotline.console.device_changed("anna", "NOT_INUSE")
    before = await focused(page)
    hotline.arrive("i1", KNOWN, Lane.ACCESSIBILITY)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Katarzyna Żółkiewska-Brzęczyszczykiewicz")
    await expect(page.locator("#badge")).to_be_visible()
    await expect(page.get_by_role("heading", name="Bez pośpiechu")).to_be_visible()
    await expect(page.locator("#number")).to_have_text("+48 500 000 123")
    await expect(page.locator("#topic")).to_have_text("Pomoc techniczna")
    await expect(page.locator("#say-now")).to_contain_text("Nowa rozmowa, wsparcie dostępności")
    assert await focused(page) == before, "a pop must not take the focus away"
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")  # the dial follows the painted pop
    timing = hotline.console.pop_timing(InteractionId("i1"))[0]
    assert (timing.visible, timing.before_ring) == (True, True)
    hotline.arrive("i2", "+48600100201", Lane.STANDARD, "sales")
    hotline.arrive("i3", None, Lane.ACCESSIBILITY)
    await expect(page.locator(".lane-count").first).to_have_text("1")
    await looks_right(page, shots, "pop")

    hotline.answer("i1")
    hotline.console.device_changed("anna", "INUSE")
    await expect(page.locator("#stages [aria-current]")).to_have_text("Rozmowa")
    await pauses_the_recording(page)
    await page.keyboard.type("Router <b>mruga</b>.")
    await expect(page.locator("#note-saved")).to_contain_text("Zapisano")
    assert [note["text"] for note in hotline.memory.notes.values()] == ["Router <b>mruga</b>."]
    await page.reload()
    await expect(page.locator("#note")).to_have_value("Router <b>mruga</b>.")
    await another_window_writes(page, hotline)
    await tab_to(page, "pause")
    await press(page, "Enter")
    await expect(page.locator("#details")).to_have_text("potem przerwa: odpoczynek")
    await looks_right(page, shots, "talk")

    hotline.hang_up("i1", "000414-3")
    await expect(page.locator("#ticket-number")).to_have_text("000414-3")
    await expect(page.locator("#state-text")).to_have_text("Przerwa")
    await looks_right(page, shots, "after")
    await chooses_what_came_of_it(page)

    await signs_out(page)
    assert hotline.engine.agents()[0].state == "off"
    assert not pointed, "nothing was done by pointing"


async def test_a_stranger_is_found_by_name_and_the_card_is_that_customers(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await log_in(page, url)
    await page.get_by_role("button", name="Dostępny").click()
    hotline.arrive("i1", "+48600100299", Lane.STANDARD)
    await expect(page.locator("#certainty")).to_have_text("Tożsamość nieznana.")
    await press(page, "s")
    await page.keyboard.type("Żółk")
    await press(page, "Enter")
    await expect(page.locator("#search-told")).to_have_text("Znaleziono: 1")
    await press(page, "Tab", "Tab")
    await looks_right(page, shots, "found")
    await press(page, "Enter")
    await expect(page.locator("#who")).to_contain_text("Żółkiewska")
    await expect(page.locator("#certainty")).to_contain_text("Tożsamość niepotwierdzona")
    await expect(page.locator("#search-told")).to_contain_text("Karta tej rozmowy")
    await expect(page.locator("#closed")).to_have_text("Po potwierdzeniu tożsamości PIN-em także: faktury.")


async def test_holds_and_what_nobody_knows_stand_beside_the_call(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await log_in(page, url)
    await page.get_by_role("button", name="Dostępny").click()
    hotline.arrive("i1", KNOWN, Lane.STANDARD)
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")
    hotline.answer("i1")
    await expect(page.locator("#stages [aria-current]")).to_have_text("Rozmowa")
    await expect(page.locator("#held-fact")).to_be_hidden()
    await expect(page.locator("#unknown-fact")).to_be_hidden()
    hotline.submit(CallHeld(InteractionId("i1"), 1, held=True))
    await expect(page.locator("#held-fact")).to_contain_text("Zawieszona")
    hotline.submit(NodeLost("node-1", time.time(), SpanKind.LINK))
    await expect(page.locator("#unknown")).to_have_text(re.compile(r"^0:\d\d, przerwa w łączności z centralą$"))
    hotline.submit(NodeSnapshot("node-1", frozenset({Uniqueid("i1")}), time.time()))
    await looks_right(page, shots, "unknown")


async def test_what_callers_send_is_text(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await log_in(page, url)
    await page.get_by_role("button", name="Dostępny").click()
    hotline.arrive("i1", HOSTILE_NUMBER, Lane.STANDARD)
    await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    await expect(page.locator("#number")).to_have_text(HOSTILE_NUMBER)
    await expect(page.locator("#customer-address")).to_have_text(HOSTILE)
    await looks_right(page, shots, "hostile")
    hotline.answer("i1")
    hotline.hang_up("i1", HOSTILE)
    hotline.arrive("i2", "+48600100201", Lane.STANDARD)
    await tab_to(page, "ready")
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Numer nieznany w bazie")
    await expect(page.locator("#recent")).to_contain_text(HOSTILE)
    assert await page.locator("main img, main script, aside img, aside script").count() == 0
    assert "hacked" not in await page.title()


async def test_a_lost_connection_says_so_and_misses_nothing(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await log_in(page, url)
    await page.get_by_role("button", name="Dostępny").click()
    await expect(page.locator("#state-text")).to_have_text("Dostępny")
    await hotline.console.stop()
    await expect(page.locator("#offline")).to_contain_text("Brak połączenia z serwerem")
    await expect(page.get_by_role("button", name="Dostępny")).to_be_disabled()
    await looks_right(page, shots, "offline")
    hotline.arrive("i1", KNOWN, Lane.STANDARD)
    await hotline.console.start("127.0.0.1", int(url.rpartition(":")[2]))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Katarzyna Żółkiewska-Brzęczyszczykiewicz")
    await expect(page.locator("#offline")).to_be_hidden()
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")
    assert len(hotline.console.pop_timing(InteractionId("i1"))) == 1


async def test_an_offer_that_goes_elsewhere_leaves_a_trace(page: Page, house: tuple[House, str]) -> None:
    hotline, url = house
    await log_in(page, url)
    await page.get_by_role("button", name="Dostępny").click()
    hotline.arrive("i1", None, Lane.STANDARD)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Numer zastrzeżony")
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")
    hotline.ring("i1")
    hotline.submit(DialEnded(InteractionId("i1"), 1, "NOANSWER"))
    await expect(page.locator("#pop")).to_be_hidden()
    await expect(page.locator("#recent")).to_contain_text("Nieodebrana")
    await expect(page.locator("#hint")).to_contain_text("Naciśnij „Dostępny”")
    await expect(page.locator("#say-now")).to_have_text("Rozmowa wróciła do kolejki.")


async def test_flows_are_watched_live_in_a_picture_and_a_table(
    page: Page, house: tuple[House, str], shots: Path, tmp_path: Path
) -> None:
    hotline, url = house
    hotline.flows = [flow := watched_flow(tmp_path)]
    hotline.callers = {("general", flow.revision): {"departments": 3, "support": 12}}
    await log_in(page, url)
    await page.goto(f"{url}/flows")
    await looks_right(page, shots, "flows")
    await page.get_by_role("link", name="general").press("Enter")
    await expect(page.locator("#total")).to_have_text("15")
    await expect(page.locator("#total-words")).to_have_text("rozmów teraz")
    await expect(page.locator('svg [data-node="support"] .count-text')).to_have_text("12")
    await expect(page.locator('svg [data-node="sales"] .count')).to_be_hidden()
    await looks_right(page, shots, "flow")
    for button in (page.locator("#fit"), page.locator("#picture")):
        await button.focus()
        await press(page, "Enter")
    await looks_right(page, shots, "flow-whole")
    hotline.callers = {("general", flow.revision): {"sales": 1}, ("general", "older"): {"support": 1}}
    await expect(page.locator('[data-row="sales"] .count-cell')).to_have_text("1")
    await expect(page.locator('svg [data-node="sales"] .count-text')).to_be_visible()
    await expect(page.locator('svg [data-node="support"] .count')).to_be_hidden()
    await expect(page.locator("#total-words")).to_have_text("rozmowy teraz")
    await expect(page.locator("#earlier")).to_have_text("(w tym 1 według wcześniejszej wersji)")
    await expect(page.locator("#told")).to_be_hidden()
    hotline.problem = "general.yaml:3:5: `nowhere` is not a node\n" + HOSTILE
    await expect(page.locator("#problem-text")).to_contain_text("`nowhere` is not a node")
    await looks_right(page, shots, "flow-problem")
    hotline.problem, hotline.flows = "", [replace(flow, revision="newer")]
    await expect(page.locator("#problem")).to_be_hidden()
    await expect(page.locator("#told")).to_have_text("Jest nowa wersja. Odśwież stronę, aby ją zobaczyć.")


async def test_whoever_watches_is_told_when_the_figures_stop(
    page: Page, house: tuple[House, str], tmp_path: Path
) -> None:
    hotline, url = house
    hotline.flows = [flow := watched_flow(tmp_path)]
    hotline.callers = {("general", flow.revision): {"sales": 1}}
    await log_in(page, url)
    watch = await page.context.new_page()  # Chromium reports what cannot be fetched as an error of the page
    await watch.goto(f"{url}/flows/general")
    await expect(watch.locator("#as-of")).to_contain_text("Stan z")
    await hotline.console.stop()
    await expect(watch.locator("#told")).to_contain_text("Brak połączenia z serwerem")
    hotline.callers = {("general", flow.revision): {"sales": 2}}
    await hotline.console.start("127.0.0.1", int(url.rpartition(":")[2]))
    await expect(watch.locator('[data-row="sales"] .count-cell')).to_have_text("2")
    await expect(watch.locator("#told")).to_be_hidden()
    await watch.context.clear_cookies()
    await expect(watch.locator("#told")).to_contain_text("Sesja wygasła")
