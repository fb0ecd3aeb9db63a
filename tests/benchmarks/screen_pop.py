"""From the offer to the painted page: 200 agents, 20 offers a second, one of the pages in a real Chromium.

`python -m tests.benchmarks.screen_pop [agents] [offers per second] [seconds]`. Server, the other pages and Chromium are
processes of their own. A pop is measured on the server, from the offer to the page's acknowledgement, which the real
page sends after the frame that shows it has been drawn. `before the ring` holds where the acknowledgement came first.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypedDict

from playwright.async_api import async_playwright, expect

from telephony.child import Child
from telephony.console import bundle
from telephony.console.page_client import PageClient
from tests import tools
from tests.acceptance.console_checks import FLAGS, chromium
from tests.benchmarks._hotline import raise_file_limit
from tests.benchmarks._pops import BROWSER, PASSWORD
from tests.ports import free_port

AGENTS, PER_S, SECONDS = 200, 20.0, 60.0
TARGET_MS = 100.0
LOGINS_AT_ONCE = 4


class Offer(TypedDict):
    browser: bool
    pop_ms: float | None
    before_ring: bool
    visible: bool


async def open_page(url: str, login: str, turns: asyncio.Semaphore, open_for: AsyncExitStack) -> asyncio.Task[None]:
    page = await open_for.enter_async_context(PageClient(url, login, PASSWORD, keep_ready=True))
    async with turns:
        await page.log_in()
    return asyncio.create_task(page.run())


async def measure(agents: int, per_s: float, seconds: float, folder: Path) -> tuple[list[Offer], int]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    server = await Child.start(
        "server",
        [sys.executable, "-m", "tests.benchmarks._pops", str(port), str(agents), str(per_s), str(seconds)],
        log=log,
    )
    async with AsyncExitStack() as stack, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        stack.push_async_callback(browser.close)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await listening(port)
        await page.goto(url)
        await page.fill("#login", BROWSER)
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#ready")).to_be_enabled()
        turns = asyncio.Semaphore(LOGINS_AT_ONCE)
        opening = (open_page(url, f"agent-{place}", turns, stack) for place in range(1, agents))
        pages = await asyncio.gather(*opening)
        await page.click("#ready")
        await server.wait()
        for each in pages:
            each.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
    told = json.loads(log.read_text("utf-8").strip().splitlines()[-1])
    return told["offers"], told["late"]


async def listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def told(name: str, offers: Sequence[Offer]) -> str:
    painted = sorted(each["pop_ms"] for each in offers if each["pop_ms"] is not None)
    if len(painted) < 2:
        return f"{name:<12} {len(offers):>6} offers, too few painted"
    cuts = statistics.quantiles(painted, n=100, method="inclusive")
    before = sum(each["before_ring"] for each in offers)
    return (
        f"{name:<12} {len(offers):>6} offers, {len(painted):>6} painted, {before:>6} before the ring   "
        f"p50 {cuts[49]:6.1f}  p95 {cuts[94]:6.1f}  p99 {cuts[98]:6.1f}  most {painted[-1]:6.1f} ms   "
        f"p99 is {cuts[98] / TARGET_MS:4.2f} of {TARGET_MS:.0f} ms"
    )


async def main(argv: list[str]) -> None:
    agents, per_s, seconds = [float(each) for each in argv] + [AGENTS, PER_S, SECONDS][len(argv) :]
    bundle.build(tools.data_folder())
    with tempfile.TemporaryDirectory() as folder:
        offers, late = await measure(int(agents), per_s, seconds, Path(folder))
    print(f"{agents:.0f} agents, {per_s:g} offers/s for {seconds:g} s; dials that did not wait for their page: {late}")
    print(told("Chromium", [each for each in offers if each["browser"]]))
    print(told("clients", [each for each in offers if not each["browser"]]))


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(main(sys.argv[1:]))
