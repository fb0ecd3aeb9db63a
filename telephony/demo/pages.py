"""A consultant's page in `demo --once`: in Chromium where there is one, else over HTTP alone."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from telephony.console.page_client import PageClient
from telephony.demo.house import House

if TYPE_CHECKING:  # an extra of the tests
    from playwright.async_api import Page as Tab

CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


class PageError(Exception):
    """Chromium or its page does not do what a person would see; the message says what."""


class Page(Protocol):
    """What a consultant does here."""

    kind: str

    async def ready(self) -> None:
        """Press "Dostępny"."""
        ...

    async def picture(self, file: Path) -> None:
        """Take a screenshot of the pop, where there is a screen."""
        ...


def find_chromium() -> Path | None:
    """HOTLINE_CHROMIUM, or the machine's own; None without it or without Playwright, which drives it."""
    if importlib.util.find_spec("playwright") is None:
        return None
    found = os.environ.get("HOTLINE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return Path(found) if found else None


@asynccontextmanager
async def open_page(house: House, login: str, chromium: Path | None) -> AsyncIterator[Page]:
    """Logged in, paused. Errors: those of the client, PageError."""
    async with _chromium(house, login, chromium) if chromium else _client(house, login) as page:
        yield page


class _Client:
    kind = "client"

    def __init__(self, client: PageClient) -> None:
        self._client = client

    async def ready(self) -> None:
        await self._client.wait_for_state("paused", "not_answering", "wrap_up", "available")
        await self._client.ready()

    async def picture(self, file: Path) -> None:
        """There is no screen."""


@asynccontextmanager
async def _client(house: House, login: str) -> AsyncIterator[Page]:
    async with PageClient(house.console_url, login, house.password(login)) as client:
        running = asyncio.create_task(client.run())
        try:
            await client.wait_for_state("paused")
            yield _Client(client)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@asynccontextmanager
async def _chromium(house: House, login: str, program: Path) -> AsyncIterator[Page]:
    from playwright.async_api import Error, async_playwright

    class Chromium:
        kind = "chromium"

        def __init__(self, tab: Tab) -> None:
            self._tab = tab

        async def ready(self) -> None:
            await self._tab.click("#ready")

        async def picture(self, file: Path) -> None:
            await self._tab.wait_for_selector("#pop", state="visible")
            await self._tab.screenshot(path=str(file), full_page=True)

    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=str(program), args=list(CHROMIUM_FLAGS))
            try:
                tab = await browser.new_page(viewport={"width": 1280, "height": 860}, locale="pl-PL")
                await _log_in(tab, house, login)
                yield Chromium(tab)
            finally:
                await browser.close()
    except Error as error:
        raise PageError(f"{program}: {error.message.splitlines()[0]}") from error


async def _log_in(tab: Tab, house: House, login: str) -> None:
    await tab.goto(house.console_url)
    await tab.fill("#login", login)
    await tab.fill("#password", house.password(login))
    await tab.get_by_role("button", name="Zaloguj").click()
    await tab.wait_for_selector("#ready:enabled")
