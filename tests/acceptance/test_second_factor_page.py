"""A second factor in a real Chromium, over TLS with a self-made certificate and without a mouse."""

from __future__ import annotations

import time
from base64 import b32decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from telephony.console.rules import ConsoleRules
from telephony.core import totp
from telephony.core.account import Role
from telephony.settings import Settings
from telephony.site_settings import Site
from telephony.tls import Tls, pair_of
from tests.acceptance.console_scene import PASSWORD, House, choose, looks_right, press, tab_to


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[House, str]]:
    with monkeypatch.context() as without:
        without.delenv("HOTLINE_DATA", raising=False)  # the environment would win
        pair = pair_of(Settings(data=tmp_path, console=Site(tls="self-made")))
    assert pair
    house = House(tmp_path, ConsoleRules(totp_roles=frozenset({Role.SUPERVISOR}), secure_cookies=True))
    port = await house.console.start("127.0.0.1", 0, Tls(pair).context)
    yield house, f"https://localhost:{port}"
    await house.console.stop()


async def give_password(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#login")).to_be_focused()
    await page.keyboard.type("ewa")
    await press(page, "Tab")
    await page.keyboard.type(PASSWORD)
    await press(page, "Enter")


async def test_a_supervisor_sets_a_phone_up_and_proves_to_be_there_with_it(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await give_password(page, url)
    await expect(page.locator(".factor-picture svg")).to_be_visible()
    if await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"):
        await choose(page, language="en")
    await looks_right(page, shots, "second-factor-must")
    secret = b32decode((await page.locator(".factor-secret code").inner_text()).replace(" ", ""))

    def fresh() -> str:
        """A code that was not used; the console's clock goes on meanwhile."""
        hotline.later_s += 60.0
        return totp.code_of(secret, totp.step_at(time.time() + hotline.later_s))

    await tab_to(page, "code")
    await page.keyboard.type(fresh())
    await press(page, "Enter")
    await expect(page.locator(".factor-codes li")).to_have_count(10)
    await looks_right(page, shots, "second-factor-codes")
    paper = await page.locator(".factor-codes li").first.inner_text()
    await page.locator("main > form button").press("Enter")
    await expect(page.locator("#floor")).to_be_visible()

    hotline.later_s += 301.0
    await page.locator("#department-sales").press("Enter")
    await page.keyboard.type("Ewakuacja")
    await press(page, "Enter")
    await expect(page.locator("#step-up-password")).to_be_focused()
    await expect(page.locator("#step-up-code")).to_be_visible()
    await looks_right(page, shots, "step-up-code")
    await page.keyboard.type(PASSWORD)
    await tab_to(page, "step-up-code")
    await page.keyboard.type("000000")
    await press(page, "Enter")
    await expect(page.locator("#step-up-error")).to_be_visible()
    await expect(page.locator("#step-up-code")).to_be_focused()
    await page.locator("#step-up-code").fill(fresh())
    await press(page, "Enter")
    await expect(page.locator("#step-up")).to_be_hidden()
    assert "sales" in hotline.opening.current().closures

    await page.goto(f"{url}/account/second-factor")
    await looks_right(page, shots, "second-factor-on")
    await page.locator(".who-am-i button").press("Enter")
    await give_password(page, url)
    await expect(page.locator("#code")).to_be_focused()
    await looks_right(page, shots, "second-factor-code")
    await page.keyboard.type(paper.lower())
    await press(page, "Enter")
    await expect(page.locator("#floor")).to_be_visible()


async def test_a_consultant_finds_it_in_the_own_account(page: Page, house: tuple[House, str], shots: Path) -> None:
    _, url = house
    await page.goto(url)
    await page.locator("#login").fill("anna")
    await page.locator("#password").fill(PASSWORD)
    await press(page, "Enter")
    await expect(page.locator("#ready")).to_be_enabled()  # its WebSocket goes over TLS
    await page.goto(f"{url}/account")
    await page.locator("#factor-title ~ p a").press("Enter")
    await expect(page.locator(".factor-picture svg")).to_be_visible()
    await page.locator("#password").fill("falsch")
    await page.locator("#code").fill("000000")
    await press(page, "Enter")
    await expect(page.locator("#message")).to_have_text("Hasło się nie zgadza.")
    await looks_right(page, shots, "second-factor-own")
