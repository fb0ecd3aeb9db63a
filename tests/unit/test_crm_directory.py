"""A caller's card out of a directory and our own records: within its budget, filled in later, never an error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
import structlog

from telephony.core.customer import Caller, Card, Contact, Customer, CustomerFile, Identity, TicketSummary
from telephony.core.views import Direction, Outcome
from telephony.crm.directory import MOST_ASKED, Directory
from telephony.crm.seed import accounts, customers, files
from tests.unit.test_house import ACCOUNT

ANNA = customers(1)[0]
(FILE,) = files([ANNA], [replace(ACCOUNT, customer=ANNA.number)])
PHONE, STRANGE = ANNA.phones[0], "+48220999999"
TICKET = TicketSummary("000013", "Brak internetu", "open", 5.0)
BEFORE = (Contact(1.0, Direction.IN, "support", Outcome.ABANDONED_LINE, None, "000412-7"),)
WHOLE = Card(
    ANNA,
    (TICKET,),
    history=BEFORE,
    contracts=FILE.contracts,
    devices=FILE.devices,
    invoices=FILE.invoices,
    identity=Identity.NUMBER,
)


@dataclass
class FakeSource:
    error: Exception | None = None
    gate: asyncio.Event | None = None  # closed: it does not answer, and takes its time even to be cancelled
    asked: int = 0

    async def by_phone(self, e164: str) -> CustomerFile | None:
        return await self._answer(FILE if e164 == PHONE else None)

    async def by_number(self, number: str) -> CustomerFile | None:
        return await self._answer(FILE if number == ANNA.number else None)

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        return ()

    async def _answer(self, file: CustomerFile | None) -> CustomerFile | None:
        self.asked += 1
        if self.gate:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                await asyncio.wait_for(self.gate.wait(), 2.0)  # as asyncpg does on a server that hangs
                raise
        if self.error:
            raise self.error
        return file


@dataclass
class FakeRecords:
    silent: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def contacts_of(self, phones: Sequence[str], most: int = 10) -> tuple[Contact, ...]:
        if self.silent:
            await self.released.wait()
        return BEFORE if PHONE in phones else ()

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]:
        return (TICKET,) if customer == ANNA.number else ()


def directory(source: FakeSource | None = None, *, budget_s: float = 5.0, late_s: float = 5.0) -> Directory:
    return Directory(source or FakeSource(), FakeRecords(), budget_s=budget_s, late_s=late_s)


async def cards(
    known: Directory, number: str | None, customer: str | None = None, *, proven: bool = True
) -> list[Card]:
    return [card async for card in known.cards(Caller(number, customer, proven=proven and customer is not None))]


async def test_a_known_caller_comes_with_everything_that_is_known() -> None:
    assert await cards(directory(), PHONE) == [WHOLE]


async def test_whoever_proves_to_be_a_customer_is_that_one_from_any_phone() -> None:
    proven = replace(WHOLE, identity=Identity.PIN)
    assert await cards(directory(), PHONE, ANNA.number) == [proven]
    assert await cards(directory(), STRANGE, ANNA.number) == [proven]
    assert await cards(directory(), None, ANNA.number) == [proven]
    assert await cards(directory(), STRANGE, ANNA.number, proven=False) == [WHOLE], (
        "what the consultant says is no proof"
    )
    assert await cards(directory(), STRANGE, "999999") == [Card(None)]


async def test_a_stranger_and_a_withheld_number_are_nobody_and_nothing_is_asked_for_the_latter() -> None:
    source = FakeSource()
    assert await cards(directory(source), STRANGE) == [Card(None)]
    assert await cards(directory(source), None) == [Card(None)]
    assert source.asked == 1


async def test_a_directory_that_is_late_costs_no_more_than_the_budget_and_fills_the_card_in_later() -> None:
    gate = asyncio.Event()
    coming = directory(FakeSource(gate=gate), budget_s=0.0).cards(Caller(PHONE))
    with structlog.testing.capture_logs() as logged:
        assert await anext(coming) == Card(None, available=False, history=BEFORE)
        gate.set()
        assert [card async for card in coming] == [WHOLE]
    assert logged == [{"event": "directory.late", "budget_s": 0.0, "log_level": "warning"}]


async def test_our_own_part_is_there_without_the_directory() -> None:
    gate = asyncio.Event()
    known = directory(FakeSource(gate=gate), budget_s=0.01, late_s=0.0)
    assert await cards(known, PHONE) == [Card(None, available=False, history=BEFORE)]
    gate.set()
    assert await cards(directory(FakeSource(OSError())), PHONE) == [Card(None, available=False, history=BEFORE)]


async def test_an_error_is_logged_without_what_was_asked_for() -> None:
    with structlog.testing.capture_logs() as logged:
        (card,) = await cards(directory(FakeSource(ConnectionError(f"no {PHONE}"))), PHONE)
    assert not card.available
    assert logged == [{"event": "directory.failed", "error": "ConnectionError", "log_level": "warning"}]


async def test_when_nobody_answers_no_more_is_asked_until_somebody_does() -> None:
    gate = asyncio.Event()
    source = FakeSource(gate=gate)
    known = directory(source, budget_s=0.0, late_s=0.0)
    for _ in range(MOST_ASKED):
        assert not (await known.card(PHONE)).available
    asked = source.asked
    with structlog.testing.capture_logs() as logged:
        assert not (await known.card(PHONE)).available
    assert logged[0]["event"] == "directory.busy"
    assert source.asked == asked < MOST_ASKED + 1
    gate.set()
    await asyncio.gather(*known._asked, return_exceptions=True)
    assert (await known.card(PHONE)).history in (BEFORE, ())
    assert source.asked == asked + 1


@pytest.mark.parametrize("at", ["budget", "late"])
async def test_a_page_that_goes_away_takes_its_question_along(at: str) -> None:
    gate = asyncio.Event()
    known = directory(FakeSource(gate=gate), budget_s=60.0 if at == "budget" else 0.0, late_s=60.0)
    page = asyncio.create_task(cards(known, PHONE))
    for _ in range(5):
        await asyncio.sleep(0)
    page.cancel()
    gate.set()
    asked = tuple(known._asked)
    assert asked
    ends = await asyncio.gather(page, *asked, return_exceptions=True)
    assert isinstance(ends[0], asyncio.CancelledError)
    assert not known._asked


def test_made_up_files_go_with_what_is_owed() -> None:
    people = customers(40)
    owed = accounts(people, ACCOUNT.balance_due or FILE.contracts[0].since)
    made = files(people, owed)
    assert made == files(people, owed)
    for file, account in zip(made, owed, strict=True):
        assert file.customer.number == account.customer
        assert file.contracts[0].services == file.customer.services
        assert (file.invoices[0].number, file.invoices[0].paid) == (account.invoice, account.invoice_paid)
        assert len({each.number for each in file.invoices}) == 4
        assert bool(file.devices) == bool(file.customer.services)
