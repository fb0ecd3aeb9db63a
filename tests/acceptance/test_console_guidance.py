"""What helps during a call, in a real Chromium and by keyboard: the knowledge base, and what came of the talk."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from ivr_flows import SHIPPED, Known
from telephony.core.article import Article
from telephony.core.engine import Engine
from telephony.core.ids import QueueName
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import Lane
from telephony.flows import load_all
from telephony.guidance import article_file
from telephony.knowledge import index
from telephony.shipped import CONFIG_FOLDER
from tests.acceptance.console_scene import HOSTILE, KNOWN, House, focused, log_in, looks_right, press

HOUSE = Known(frozenset({"sales", "support", "billing"}), frozenset({"sales", "support", "billing"}))
HOSTILE_ARTICLE = Article("hostile", f"Awaria {HOSTILE}", "pl", (), (), (HOSTILE,), f"## {HOSTILE}\n- sygnał {HOSTILE}")
REQUIRED = Rules({QueueName("support"): QueueRules(wrap_up_s=3600.0, disposition=True)})


async def test_an_article_is_found_read_and_judged_by_keyboard(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    articles = (*article_file.load_all(CONFIG_FOLDER / "articles"), HOSTILE_ARTICLE)
    await hotline.store.articles.replace_all(map(index, articles))
    hotline.flows = list(load_all(SHIPPED, HOUSE).flows.values())
    await log_in(page, url)
    await press(page, "d")
    hotline.console.device_changed("anna", "NOT_INUSE")
    hotline.arrive("i1", KNOWN, Lane.ACCESSIBILITY, path=("support.menu", "support.television"))
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")
    hotline.answer("i1")
    await expect(page.locator("#article-list button").first).to_have_text(
        "Telewizja: brak obrazu lub komunikat na dekoderze"
    )
    await expect(page.locator("#trail")).to_have_text("W menu: Telewizja")
    await press(page, "b")
    await page.keyboard.type("slaby zasieg wifi")
    await expect(page.locator("#article-list button").first).to_have_text("Słaby zasięg Wi-Fi w mieszkaniu")
    await looks_right(page, shots, "articles", (1280,))
    await press(page, "b")  # a letter in the field
    await expect(page.locator("#article-search")).to_have_value("slaby zasieg wifib")
    await press(page, "Backspace", "Tab", "Enter")
    await expect(page.locator("#article-title")).to_be_focused()
    await expect(page.locator("#article-body")).to_contain_text("Sieć 5 GHz jest szybsza")
    await press(page, "Tab", "Tab", "Enter")
    await expect(page.locator("#article-use-told")).to_have_text("Zapisano, dziękujemy.")
    await looks_right(page, shots, "article")
    await press(page, "Escape")
    await expect(page.locator("#article-search")).to_be_focused()
    used = await hotline.store.articles.uses(0.0)
    assert used == {("slabe-wifi", "opened"): 1, ("slabe-wifi", "did_not_help"): 1}
    await page.locator("#article-search").fill("awaria sygnal img")
    await page.get_by_role("button", name=HOSTILE).click()
    await expect(page.locator("#article-body h4")).to_have_text(HOSTILE)
    assert await page.locator("#articles img, #articles script").count() == 0


async def test_no_next_call_before_it_is_said_what_came_of_the_last(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    hotline.engine = Engine(REQUIRED)
    await log_in(page, url)
    await press(page, "d")
    hotline.console.device_changed("anna", "NOT_INUSE")
    hotline.arrive("i1", KNOWN, Lane.STANDARD)
    await expect(page.locator("#stages [aria-current]")).to_have_text("Dzwoni")
    hotline.answer("i1")
    hotline.hang_up("i1", "000413-5")
    await expect(page.locator("#disposition-list")).to_contain_text("Potrzebny przed następną rozmową.")
    await press(page, "d")
    await expect(page.locator("#hint")).to_contain_text("Zapisz najpierw wynik rozmowy")
    await looks_right(page, shots, "disposition")
    await page.reload()
    await expect(page.locator("#disposition-list select")).to_be_visible()
    await press(page, "w")
    assert await focused(page) == "disposition-i1"
    await page.keyboard.type("Rozw")
    await press(page, "Tab", "Enter")
    await expect(page.locator("#disposition-list")).to_contain_text("Zapisano: Rozwiązane w rozmowie")
    assert await focused(page) == "disposition-i1"
    await press(page, "Tab", "Shift+Tab")
    await page.locator("#call").focus()
    await press(page, "d")
    await expect(page.locator("#state-text")).to_have_text("Dostępny")


async def test_a_script_is_gone_through_by_keyboard(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await log_in(page, url)
    await press(page, "d")
    hotline.console.device_changed("anna", "NOT_INUSE")
    hotline.arrive("i1", KNOWN, Lane.STANDARD)
    await expect(page.locator("#script-say")).to_contain_text("Dzień dobry, pomoc techniczna MARSOFT.")
    await press(page, "k", "Tab", "Enter")
    await expect(page.locator("#script-say")).to_contain_text("Czy na karcie jest znana awaria")
    await expect(page.locator("#script-say")).to_be_focused()
    await press(page, "Tab", "Tab", "Enter")
    await expect(page.locator("#script-articles button")).to_have_text("Artykuł: brak-internetu")
    await looks_right(page, shots, "script")
    await page.locator("#script-back").focus()
    await press(page, "Enter")
    await expect(page.locator("#script-say")).to_contain_text("Czy na karcie jest znana awaria")
