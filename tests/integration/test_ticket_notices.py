"""Who is told of a ticket: whoever has called, once, unless the number may be anybody's, or has had enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from telephony.core.customer_message import CustomerMessage, Way
from telephony.core.ids import InteractionId
from telephony.core.outbox import Message
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.core.views import CallView, Direction
from telephony.customer_messages import CustomerMessages
from telephony.message_settings import Messages
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.ticket_notices import NO_NEWS_AFTER_S, TicketNotices
from tests.unit.test_outward import ENDED

MOBILE, NUMBERS = "+48600100200", {"+48220000100": "pl", "+48220000101": "uk"}
RULES = Messages.model_validate({"folder": "out", "ticket_after_s": 60, "most_a_day": 2, "most_an_hour": 5})
AT = 1_790_000_000.0


class Desk:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = AT
        self.calls = 0

    def notices(self, rules: Messages = RULES) -> TicketNotices:
        messages = CustomerMessages(rules, b"key")
        return TicketNotices(messages, self.store, lambda did: NUMBERS.get(did or "", "pl"), lambda: self.now)

    async def ticket(self, status: TicketStatus | None = None, topic: str | None = None, **call: object) -> str:
        """Of a call that has ended."""
        self.calls += 1
        usual: dict[str, object] = {"caller": MOBILE, "did": "+48220000100"}
        ended: CallView = replace(ENDED, interaction=InteractionId(f"c-{self.calls}"), **(usual | call))  # type: ignore[arg-type]
        await self.store.record_call(ended)
        ticket = OpenTicket(ended.interaction, None, "Rozmowa", "…", topic, status)
        return await self.store.open_ticket(ticket, self.now)

    async def told(self, rules: Messages = RULES, later_s: float = 61.0) -> list[CustomerMessage]:
        """Everything so far."""
        self.now += later_s
        await self.notices(rules).look()
        return [CustomerMessage.of(each) for each in await self.kept()]

    async def kept(self) -> tuple[Message, ...]:
        return await self.store.outbox.open_messages(str(Way.SMS))


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def desk(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Desk]:
    store = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield Desk(store)
    await store.close()


async def test_whoever_calls_hears_of_the_ticket_once(desk: Desk) -> None:
    number = await desk.ticket(topic="internet")
    assert await desk.told(later_s=59.0) == [], "a consultant may still close it"
    assert await desk.told(later_s=2.0) == [CustomerMessage(MOBILE, f"MARSOFT: numer zgłoszenia to {number}.")]
    assert await desk.ticket(topic="internet") == number, "a second call about the same"
    assert len(await desk.told()) == 1


async def test_what_is_said_is_in_the_language_of_the_number_that_was_called(desk: Desk) -> None:
    number = await desk.ticket(did="+48220000101")
    assert [each.text for each in await desk.told()] == [f"MARSOFT: номер звернення {number}."]


@pytest.mark.parametrize(
    "call",
    [
        {"caller": None},
        {"caller": "+48220000199"},
        {"caller": "+48700100200"},
        {"caller": "+48112"},
        {"caller": "+380501234567"},
        {"direction": Direction.OUT},
        {"direction": Direction.CALL_BACK},
        {"status": TicketStatus.CLOSED},
    ],
)
async def test_nobody_else_is_written_to(desk: Desk, call: dict[str, object]) -> None:
    await desk.ticket(**call)  # type: ignore[arg-type]
    assert await desk.told() == []
    assert await desk.told(RULES.model_copy(update={"sms_countries": (48, 380)})) == [], "nor is it looked at again"


async def test_what_is_turned_off_or_leads_nowhere_sends_nothing(desk: Desk) -> None:
    await desk.ticket()
    assert await desk.told(RULES.model_copy(update={"ticket_sms": False})) == []
    await desk.ticket()
    assert await desk.told(Messages()) == []


async def test_a_forged_number_is_not_flooded(desk: Desk) -> None:
    for _ in range(4):
        await desk.ticket()
    assert len(await desk.told()) == 2
    await desk.ticket(caller="+48600100201")
    assert len(await desk.told()) == 3, "the limit is each number's own"
    await desk.ticket()
    assert len(await desk.told(later_s=86_400.0)) == 3, "too long ago to be news"
    await desk.ticket()
    assert len(await desk.told()) == 4, "a day later"


async def test_many_forged_numbers_do_not_make_a_flood_either(desk: Desk) -> None:
    for last in range(8):
        await desk.ticket(caller=f"+4860010020{last}")
    assert len(await desk.told()) == 5


async def test_after_a_long_outage_old_tickets_are_no_news(desk: Desk) -> None:
    await desk.ticket()
    assert await desk.told(later_s=NO_NEWS_AFTER_S + 62) == []


async def test_two_servers_tell_once_and_no_number_stands_beside_the_message(desk: Desk) -> None:
    await desk.ticket()
    desk.now += 61.0
    await asyncio.gather(desk.notices().look(), desk.notices().look())
    (kept,) = await desk.kept()
    assert kept.recipient == CustomerMessages(RULES, b"key").recipient(MOBILE)
    assert "600100200" not in kept.recipient + kept.id
