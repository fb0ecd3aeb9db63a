from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from telephony.core.customer import Card, Contact, Customer, TicketSummary
from telephony.core.views import Direction, Outcome
from telephony.crm.builtin import MOST_ASKED, BuiltinDirectory
from telephony.crm.seed import customers

ANNA = customers(1)[0]
PHONE = ANNA.phones[0]
TICKET = TicketSummary("000013", "Brak internetu", "open", 5.0)


@dataclass
class FakeRecords:
    known: dict[str, Customer] = field(default_factory=lambda: {PHONE: ANNA})
    error: Exception | None = None
    silent: bool = False
    history: tuple[Contact, ...] = ()
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def customer_by_phone(self, e164: str) -> Customer | None:
        if self.silent:
            await self.answer()
        if self.error:
            raise self.error
        return self.known.get(e164)

    async def contacts_of(self, phones: Sequence[str], most: int = 10) -> tuple[Contact, ...]:
        return self.history if PHONE in phones else ()

    async def answer(self) -> None:
        """Takes its time, even to be cancelled, as asyncpg does on a server that hangs."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.released.wait()

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]:
        return (TICKET,) if customer == ANNA.number else ()


async def test_a_known_caller_comes_with_open_tickets() -> None:
    assert await BuiltinDirectory(FakeRecords()).card(PHONE) == Card(ANNA, (TICKET,))


async def test_what_has_been_before_is_told_of_customers_and_of_strangers_alike() -> None:
    before = (Contact(1.0, Direction.IN, "support", Outcome.ABANDONED_LINE, None, "000412-7"),)
    records = FakeRecords(history=before)
    assert (await BuiltinDirectory(records).card(PHONE)).history == before
    records.known.clear()
    assert await BuiltinDirectory(records).card(PHONE) == Card(None, history=before)


async def test_an_unknown_caller_and_a_withheld_number_are_nobody() -> None:
    directory = BuiltinDirectory(FakeRecords())
    assert await directory.card("+48220999999") == Card(None)
    assert await directory.card(None) == Card(None)


async def test_records_that_do_not_answer_cost_no_more_than_the_budget() -> None:
    records = FakeRecords(silent=True)
    card = await BuiltinDirectory(records, budget_s=0.0).card(PHONE)
    assert card == Card(None, (), available=False)
    records.released.set()


async def test_when_nobody_answers_no_more_is_asked_until_somebody_does() -> None:
    records = FakeRecords(silent=True)
    directory = BuiltinDirectory(records, budget_s=0.0)
    for _ in range(MOST_ASKED):
        assert not (await directory.card(PHONE)).available
    records.silent = False
    with structlog.testing.capture_logs() as logged:
        assert not (await directory.card(PHONE)).available
    assert logged[0]["event"] == "directory.busy"
    records.released.set()
    patient = BuiltinDirectory(records, budget_s=5.0)
    patient._asked = directory._asked
    await asyncio.gather(*directory._asked, return_exceptions=True)
    assert await patient.card(PHONE) == Card(ANNA, (TICKET,))


async def test_a_page_that_goes_away_takes_its_question_along() -> None:
    records = FakeRecords(silent=True)
    records.released.set()
    directory = BuiltinDirectory(records, budget_s=60.0)
    page = asyncio.create_task(directory.card(PHONE))
    await asyncio.sleep(0)
    (asked,) = directory._asked
    page.cancel()
    assert [type(each) for each in await asyncio.gather(page, asked, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 2


async def test_an_error_makes_an_unavailable_card_and_its_log_tells_no_number() -> None:
    with structlog.testing.capture_logs() as logged:
        card = await BuiltinDirectory(FakeRecords(error=ConnectionError(f"no {PHONE}"))).card(PHONE)
    assert card == Card(None, (), available=False)
    assert logged == [{"event": "directory.failed", "error": "ConnectionError", "log_level": "warning"}]
