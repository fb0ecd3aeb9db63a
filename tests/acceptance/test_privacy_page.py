"""The data-protection officer's page in a real Chromium, over a real PostgreSQL: a request from entry to receipt."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from telephony.console.console import Console
from telephony.core.account import Account, Role
from telephony.core.customer import Caller, Card
from telephony.core.ids import InteractionId
from telephony.crm.seed import customers
from telephony.factors import StoredFactors
from telephony.office_settings import Privacy
from telephony.privacy.desk import PrivacyDesk
from telephony.privacy.house import House
from telephony.privacy_api import PrivacyApi
from telephony.settings import Settings
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store
from tests.acceptance.console_scene import ANNA, PASSWORD, choose, looks_right, press
from tests.integration.test_store import ENDED

OLA = Account("ola", "Aleksandra Inspektor", ANNA.password_hash, role=Role.DPO)
PERSON = customers(1)[0]
PHONE = PERSON.phones[0]
PATIENCE_MS = 60_000  # on a busy machine


class Clock:
    later_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.later_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def account(login: str) -> Account | None:
    return {each.login: each for each in (ANNA, OLA)}.get(login)


async def no_card(_: Caller) -> AsyncIterator[Card]:
    yield Card(None)


@pytest.fixture
async def house(tmp_path: Path, clock: Clock) -> AsyncIterator[tuple[House, str]]:
    server = EmbeddedPostgres(tmp_path / "postgres")
    store = await Store.open(await server.start())
    privacy = House.of(Settings(data=tmp_path, privacy=Privacy(calls_by_law_days=0)), store, clock)
    assert privacy
    await store.customers.add([PERSON])
    ended = replace(ENDED, interaction=InteractionId("i-1"), caller=PHONE, ended_at=time.time() - 60)
    await store.record_call(ended)
    endpoints = PrivacyApi(PrivacyDesk(privacy)).endpoints()
    console = Console(
        factors=StoredFactors(store, "a key of the tests"), accounts=account, card=no_card, submit=lambda _: None,
        clock=clock, endpoints=tuple(endpoints),
    )  # fmt: skip
    port = await console.start("127.0.0.1", 0)
    yield privacy, f"http://127.0.0.1:{port}"
    await console.stop()
    await store.close()
    await server.stop()


async def enter(page: Page, login: str) -> None:
    await page.keyboard.type(login)
    await press(page, "Tab")
    await page.keyboard.type(PASSWORD)
    await press(page, "Enter")


async def test_a_request_goes_from_its_entry_to_its_receipt(page: Page, house: tuple[House, str], shots: Path) -> None:
    known, url = house
    await page.goto(url)
    await enter(page, "ola")
    await expect(page).to_have_url(f"{url}/privacy")
    await expect(page.locator("#no-requests")).to_be_visible()
    await page.locator(".new-complaint summary").press("Enter")
    await page.locator("#new-kind").select_option("erasure")
    await page.locator("#new-number").fill(PHONE)
    await page.locator("#new-form button").press("Enter")
    await expect(page.locator("#say")).to_have_text("Wniosek zapisany.")
    assert PHONE not in str(await page.locator("#requests").text_content()), "a list names nobody"
    await page.locator("#requests button").press("Enter")
    await expect(page.locator("#one-title")).to_be_focused()
    await expect(page.locator("#person")).to_have_value(PHONE)
    await page.locator("#privacy details.act summary", has_text="Zablokuj").press("Enter")
    await page.locator("#hold-reason").fill("wezwanie sądu")
    await page.locator("#hold-form button").press("Enter")
    await expect(page.locator("#holds")).to_contain_text("wezwanie sądu")
    await page.locator("#person").press("Enter")
    await expect(page.locator("#preview-title")).to_be_focused(timeout=PATIENCE_MS)
    await expect(page.locator("#preview-held")).to_contain_text("wezwanie sądu")
    await expect(page.locator("#erase")).to_be_hidden()
    await looks_right(page, shots, "privacy-held")
    await page.locator("#holds button").press("Enter")
    await expect(page.locator("#say")).to_have_text("Blokada zwolniona.")
    await page.locator("#person").press("Enter")
    await expect(page.locator("#erase")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator("#preview-none-kept")).to_be_visible()
    await page.locator("#erase").press("Enter")
    await page.locator("#sure button", has_text="Usuń dane").press("Enter")
    await expect(page.locator("#receipt")).to_be_focused(timeout=PATIENCE_MS)
    receipt = known.signer.checked(await page.locator("#receipt").input_value()).receipt
    assert (receipt["kept"], receipt["erased"]["interaction"], receipt["asked_by"]) == ([], 1, "ola")
    assert await known.store.customers.by_number(PERSON.number) is None
    await page.locator("#audit-customer").fill(PHONE)
    await page.locator("#audit-form button").press("Enter")
    await expect(page.locator("#lines")).to_contain_text("usunięcie")
    await choose(page, language="en")
    await looks_right(page, shots, "privacy-erased")


async def test_the_officer_does_nothing_that_others_do_and_export_wants_the_password(
    page: Page, house: tuple[House, str], clock: Clock
) -> None:
    known, url = house
    await page.goto(url)
    await enter(page, "ola")
    await expect(page).to_have_url(f"{url}/privacy")
    assert (await page.context.request.get(f"{url}/complaints")).status == 403
    assert (await page.context.request.get(f"{url}/ws")).status == 403
    await page.locator("#person").fill(PERSON.number)
    clock.later_s = 600.0
    await page.get_by_role("button", name="Pobierz dane").press("Enter")
    await page.locator("#step-up-password").fill(PASSWORD)
    async with page.expect_download(timeout=PATIENCE_MS) as begun:
        await press(page, "Enter")
    assert PHONE in (await (await begun.value).path()).read_text("utf-8")
    lines = await known.store.audit.of(actor="ola")
    assert {each.entry.act for each in lines} == {"exported"}
