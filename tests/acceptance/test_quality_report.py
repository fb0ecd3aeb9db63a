"""The report of captures in a real browser: nothing is fetched, nothing overflows, and axe-core finds nothing."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from playwright.async_api import Request, async_playwright

from quality.score_html import report
from quality.score_table import plain
from tests import browser
from tests.acceptance.console_checks import FLAGS
from tests.tools import chromium
from tests.unit.stream_story import BACK, lossy, stream, windows
from tests.unit.test_score_report import HOSTILE, calls

SHARES = (0.0, 0.0, 0.3, 0.25, 0.02, 0.0, 0.0, 0.01)


async def test_the_report_in_a_browser(tmp_path: Path) -> None:
    bad = lossy(0.05, seconds=80, windows=windows(100, *SHARES, late=0.01), dscp=46)
    page_file = tmp_path / "report.html"
    scored = calls(bad, stream(BACK, seconds=80), call_id="<img src=x onerror=document.title=1>")
    page_file.write_text(report([("trunk-a.pcap", scored), (HOSTILE, calls(stream()))], UTC), "utf-8")
    asked: list[str] = []

    def ask(request: Request) -> None:
        asked.append(request.url)

    async with async_playwright() as playwright:
        chrome = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        page = await chrome.new_page()
        page.on("request", ask)
        for width in (1280, 768, 360):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(page_file.as_uri())
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await page.evaluate(browser.axe())
            found = await page.evaluate("axe.run().then(found => found.violations.map(each => each.id))")
            assert found == []
        assert asked == [page_file.as_uri()] * 3
        assert await page.title() == f"Call quality: trunk-a.pcap, {plain(HOSTILE)}"
        assert await page.locator("svg").count() == 2 + 2 + 3
        assert await page.get_by_text("19 % loss between 00:02:00 and 00:02:30 from the caller").count() == 1
        await chrome.close()
