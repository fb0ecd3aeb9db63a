"""Tickets in a real Chromium, by keyboard: the list, one with all that has happened to it, setting its status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.async_api import Page, expect

from telephony.core.ids import InteractionId, QueueName
from telephony.core.outbox import Message
from telephony.core.promises import Complaint
from telephony.core.ticket import OpenTicket, TicketStatus, ticket_sequence
from telephony.core.ticket_exchange import Change
from tests.acceptance.console_scene import HOSTILE, House, log_in, looks_right
from tests.integration.test_store import CUSTOMER, ENDED

BODY = "Numer dzwoniącego: +48500000101\nNumer wybrany: +48220000100\nCzas oczekiwania: 12 s\nKonsultant: anna"
AT = 1_790_000_000.0


async def opened(house: House, name: str, queue: str | None, subject: str, at: float) -> str:
    call = replace(ENDED, interaction=InteractionId(name))
    await house.store.record_call(call)
    department = QueueName(queue) if queue else None
    return await house.store.open_ticket(OpenTicket(call.interaction, department, subject, BODY, queue), at)


async def three_tickets(house: House) -> str:
    """One with a long history, the number of which is given; a complaint; one of a department that nobody here has."""
    await house.store.customers.add([CUSTOMER])
    number = await opened(house, "i-1", "support", "Przerwy w działaniu internetu wieczorem", AT)
    assert await opened(house, "i-2", "support", HOSTILE, AT + 3600) == number
    await house.store.file_complaint(Complaint(InteractionId("c-1"), "billing", None, {}, AT + 50))
    await opened(house, "c-1", None, "Reklamacja: rozliczenia", AT + 50)
    await opened(house, "i-3", "fibre", "Światłowód do domu", AT + 60)
    there = house.store.tickets_there
    await there.tell("tickets-request-tracker")
    await there.keep("tickets-request-tracker", ticket_sequence(number), "4711", TicketStatus.OPEN)
    change = Change("c-1", "4711", AT + 7200, "jan", TicketStatus.PENDING, "Technik będzie w piątek rano.")
    await there.arrived("tickets-request-tracker", change)
    await house.store.outbox.keep_messages([Message(f"ticket-{number}", "sms", "{}", AT + 60, recipient="p")])
    await house.store.outbox.message_sent(f"ticket-{number}", AT + 61)
    return number


async def test_a_ticket_is_found_read_from_its_first_call_on_and_closed(
    page: Page, house: tuple[House, str], shots: Path
) -> None:
    hotline, url = house
    number = await three_tickets(hotline)
    await log_in(page, url)
    await page.get_by_role("link", name="Zgłoszenia").press("Enter")
    await expect(page.locator("#list tr")).to_have_count(2)
    await expect(page.locator("#queue option")).to_have_count(4)
    await page.locator("#number").fill("000012")
    await page.locator("#number").press("Enter")
    await expect(page.locator("#find-error")).to_contain_text("brakuje cyfry albo jest błędna")
    await page.locator("#number").fill(number)
    await page.locator("#status").select_option("pending")
    await page.locator("#queue").select_option("support")
    await page.locator("#find-form button").press("Enter")
    await expect(page.locator("#list tr")).to_have_count(1)
    await page.get_by_role("link", name=f"Pokaż zgłoszenie {number}").press("Enter")
    await expect(page.locator("#one-title")).to_be_focused()
    await expect(page.locator("#history li")).to_have_count(4)
    await expect(page.locator("#history")).to_contain_text(HOSTILE)
    await expect(page.locator("#history li").last).to_contain_text("Technik będzie w piątek rano.")
    await looks_right(page, shots, "ticket")
    await page.locator("#new-status").select_option("closed")
    await page.locator("#status-form button").press("Enter")
    await expect(page.locator("#say")).to_have_text("Stan zgłoszenia: zamknięte")
    await expect(page.locator("#history li").last).to_contain_text("anna")
    await expect(page.locator("#none")).to_be_visible()  # of those that are in progress
    assert (await hotline.store.tickets.listed(sequence=ticket_sequence(number)))[0].status is TicketStatus.CLOSED
    assert await opened(hotline, "i-4", "support", "Znowu przerwy", AT + 9000) != number
    await page.locator("#new-status").select_option("open")
    await page.locator("#status-form button").press("Enter")
    await expect(page.locator("#status-error")).to_have_text("W tej samej sprawie jest już otwarte inne zgłoszenie.")


async def test_what_is_not_theirs_a_consultant_is_told_and_a_supervisor_shown(
    page: Page, house: tuple[House, str]
) -> None:
    hotline, url = house
    await three_tickets(hotline)
    foreign = (await hotline.store.tickets.listed(queue="fibre"))[0].number
    await log_in(page, url)
    await page.goto(f"{url}/tickets#{foreign}")
    await expect(page.locator("#find-error")).to_have_text("Brak uprawnień.")
    await expect(page.locator("#one")).to_be_hidden()
    await page.context.clear_cookies()
    await log_in(page, url, "ewa")
    await page.get_by_role("link", name="Zgłoszenia").press("Enter")
    await expect(page.locator("#list tr")).to_have_count(3)
    await page.get_by_role("link", name=f"Pokaż zgłoszenie {foreign}").press("Enter")
    await expect(page.locator("#history li")).to_have_count(1)
    await page.locator("#list tr", has_text="Reklamacja").get_by_role("link", name="reklamacja").press("Enter")
    await expect(page).to_have_url(f"{url}/complaints")
