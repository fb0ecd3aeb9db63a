"""The page of trunks in a real Chromium: how they are, planned, applied and taken back by keyboard."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.console_scene import (
    HOSTILE,
    PASSWORD,
    House,
    choose,
    focused,
    log_in,
    looks_right,
    pointed_at,
    press,
    tab_to,
)
from tests.unit.test_store_recorder import INTERVAL
from tests.unit.trunk_scene import NOW, SECRET, hostile, put_in_force, wanted_of

INJECTED = "[...document.querySelectorAll('img[src=x], script:not([src])')].map((e) => e.outerHTML)"


@pytest.mark.parametrize("page", ["light"], indirect=True)
async def test_an_engineer_plans_applies_and_goes_back_without_a_mouse(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    trunks = hotline.trunks
    first = put_in_force(trunks.nodes[0], {"trunks.toml": "old"}, NOW)
    put_in_force(trunks.nodes[0], {"trunks.toml": "older"}, NOW)
    trunks.states, trunks.fails = hostile("north", NOW), {"node-2": ("south does not answer OPTIONS (Unreachable)",)}
    pointed = await pointed_at(page)
    answers: list[str] = []
    await log_in(page, url, "ola")
    page.on("response", lambda answer: answers.append(answer.url))
    await page.get_by_role("link", name="Łącza").press("Enter")
    await expect(page.locator("#states tr")).to_have_count(3)
    await tab_to(page, "plan-button", 40)
    await press(page, "Enter")
    await expect(page.locator("#say")).to_have_text("Plan jest gotowy. Zmian: 6.")
    plan = page.locator("#plan")
    await expect(plan).to_contain_text("adresy łącza south, odstęp między OPTIONS (s): 30 → 10")
    await expect(plan).to_contain_text("dane logowania łącza south, hasło: (ukryte) → (ukryte)")
    await expect(plan).to_contain_text("numer +48221234500: zostanie dodane")
    await expect(plan).to_contain_text("Rozmowy w toku na łączu south: 3.")
    await looks_right(page, shots, "trunks-planned")

    hotline.later_s, trunks.gate = 301.0, type(trunks.gate)()
    await tab_to(page, "apply-button", 40)
    await press(page, "Enter")
    await expect(page.locator("#step-up-password")).to_be_focused()
    assert trunks.desk.job is None
    await page.keyboard.type(PASSWORD)
    await press(page, "Enter")
    await expect(page.locator("#job-nodes li").first).to_have_text("node-1: zapisuję rewizję")
    await expect(page.locator("#job-nodes li").nth(1)).to_have_text("node-2: czeka")
    assert await focused(page) == "job-title"
    await expect(page.locator("#plan-button")).to_be_disabled()
    await looks_right(page, shots, "trunks-applying", (1280,))
    trunks.gate.set()
    await expect(page.locator("#job-head")).to_contain_text("nie wdrożono")
    await expect(page.locator("#job-nodes")).to_contain_text("south does not answer OPTIONS (Unreachable)")
    await expect(page.locator("#job-more")).to_contain_text("node-1 ma nową rewizję (3-")
    await expect(page.locator("#job-more")).to_contain_text("node-2 ma poprzednią rewizję (brak łączy).")
    await looks_right(page, shots, "trunks-failed")

    await tab_to(page, "back-node-1", 40)
    await press(page, "End", "Tab", "Enter")
    await expect(page.locator("#job-head")).to_contain_text("przywrócono wcześniejszą rewizję")
    assert trunks.nodes[0].folder.current() == first
    assert {each[0] for each in trunks.audited} == {"ola"}
    assert [(each[1], each[3]) for each in trunks.audited] == [
        ("apply", "begun"), ("apply", "failed"), ("rollback", "begun"), ("rollback", "done"),
    ]  # fmt: skip
    assert pointed == []
    for address in {each for each in answers if "/api/" in each and "step-up" not in each}:
        if not address.endswith(("/apply", "/rollback")):
            assert SECRET not in await (await page.request.get(address)).text()
    assert SECRET in wanted_of().texts["pjsip.conf"], "there is one that could have been told"


@pytest.mark.parametrize("page", ["dark"], indirect=True)
async def test_what_others_have_put_into_trunks_stays_text_in_english(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    hotline.trunks.states, hotline.trunks.text = hostile(HOSTILE, NOW), "own = 1\n"
    await hotline.store.quality.record_intervals([replace(INTERVAL, trunk="north", starts_at=time.time())])
    await log_in(page, url, "ola")
    await page.goto(f"{url}/trunks")
    await choose(page, language="en")
    await expect(page.locator("#states tr")).to_have_count(3)
    await expect(page.locator("#states")).to_contain_text("put last since")
    await expect(page.locator("#states")).to_contain_text("narrowband")
    await page.locator("#plan-button").press("Enter")
    await expect(page.locator("#plan")).to_contain_text("line 1, column 1: ")
    await expect(page.locator("#apply-button")).to_be_hidden()
    await looks_right(page, shots, "trunks-wrong-file")
    assert await page.evaluate(INJECTED) == []
    assert "hacked" not in await page.title()
