"""Every page in English and dark, with markup in whatever a caller can supply: it stays text, and axe finds nothing.

The same pages in Polish are in the tests of what they do; those of the log-in are in test_second_factor_page.py.
"""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from telephony.console.browser_packages import WEB
from telephony.core.account import Role
from telephony.core.commands import AgentChanged
from telephony.core.complaints import Act
from telephony.core.ids import AgentId, InteractionId
from telephony.core.note import Note
from telephony.core.views import AgentState, Lane
from tests.acceptance.console_scene import (
    EWA,
    HOSTILE,
    HOSTILE_NUMBER,
    KNOWN,
    PASSWORD,
    House,
    choose,
    log_in,
    looks_right,
    press,
)
from tests.unit.watched_flow import watched_flow

SUPERVISORS = {  # template → path
    "supervision.html": "/supervision",
    "complaints.html": "/complaints",
    "account.html": "/account",
    "second_factor.html": "/account/second-factor",
    "flows.html": "/flows",
    "flow.html": "/flows/general",
    "surveys.html": "/surveys",
    "appointments.html": "/appointments",
    "outbox.html": "/outbox",
    "tickets.html": "/tickets",
    "recordings.html": "/recordings",
}
HERE = {"form.html", "survey.html", "login.html", "console.html", *SUPERVISORS}
OF_LOG_IN = {"login_code.html", "login_codes.html", "login_enrol.html"}
OF_THE_OFFICER = {"privacy.html"}  # test_privacy_page.py
OF_ENGINEERS = {"quality.html", "trunks.html"}  # test_quality_page.py, test_trunks_page.py
ELEMENTS = ("name", "address", "number", "since", "grounds", "demand", "account", "contract_date", "answer_by")
INJECTED = "[...document.querySelectorAll('img[src=x], svg[onload], script:not([src])')].map((e) => e.outerHTML)"
DAY_S = 86_400.0


def test_no_page_is_forgotten() -> None:
    whole = {each.name for each in WEB.glob("*.html") if each.read_text("utf-8").startswith("<!doctype html>")}
    assert whole == HERE | OF_LOG_IN | OF_THE_OFFICER | OF_ENGINEERS


async def is_text(page: Page) -> None:
    """Nothing of what callers have sent has become a part of the page."""
    assert await page.evaluate(INJECTED) == []
    assert "hacked" not in await page.title()


async def seen(page: Page, shots: Path, name: str) -> None:
    await is_text(page)
    await looks_right(page, shots, f"every-{name}")


async def test_the_form_and_what_a_caller_puts_into_it(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await page.goto(f"{url}/form?lang=en")
    for field in ("name", "phone", "email", "text"):
        await page.locator(f"#{field}").fill(HOSTILE)
    await page.locator("main button[type=submit]").press("Enter")
    await expect(page.locator(".problems")).to_be_visible()
    await seen(page, shots, "form-refused")
    await page.locator("#phone").fill("600 100 200")
    await page.locator("#email").fill("")
    await page.locator("#queue-support").check()
    await page.locator("main button[type=submit]").press("Enter")
    await expect(page.locator("#ticket")).to_be_visible()
    await seen(page, shots, "form-sent")
    assert hotline.messages[0].text == HOSTILE
    await hotline.outreach.asked("s-x", "x" * 43)
    await page.goto(f"{url}/survey/{'x' * 43}?lang=en")
    await seen(page, shots, "survey")
    await page.locator("textarea").fill(HOSTILE)
    await page.locator("main button").first.press("Enter")
    await expect(page.locator("h1")).to_have_text("Thank you")
    await is_text(page)


async def test_what_supervisors_see_of_callers(
    page: Page, house: tuple[House, str], shots: Path, tmp_path: Path
) -> None:
    hotline, url = house
    hotline.flows, hotline.problem = [watched_flow(tmp_path)], HOSTILE
    hotline.arrive("i1", HOSTILE_NUMBER, Lane.ACCESSIBILITY)
    hotline.console.publish(AgentChanged(AgentId("piotr"), AgentState.PAUSED, HOSTILE, 1000.0, None))
    complaint = InteractionId("c-1")
    await hotline.complaints.file(complaint, "other", None, dict.fromkeys(ELEMENTS, HOSTILE))
    await hotline.complaints.take(complaint, Act.ASK, "anna", Role.AGENT, {"missing": HOSTILE})
    digest = {"week": "2026-W48", "articles_week": "2026-W46", "dispositions": [], "places": [], "articles": []}
    said = {"comments": [{"department": "", "comment": HOSTILE}]}
    await page.route("**/api/console/surveys/digest*", lambda route: route.fulfill(json={**digest, **said}))
    await page.goto(f"{url}/login")
    await choose(page, language="en")
    await seen(page, shots, "login")
    await log_in(page, url, EWA.login)
    for template, path in SUPERVISORS.items():
        await page.goto(f"{url}{path}")
        await expect(page.locator("h1")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await seen(page, shots, template.removesuffix(".html"))
    await page.goto(f"{url}/complaints")
    await page.locator("#open-c-1").press("Enter")
    await expect(page.locator("#one-elements")).to_contain_text(HOSTILE)
    for act in await page.locator("#one-acts summary").all():
        await act.press("Enter")
    await page.locator("[data-letter=confirm]").press("Enter")
    await expect(page.locator("#letter")).to_be_visible()
    await seen(page, shots, "complaint")
    await page.goto(f"{url}/supervision")
    hotline.later_s += 301.0
    await page.locator("#department-sales").press("Enter")
    await page.keyboard.type(HOSTILE)
    await press(page, "Enter")
    await expect(page.locator("#step-up-password")).to_be_focused()
    await seen(page, shots, "step-up")
    await page.keyboard.type(PASSWORD)
    await press(page, "Enter")
    await expect(page.locator("#departments")).to_contain_text(HOSTILE)
    await is_text(page)


async def test_the_console_in_a_talk_with_all_that_helps(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await hotline.store.notes.keep("i1", "anna", Note(HOSTILE, 1, 1000.0))
    hotline.console.publish(AgentChanged(AgentId(HOSTILE), AgentState.AVAILABLE, "", 1000.0, None))
    await log_in(page, url)
    await choose(page, language="en")
    await expect(page.locator("#ready")).to_be_enabled()
    await press(page, "d")
    hotline.console.device_changed("anna", "NOT_INUSE")
    hotline.arrive("i0", HOSTILE_NUMBER, Lane.STANDARD)
    await expect(page.locator("#stages [aria-current]")).to_have_text("Ringing")
    await expect(page.locator("#who")).to_have_text(HOSTILE)
    await seen(page, shots, "hostile")
    hotline.answer("i0")
    hotline.hang_up("i0", HOSTILE)
    await page.locator("#call").focus()
    await press(page, "d")
    hotline.arrive("i1", KNOWN, Lane.ACCESSIBILITY)
    await expect(page.locator("#stages [aria-current]")).to_have_text("Ringing")
    hotline.answer("i1")
    await expect(page.locator("#hand-over")).to_be_visible()
    await expect(page.locator("#recording-change")).to_be_visible()
    await seen(page, shots, "talk")
    await press(page, "t")
    await expect(page.locator("#hand-over-colleagues")).to_contain_text(HOSTILE)
    await seen(page, shots, "hand-over")
    await press(page, "Escape")
    hotline.hang_up("i1", HOSTILE)
    await expect(page.locator("#ticket-number")).to_have_text(HOSTILE)
    await seen(page, shots, "after")
