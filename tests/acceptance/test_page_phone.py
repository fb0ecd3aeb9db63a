"""The phone in the page, heard: a real Chromium at a real Asterisk, and a tone that is sent is the tone received."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from quality.softphone_client import PhoneCall
from telephony.console.page_client import Message
from telephony.console.rules import ConsoleRules
from telephony.core.views import CallState, Outcome, SpanKind
from tests.acceptance.console_checks import FLAGS, chromium
from tests.acceptance.console_scene import House, log_in, looks_right, pointed_at, press, tab_to
from tests.acceptance.world import AGENT, CUSTOMER_HZ, World, page_of, world
from tests.patience import patience as patience  # noqa: PLC0414 - a fixture, used by its name
from tests.tones import end_strength, part_strength, together, tone

pytestmark = pytest.mark.usefixtures("patience")

READY = "Telefon gotowy: rozmowy dzwonią tutaj."
MICROPHONE_HZ = 880.0
GENERAL = "+48220000100"
CALLER = "+48500000001"
OTHER, OTHER_HZ = "piotr", 1320.0
NOTE = "Router ma czerwoną diodę"
STEP_MS = 30_000.0  # words are said before the line
MEDIA_FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)

# Connections of media that the page opens, and the names of both ends' credentials: an ICE restart changes them.
OPEN_MEDIA = """
window.media = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...how) { super(...how); window.media.push(this); }
};
"""
WATCHED = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": -1}
WAYS = """
() => {
  const { localDescription, remoteDescription } = window.media.at(-1);
  return [localDescription, remoteDescription].map(({ sdp }) => sdp.match(/a=ice-ufrag:(\\S+)/)[1]);
}
"""

# The strongest frequency of what the page plays, in hertz, once there is any sound: the middle one of nine looks, as
# a jitter buffer stretches a tone now and then.
HEARD_HZ = """
() => new Promise((resolve) => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(document.getElementById("phone-audio").srcObject).connect(analyser);
  const seen = [];
  const powers = new Float32Array(analyser.frequencyBinCount);
  const look = setInterval(() => {
    analyser.getFloatFrequencyData(powers);
    const loudest = powers.indexOf(Math.max(...powers));
    if (powers[loudest] < -50) return;
    seen.push(loudest * context.sampleRate / analyser.fftSize);
    if (seen.length < 9) return;
    clearInterval(look);
    resolve(seen.sort((one, other) => one - other)[4]);
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
    await expect(page.locator("#login")).to_be_focused()
    await page.keyboard.type(AGENT)
    await press(page, "Tab")
    await page.keyboard.type(hotline.house.password(AGENT))
    await press(page, "Enter")


async def chooses(page: Page, wanted: str, key: str = "Enter") -> None:
    """By keyboard: as far as the Tab key leads, and then pressed."""
    await tab_to(page, wanted, 80)
    await press(page, key)


async def phone_in_page(page: Page, hotline: World) -> None:
    """Logged in, and the page is the phone."""
    await log_in_here(page, hotline)
    await expect(page.locator("#phone-choose")).to_be_visible(timeout=STEP_MS)
    await chooses(page, "phone-choose")
    await expect(page.locator("#phone-state")).to_have_text(READY, timeout=STEP_MS)


async def rings_in_page(page: Page, hotline: World) -> PhoneCall:
    """A customer who has asked for a person, and whose call rings in the page."""
    await phone_in_page(page, hotline)
    await chooses(page, "Dźwięk")
    await chooses(page, "phone-clean", "Space")  # a tone is noise
    await expect(page.get_by_label("Tłum szumy i echo")).not_to_be_checked()
    await chooses(page, "ready")
    call = await hotline.calls(GENERAL, CALLER)
    await hotline.until(lambda seen: any(each.state is CallState.MENU for each in seen))
    await call.dtmf("2")
    await expect(page.locator("#phone-state")).to_have_text("Telefon dzwoni.", timeout=STEP_MS)
    return call


async def colleagues_phone(hotline: World, folder: Path) -> None:
    await hotline.consultants.register(
        OTHER,
        uri=hotline.house.uri(OTHER),
        registrar=hotline.house.registrar,
        user=OTHER,
        password=hotline.house.sip_secret(OTHER),
        auto_answer_after_s=0.2,
        play=tone(folder / "other.wav", OTHER_HZ),
        record=hotline.folder / "consultants",
    )


async def asks_colleague(page: Page, hotline: World) -> PhoneCall:
    await page.locator("#note").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("t")
    await page.get_by_role("button", name="Zapytaj najpierw: Piotr Zieliński").click()
    await expect(page.locator("#consult-state")).to_have_text("Rozmawiasz: Piotr Zieliński. Klient słyszy muzykę.")
    return await hotline.consultants.incoming()


async def all_three_talk(page: Page) -> None:
    await page.get_by_role("button", name="Rozmowa we troje").click()
    await expect(page.locator("#consult-state")).to_have_text("Rozmowa we troje: Piotr Zieliński, klient i Ty.")


async def test_a_caller_and_a_consultant_in_the_page_hear_one_another(
    microphone: Page, tmp_path: Path, shots: Path
) -> None:
    page = microphone
    pointed = await pointed_at(page)
    async with world(tmp_path / "world", dispositions=False) as hotline:
        call = await rings_in_page(page, hotline)
        await looks_right(page, shots, "phone-rings")
        await page.locator("#call").focus()
        await page.keyboard.press("a")
        await expect(page.locator("#phone-state")).to_have_text("Rozmowa w tej stronie trwa.")
        assert await page.evaluate(HEARD_HZ) == pytest.approx(CUSTOMER_HZ, abs=12)
        await expect(page.locator("#phone-quality")).to_have_text("Jakość: dobra")
        await chooses(page, "line-test")
        await expect(page.locator("#line-result")).to_contain_text("Od klienta: dobrze (strata 0.0 %", timeout=STEP_MS)
        await chooses(page, "line-note")
        await expect(page.locator("#note")).to_have_value(re.compile("^Test łącza. Od klienta: dobrze"))
        await looks_right(page, shots, "phone-talks")
        await page.locator("#call").focus()
        await press(page, "f")
        await chooses(page, "phone-hang-up")
        await call.ended()
        assert part_strength(hotline.folder / f"heard-by-{CALLER[1:]}.wav", MICROPHONE_HZ) > 0.8
        await chooses(page, "phone-leave")
        await expect(page.locator("#phone-state")).to_have_text("Rozmowy dzwonią na telefonie na biurku.")
    assert not pointed, "nothing was done by pointing"


async def test_a_talk_outlives_bad_moments_of_the_network(microphone: Page, tmp_path: Path) -> None:
    """Packets that are lost are told in words; after a network that was gone the media go another way (ICE restart)."""
    page = microphone
    await page.add_init_script(OPEN_MEDIA)
    network = await page.context.new_cdp_session(page)
    await network.send("Network.emulateNetworkConditions", WATCHED)  # before any socket: later ones are not concerned
    async with world(tmp_path / "world", dispositions=False) as hotline:
        call = await rings_in_page(page, hotline)
        await page.locator("#call").focus()
        await page.keyboard.press("a")
        await expect(page.locator("#phone-quality")).to_have_text("Jakość: dobra")
        await network.send("Network.emulateNetworkConditions", {**WATCHED, "packetLoss": 30})
        await expect(page.locator("#phone-quality")).to_contain_text("Jakość: zła", timeout=STEP_MS)
        await expect(page.locator("#say")).to_contain_text("Jakość: zła")  # what a screen reader says
        await network.send("Network.emulateNetworkConditions", WATCHED)
        await expect(page.locator("#phone-quality")).to_have_text("Jakość: dobra", timeout=STEP_MS)

        before = await page.evaluate(WAYS)
        await network.send("Network.emulateNetworkConditions", {**WATCHED, "offline": True})
        await asyncio.sleep(1)  # of a network that is gone
        await network.send("Network.emulateNetworkConditions", WATCHED)
        await page.wait_for_function(
            f"(before) => {{ const now = ({WAYS})(); return now[0] !== before[0] && now[1] !== before[1]; }}",
            arg=before,
        )
        await page.wait_for_function("window.media.at(-1).connectionState === 'connected'")
        assert await page.evaluate(HEARD_HZ) == pytest.approx(CUSTOMER_HZ, abs=12)
        assert not call.end
        await call.hang_up()
        await hotline.until(lambda seen: all(each.outcome for each in seen))
        customer = hotline.folder / f"heard-by-{CALLER[1:]}.wav"
        assert end_strength(customer, MICROPHONE_HZ) > 0.8, "and the caller hears the consultant afterwards"


async def test_a_caller_is_held_a_colleague_asked_all_three_talk_and_the_two_go_on(
    microphone: Page, tmp_path: Path, shots: Path
) -> None:
    page, heard = microphone, list[Message]()
    async with world(tmp_path / "world", dispositions=False) as hotline, page_of(hotline.house, OTHER) as piotr:
        piotr.heard = heard.append
        await colleagues_phone(hotline, tmp_path)
        call = await rings_in_page(page, hotline)
        state = page.locator("#phone-state")
        await page.keyboard.press("a")
        await expect(state).to_have_text("Rozmowa w tej stronie trwa.")

        await page.get_by_role("button", name="Zawieś rozmowę").click()
        await expect(state).to_have_text("Rozmowa zawieszona: klient słyszy muzykę.")
        await hotline.until(lambda seen: [each.kind for each in seen[0].spans] == [SpanKind.HOLD])
        await page.get_by_role("button", name="Zawieś rozmowę").click()
        await expect(state).to_have_text("Rozmowa w tej stronie trwa.")
        await hotline.until(lambda seen: seen[0].spans[0].to_at is not None)

        await piotr.ready()
        await page.locator("#note").fill(NOTE)
        asked = await asks_colleague(page, hotline)
        assert asked.account == OTHER
        assert await page.evaluate(HEARD_HZ) == pytest.approx(OTHER_HZ, abs=12)
        told = next(each for each in heard if each["type"] == "handed")
        assert told["handed"] == {"by": "Anna Wiśniewska", "note": NOTE}
        await looks_right(page, shots, "phone-consults")

        await all_three_talk(page)
        await asyncio.sleep(3)  # of three tones

        await page.get_by_role("button", name="Połącz ich i odejdź").click()
        await expect(state).to_have_text(READY)
        await expect(page.locator("#consult")).to_be_hidden()
        await asyncio.sleep(2)  # of two
        assert not call.end
        await call.hang_up()
        await asked.ended()
        (ended,) = await hotline.until(lambda seen: all(each.outcome for each in seen))
        assert (ended.agent, ended.outcome) == (AGENT, Outcome.ANSWERED)
        customer = hotline.folder / f"heard-by-{CALLER[1:]}.wav"
        assert together(customer, MICROPHONE_HZ, OTHER_HZ) > 0.2, "both were heard at once"
        assert part_strength(customer, OTHER_HZ) > 0.8, "and the colleague alone in the end"
        colleague = hotline.folder / "consultants" / f"{asked.name}.wav"
        assert together(colleague, MICROPHONE_HZ, CUSTOMER_HZ) > 0.2
        assert part_strength(colleague, CUSTOMER_HZ) > 0.8


async def test_whoever_is_muted_stays_so_while_colleagues_come_and_go(microphone: Page, tmp_path: Path) -> None:
    page = microphone
    async with world(tmp_path / "world", dispositions=False) as hotline, page_of(hotline.house, OTHER) as piotr:
        await colleagues_phone(hotline, tmp_path)
        call = await rings_in_page(page, hotline)
        await page.keyboard.press("a")
        await expect(page.locator("#phone-state")).to_have_text("Rozmowa w tej stronie trwa.")
        await page.get_by_role("button", name="Wycisz").click()
        await asyncio.sleep(1)  # what was said before is on its way
        muted_at = time.monotonic()
        await piotr.ready()
        heard = []
        for _ in range(2):  # what is left of the first talk of three is not in the way of the second
            asked = await asks_colleague(page, hotline)
            await all_three_talk(page)
            await asyncio.sleep(2)
            await asked.hang_up()
            await expect(page.locator("#consult")).to_be_hidden()
            assert await page.evaluate(HEARD_HZ) == pytest.approx(CUSTOMER_HZ, abs=12)
            heard.append(hotline.folder / "consultants" / f"{asked.name}.wav")
        muted_s = time.monotonic() - muted_at
        await call.hang_up()
        await hotline.until(lambda seen: all(each.outcome for each in seen))
        customer = hotline.folder / f"heard-by-{CALLER[1:]}.wav"
        assert part_strength(customer, MICROPHONE_HZ, last_s=muted_s) < 0.2
        for record in heard:
            assert part_strength(record, MICROPHONE_HZ) < 0.2, record.name
            assert part_strength(record, CUSTOMER_HZ) > 0.8
        assert part_strength(customer, OTHER_HZ) > 0.8


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[House, str]]:
    """A console whose pages may ask for the microphone; there is no Asterisk behind it."""
    house = House(tmp_path, ConsoleRules(phone_origin="wss://127.0.0.1:9"))
    yield house, f"http://127.0.0.1:{await house.console.start('127.0.0.1', 0)}"
    await house.console.stop()


@pytest.fixture
async def refused() -> AsyncIterator[Page]:
    """A window of a machine with a microphone that the page is not allowed to use."""
    async with async_playwright() as playwright:
        flags = [*FLAGS, "--use-fake-device-for-media-stream"]
        chrome = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = await chrome.new_context(locale="pl-PL")
        await context.grant_permissions([])  # whatever is not granted is refused
        yield await context.new_page()
        await chrome.close()


async def wants_to_phone(page: Page, url: str) -> None:
    """Whether phones in pages are offered is answered by hand; the microphone is Chromium's own matter."""
    await page.route("**/api/console/phone", lambda route: route.fulfill(json={"offered": True, "chosen": False}))
    await log_in(page, url)
    await chooses(page, "phone-choose")


async def stays_at_the_desk(page: Page, why: str) -> None:
    await expect(page.locator("#phone-trouble")).to_contain_text(why)
    await expect(page.locator("#phone-state")).to_have_text("Rozmowy dzwonią na telefonie na biurku.")
    await expect(page.locator("#phone-choose")).to_be_visible()


async def test_who_refuses_the_microphone_is_told_where_to_allow_it(
    refused: Page, house: tuple[House, str], shots: Path
) -> None:
    await wants_to_phone(refused, house[1])
    await stays_at_the_desk(refused, "Przeglądarka nie zezwala na mikrofon. Kliknij ikonę obok adresu")
    await looks_right(refused, shots, "phone-refused")
    await refused.context.grant_permissions(["microphone"])
    await chooses(refused, "phone-choose")
    await expect(refused.locator("#phone-trouble")).to_have_text("")


async def test_who_has_no_microphone_is_told_to_plug_one_in(page: Page, house: tuple[House, str]) -> None:
    await wants_to_phone(page, house[1])
    await stays_at_the_desk(page, "Nie znaleziono działającego mikrofonu. Podłącz słuchawki")


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
