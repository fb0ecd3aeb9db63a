from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from telephony.core.customer import Card, Customer, TicketSummary
from telephony.crm.builtin import BuiltinDirectory
from telephony.crm.seed import customers

ANNA = customers(1)[0]
PHONE = ANNA.phones[0]
TICKET = TicketSummary("000013", "Brak internetu", "open", 5.0)


@dataclass
class FakeRecords:
    known: dict[str, Customer] = field(default_factory=lambda: {PHONE: ANNA})
    error: Exception | None = None
    silent: bool = False

    async def customer_by_phone(self, e164: str) -> Customer | None:
        if self.silent:
            await asyncio.get_running_loop().create_future()
        if self.error:
            raise self.error
        return self.known.get(e164)

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]:
        return (TICKET,) if customer == ANNA.number else ()


async def test_a_known_caller_comes_with_open_tickets() -> None:
    assert await BuiltinDirectory(FakeRecords()).card(PHONE) == Card(ANNA, (TICKET,))


async def test_an_unknown_caller_and_a_withheld_number_are_nobody() -> None:
    directory = BuiltinDirectory(FakeRecords())
    assert await directory.card("+48220999999") == Card(None)
    assert await directory.card(None) == Card(None)


async def test_records_that_do_not_answer_cost_no_more_than_the_budget() -> None:
    card = await BuiltinDirectory(FakeRecords(silent=True), budget_s=0.0).card(PHONE)
    assert card == Card(None, (), available=False)


async def test_an_error_makes_an_unavailable_card_and_its_log_tells_no_number() -> None:
    with structlog.testing.capture_logs() as logged:
        card = await BuiltinDirectory(FakeRecords(error=ConnectionError(f"no {PHONE}"))).card(PHONE)
    assert card == Card(None, (), available=False)
    assert logged == [{"event": "directory.failed", "error": "ConnectionError", "log_level": "warning"}]
