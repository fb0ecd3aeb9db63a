"""The page for network engineers in a real Chromium: plots, the worst calls and one of them, by keyboard."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from telephony.call_evidence import SipStep
from telephony.core.ids import InteractionId, QueueName
from telephony.core.quality_interval import QualityInterval
from telephony.core.views import Span, SpanKind
from tests.acceptance.console_scene import HOSTILE, House, choose, log_in, looks_right
from tests.acceptance.test_every_page import is_text
from tests.integration.test_store import ENDED, QUALITY
from tests.unit.test_metrics import INTERVAL

BAD, GOOD, STRANGE = (InteractionId(f"0190a1b2-c3d4-7e5f-8a9b-00000000000{number}") for number in range(3))


PROXY, SERVER, PHONE = "192.0.2.10:5060", "192.0.2.1:5060", "[2001:db8::7]:5060"
LADDER = tuple(
    SipStep(1_790_000_000.0 + at, src, dst, message)
    for at, (src, dst, message) in enumerate(
        [(PROXY, SERVER, "INVITE"), (SERVER, PHONE, "INVITE"), (PHONE, SERVER, "180 Ringing"),
         (SERVER, PROXY, HOSTILE), (PROXY, SERVER, "BYE"), (SERVER, PROXY, "200 OK")]
    )
)  # fmt: skip


async def calls(house: House) -> None:
    """Two hours of them: one whose trunk lost packets in the middle, with a consultant on a wideband phone."""
    now = time.time()
    intervals: list[QualityInterval] = []
    for number, name in enumerate((BAD, GOOD, STRANGE)):
        begun = now - 7200 + 3000 * number
        known = replace(INTERVAL, interaction=name, trunk="south" if name == GOOD else "north")
        hold = (Span(SpanKind.HOLD, begun + 120, begun + 140),)
        call = replace(
            ENDED, interaction=name, queue=QueueName("support"), arrived_at=begun, queued_at=begun + 20,
            offered_at=begun + 28, painted_at=begun + 28.2, rang_at=begun + 29, answered_at=begun + 35,
            ended_at=begun + 300, spans=hold,
        )  # fmt: skip
        await house.store.record_call(call)
        await house.store.quality.record([replace(QUALITY, interaction=name, trunk=known.trunk)])
        for at in range(30):
            lossy = name == BAD and 10 <= at < 16
            loss = 0.12 if lossy else 0.002 * (at % 3)
            heard = replace(
                known, starts_at=begun + 10 * at, loss_ratio=loss, packets_lost=round(500 * loss),
                jitter_ms=3.0 + at % 5, mos_lq=2.6 if lossy else 4.3 - 20 * loss, verdict="bad" if lossy else "good",
                verdicts=("loss_burst",) if lossy else (), delay_ms=60.0 + at,
            )  # fmt: skip
            intervals += [heard, replace(heard, direction="sent", starts_at=heard.starts_at + 3, loss_ratio=0.0)]
            agent = replace(heard, leg="agent", trunk=None, codec="g722", scale="wb", mos_lq=4.1, loss_ratio=0.001)
            intervals.append(replace(agent, verdict="good", verdicts=(), packets_lost=0))
    strange = replace(intervals[-1], trunk=HOSTILE, leg=HOSTILE, codec=HOSTILE, verdict=HOSTILE, verdicts=(HOSTILE,))
    await house.store.quality.record_intervals([*intervals, strange])


@pytest.mark.parametrize("page", ["light"], indirect=True)
async def test_an_engineer_finds_the_worst_call_and_takes_its_evidence(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    """In Polish and light; at the end in English and dark."""
    hotline, url = house
    await calls(hotline)
    hotline.ladders = {BAD: LADDER, GOOD: ()}
    await log_in(page, url, "ola")
    await page.get_by_role("link", name="Jakość połączeń").press("Enter")
    await expect(page.locator("#worst tr")).to_have_count(3)
    await expect(page.locator("#time-plot canvas")).to_be_visible()
    await expect(page.locator("#spread-plot canvas")).to_be_visible()
    await expect(page.locator("#time-legend li")).to_have_count(4)  # north, south, the strange one, consultants
    await is_text(page)
    await page.locator("#worst button").first.press("Enter")
    await expect(page.locator("#one-title")).to_be_focused()
    await expect(page.locator("#found li")).to_have_count(2)  # a minute in each direction
    await expect(page.locator("#steps li")).to_have_count(7)
    await expect(page.locator("#line-plot canvas")).to_be_visible()
    await expect(page.locator("#ladder tr")).to_have_count(len(LADDER))
    await expect(page.locator("#ladder-head th")).to_have_text(["Czas", PROXY, SERVER, PHONE])
    await expect(page.locator("#ladder .arrow").nth(2)).to_have_text(f"od {PHONE} do {SERVER}: 180 Ringing")
    async with page.expect_download() as saved:
        await page.locator("#evidence").press("Enter")
    with zipfile.ZipFile(io.BytesIO(Path(await (await saved.value).path()).read_bytes())) as archive:
        assert "report.html" in archive.namelist()
    assert [each[2:] for each in hotline.heard] == [("worst_calls", "hours=6.0"), ("call", BAD), ("evidence", BAD)]
    for details in await page.locator(".figures summary").all():
        await details.press("Enter")
    await looks_right(page, shots, "quality-call")
    await page.locator("#trunk").select_option("south")
    await page.locator("#time-measure").select_option("mos")
    await page.locator("#choose-form button").press("Enter")
    await expect(page.locator("#worst tr")).to_have_count(1)
    await expect(page.locator("#time-legend li")).to_have_count(2)  # each direction
    assert "trunk=south" in str(await page.locator("#records").get_attribute("href"))
    await page.locator("#worst button").first.press("Enter")
    await expect(page.locator("#found-none")).to_be_visible()
    await expect(page.locator("#ladder-none")).to_be_visible()
    await page.locator("#hours").select_option("1")
    await page.locator("#choose-form button").press("Enter")
    await expect(page.locator("#worst-none")).to_be_visible()
    await choose(page, language="en", theme="dark")
    await page.emulate_media(color_scheme="dark")  # the name of the picture goes by it
    await page.locator("#worst button").first.press("Enter")
    await expect(page.locator("#line-plot canvas")).to_be_visible()
    await looks_right(page, shots, "quality-call", widths=(1280,))
    await is_text(page)


async def test_a_supervisor_has_no_such_page(page: Page, house: tuple[House, str]) -> None:
    _, url = house
    await log_in(page, url, "ewa")
    await expect(page.get_by_role("link", name="Jakość połączeń")).to_have_count(0)
    assert (await page.context.request.get(f"{url}/quality")).status == 403
