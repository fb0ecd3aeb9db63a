"""Complaints in a real Chromium: filed by keyboard, worked on by two people, and what a hostile one can do."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from telephony.core.account import Role
from telephony.core.complaints import Act, State
from telephony.core.ids import InteractionId
from tests.acceptance.console_scene import HOSTILE, PASSWORD, House, choose, focused, log_in, looks_right, press

FILED = InteractionId("c-1")
DAY_S = 86_400.0


async def test_a_complaint_is_taken_by_keyboard_and_what_is_missing_is_asked_for(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await log_in(page, url, "ewa")
    await page.get_by_role("link", name="Reklamacje").press("Enter")
    await expect(page.locator("#none")).to_be_visible()
    await looks_right(page, shots, "complaints-none")
    await page.locator(".new-complaint summary").press("Enter")
    await looks_right(page, shots, "complaints-new")
    for name, text in (("name", "Żaneta Ćwik"), ("since", "2026-11-01"), ("grounds", HOSTILE)):
        await page.locator(f"#new-{name}").fill(text)
    await page.locator("#new-form button").press("Enter")
    await expect(page.locator("#say")).to_contain_text("Brakuje: adres.")
    await expect(page.locator("#one-title")).to_be_focused()
    ((known, now),) = await hotline.complaints.all()
    assert (known.complaint.elements["grounds"], now.state) == (HOSTILE, State.OPEN)
    await expect(page.locator("#one-title")).to_have_text(f"Reklamacja {known.ticket}")
    await expect(page.locator("#one-missing")).to_have_text("Brakuje: adres")
    await page.locator(".act summary", has_text="Wezwij do uzupełnienia").press("Enter")
    await expect(page.locator("#ask-missing")).to_have_value("adres")
    await page.locator("#ask-missing").fill("Adres i numer konta")
    await press(page, "Tab", "Tab", "Enter")
    await expect(page.locator("#say")).to_have_text("Zapisano: Wezwij do uzupełnienia.")
    await expect(page.locator("#one-state")).to_contain_text("Czeka na uzupełnienie")
    assert await focused(page) == "one-title"
    await looks_right(page, shots, "complaint-asked")


async def test_nobody_approves_their_own_and_the_clocks_say_what_is_late(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    await hotline.complaints.file(FILED, "service_quality", None, {"grounds": "Brak zasięgu"})
    hotline.later_s = 15 * DAY_S
    await hotline.complaints.look()
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/complaints")
    await expect(page.locator(".clock[data-late=true]")).to_have_count(2)
    await page.get_by_role("button", name="Otwórz reklamację").press("Enter")
    await expect(page.locator("#one-missing")).to_contain_text("Brakuje: imię i nazwisko, adres")
    await page.locator(".act summary", has_text="Zaproponuj decyzję").press("Enter")
    await page.locator("#propose-reasons").fill("Nadajnik był wyłączony.")
    await page.locator("#propose-compensation").fill("30 zł")
    await page.locator(".act[open] button").press("Enter")
    await expect(page.locator("#one-error")).to_contain_text("Rekompensata wymaga daty")
    await page.locator("#propose-paid_by").fill("2026-12-15")
    await page.locator(".act[open] button").press("Enter")
    await expect(page.locator("#one-state")).to_contain_text("Czeka na zatwierdzenie")
    await expect(page.locator(".act summary", has_text="Zatwierdź decyzję")).to_have_count(0)
    await looks_right(page, shots, "complaint-proposed")
    await hotline.complaints.take(FILED, Act.APPROVE, "anna", Role.SUPERVISOR, {})
    await page.get_by_role("button", name="Odpowiedź", exact=True).press("Enter")
    await expect(page.locator("#letter")).to_be_focused()
    letter = await page.locator("#letter").input_value()
    assert "Rekompensata: 30 zł, wypłata do 15 grudnia 2026 r." in letter
    assert "Ewa Malinowska\nkierownik operacyjny" in letter
    await page.get_by_role("button", name="Wezwanie do uzupełnienia").press("Enter")
    await expect(page.locator("#letter-error")).to_contain_text("Pisma jeszcze nie ma")
    await expect(page.locator("#letter-part")).to_be_hidden()
    await page.get_by_role("button", name="Otwórz reklamację").press("Enter")
    for act in ("Odpowiedź wysłana", "Potwierdzenie wysłane"):
        await page.locator(".act summary", has_text=act).press("Enter")
        await page.locator(".act[open] button").press("Enter")
        await expect(page.locator("#say")).to_have_text(f"Zapisano: {act}.")
    await expect(page.locator(".act summary")).to_have_text(
        ["Klient prosi o odpowiedź jeszcze raz", "Odpowiedź wysłana ponownie"]
    )
    await expect(page.locator("#none")).to_be_visible()
    await looks_right(page, shots, "complaint-answered")


async def test_what_somebody_else_did_meanwhile_is_told(page: Page, house: tuple[House, str]) -> None:
    hotline, url = house
    await hotline.complaints.file(FILED, "billing", None, {})
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/complaints")
    await page.get_by_role("button", name="Otwórz reklamację").press("Enter")
    await page.locator(".act summary", has_text="Potwierdzenie wysłane").press("Enter")
    await hotline.complaints.take(FILED, Act.CONFIRM, "anna", Role.SUPERVISOR, {"way": "letter"})
    await page.locator(".act[open] button").press("Enter")
    await expect(page.locator("#one-error")).to_have_text("To zostało już zrobione.")


async def test_a_letter_goes_by_e_mail_is_seen_to_be_sent_and_is_a_pdf_to_print(
    page: Page, house: tuple[House, str], shots: Path, tmp_path: Path
) -> None:
    hotline, url = house
    elements = {"name": "Jan Żak", "email": "jan.zak@example.pl", "grounds": "Brak zasięgu", "answer_by": "letter"}
    await hotline.complaints.file(FILED, "service_quality", None, elements)
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/complaints")
    await page.get_by_role("button", name="Otwórz reklamację").press("Enter")
    await expect(page.locator("#one-no-letters")).to_be_visible()
    await page.locator(".act summary", has_text="Potwierdzenie wysłane").press("Enter")
    await expect(page.locator("#confirm-way")).to_have_value("e-mail")
    await page.locator(".act[open] button").press("Enter")
    await expect(page.locator("#say")).to_contain_text("Pismo czeka na wysłanie")
    await expect(page.locator("#one-letters li")).to_contain_text("Potwierdzenie przyjęcia: czeka na wysłanie")
    await hotline.send_mails()
    await expect(page.locator("#one-letters li")).to_contain_text("Potwierdzenie przyjęcia: wysłano")
    await expect(page.locator("#one-steps")).to_contain_text("Wysłano potwierdzenie")
    await page.get_by_role("button", name="Pokaż: Potwierdzenie").press("Enter")
    await expect(page.locator("#letter")).to_be_focused()
    assert "potwierdzamy przyjęcie" in await page.locator("#letter").input_value()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Pobierz PDF").press("Enter")
    download = await downloading.value
    assert download.suggested_filename.startswith("Potwierdzenie przyjęcia reklamacji")
    await download.save_as(tmp_path / "letter.pdf")
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF-1.7")
    await looks_right(page, shots, "complaint-letters")
    await choose(page, language="en")
    await page.get_by_role("button", name="Open complaint").press("Enter")
    await expect(page.locator("#one-letters li")).to_contain_text("Confirmation: sent")
    await looks_right(page, shots, "complaint-letters")


async def test_what_is_half_written_outlives_the_session(page: Page, house: tuple[House, str], shots: Path) -> None:
    hotline, url = house
    await hotline.complaints.file(FILED, "billing", None, {})
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/complaints")
    await page.get_by_role("button", name="Otwórz reklamację").press("Enter")
    await page.locator(".act summary", has_text="Zaproponuj decyzję").press("Enter")
    await page.locator("#propose-reasons").fill("Nadajnik był wyłączony.")
    hotline.later_s += 13 * 3600.0
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again
    await expect(page.locator("#session-over")).to_contain_text("to, co wpisano, jest tu nadal")
    await looks_right(page, shots, "session-over")
    async with page.context.expect_page() as opened:
        await page.locator("#session-over a").press("Enter")
    again = await opened.value
    await again.locator("#login").fill("ewa")
    await again.locator("#password").fill(PASSWORD)
    await again.locator("#password").press("Enter")
    await expect(again.locator("#floor")).to_be_visible()
    await page.locator(".act[open] button").press("Enter")
    await expect(page.locator("#one-state")).to_contain_text("Czeka na zatwierdzenie")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("#session-over")).to_be_hidden()


async def test_nobody_goes_on_in_a_page_of_somebody_else(page: Page, house: tuple[House, str]) -> None:
    hotline, url = house
    await hotline.complaints.file(FILED, "billing", None, {})
    await log_in(page, url, "ewa")
    await page.goto(f"{url}/complaints")
    await page.get_by_role("button", name="Otwórz reklamację").press("Enter")
    await page.locator(".act summary", has_text="Zaproponuj decyzję").press("Enter")
    await page.locator("#propose-reasons").fill("Nadajnik był wyłączony.")
    await page.context.clear_cookies()
    await log_in(await page.context.new_page(), url)  # Anna, in another tab
    await page.locator(".act[open] button").press("Enter")
    await page.wait_for_url(f"{url}/")
    ((_, now),) = await hotline.complaints.all()
    assert now.state is State.OPEN
