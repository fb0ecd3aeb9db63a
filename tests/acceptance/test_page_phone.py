"""The phone in the page, heard: a real Chromium at a real Asterisk, and a tone that is sent is the tone received."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from telephony.core.views import CallState
from tests.acceptance.console_checks import FLAGS, chromium
from tests.acceptance.console_scene import looks_right
from tests.acceptance.world import AGENT, CUSTOMER_HZ, World, world
from tests.patience import patience as patience  # noqa: PLC0414 - a fixture, used by its name
from tests.tones import part_strength, tone

pytestmark = pytest.mark.usefixtures("patience")

READY = "Telefon gotowy: rozmowy dzwonią tutaj."
MICROPHONE_HZ = 880.0
GENERAL = "+48220000100"
CALLER = "+48500000001"
STEP_MS = 30_000.0  # words are said before the line
MEDIA_FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)

# The strongest frequency of what the page plays, once there is any sound; told in hertz.
HEARD_HZ = """
() => new Promise((resolve) => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(document.getElementById("phone-audio").srcObject).connect(analyser);
  const powers = new Float32Array(analyser.frequencyBinCount);
  const look = setInterval(() => {
    analyser.getFloatFrequencyData(powers);
    const loudest = powers.indexOf(Math.max(...powers));
    if (powers[loudest] < -50) return;
    clearInterval(look);
    resolve(loudest * context.sampleRate / analyser.fftSize);
  }, 100);
})
"""


@pytest.fixture
async def microphone(tmp_path: Path) -> AsyncIterator[Page]:
    """A window whose microphone hears one tone, without end."""
    sound = tone(tmp_path / "microphone.wav", MICROPHONE_HZ)
    async with async_playwright() as playwright:
        flags = [*FLAGS, *MEDIA_FLAGS, f"--use-file-for-fake-audio-capture={sound}"]
        chrome = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = await chrome.new_context(locale="pl-PL", permissions=["microphone"])
        yield await context.new_page()
        await chrome.close()


async def log_in_here(page: Page, hotline: World) -> None:
    await page.goto(hotline.house.console_url)
    await page.locator("#login").fill(AGENT)
    await page.locator("#password").fill(hotline.house.password(AGENT))
    await page.keyboard.press("Enter")


async def phone_in_page(page: Page, hotline: World) -> None:
    """Logged in, and the page is the phone."""
    await log_in_here(page, hotline)
    await page.get_by_role("button", name="Rozmawiaj w tej stronie").click()
    await expect(page.locator("#phone-state")).to_have_text(READY)


async def test_a_caller_and_a_consultant_in_the_page_hear_one_another(
    microphone: Page, tmp_path: Path, shots: Path
) -> None:
    page = microphone
    async with world(tmp_path / "world", dispositions=False) as hotline:
        await phone_in_page(page, hotline)
        await page.get_by_text("Dźwięk", exact=True).click()
        await page.get_by_label("Tłum szumy i echo").uncheck()  # a tone is noise
        await page.get_by_role("button", name="Dostępny").click()
        call = await hotline.calls(GENERAL, CALLER)
        await hotline.until(lambda seen: any(each.state is CallState.MENU for each in seen))
        await call.dtmf("2")
        await expect(page.locator("#phone-state")).to_have_text("Telefon dzwoni.", timeout=STEP_MS)
        await looks_right(page, shots, "phone-rings")
        await page.keyboard.press("a")
        await expect(page.locator("#phone-state")).to_have_text("Rozmowa w tej stronie trwa.")
        assert await page.evaluate(HEARD_HZ) == pytest.approx(CUSTOMER_HZ, abs=12)
        await expect(page.locator("#phone-quality")).to_have_text("Jakość: dobra")
        await looks_right(page, shots, "phone-talks")
        await page.get_by_role("button", name="Rozłącz").click()
        await call.ended()
        assert part_strength(hotline.folder / f"heard-by-{CALLER[1:]}.wav", MICROPHONE_HZ) > 0.8
        await page.get_by_role("button", name="Wróć do telefonu na biurku").click()
        await expect(page.locator("#phone-state")).to_have_text("Rozmowy dzwonią na telefonie na biurku.")


async def gone(hotline: World, told_by: str) -> None:
    """Until Asterisk's command line does not name the page's phone any more."""
    async with asyncio.timeout(STEP_MS / 1000):
        while "anna-page" in await hotline.house.asterisk.command(told_by):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)


async def test_one_tab_is_the_phone_and_no_phone_is_left_behind(microphone: Page, tmp_path: Path) -> None:
    page = microphone
    async with world(tmp_path / "world", dispositions=False) as hotline:
        await phone_in_page(page, hotline)
        other = await page.context.new_page()
        await other.goto(hotline.house.console_url)
        await expect(other.locator("#phone-state")).to_contain_text("w innej karcie")
        await page.close()
        await expect(other.locator("#phone-state")).to_have_text(READY, timeout=STEP_MS)
        await other.reload()
        await expect(other.locator("#phone-state")).to_have_text(READY, timeout=STEP_MS)
        kept = "database show hotline_page"
        assert "anna-page" in await hotline.house.asterisk.command(kept)
        await other.get_by_role("button", name="Wróć do telefonu na biurku").click()
        await expect(other.locator("#phone-state")).to_have_text("Rozmowy dzwonią na telefonie na biurku.")
        await gone(hotline, kept)
        await gone(hotline, "pjsip show contacts")
