from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from telephony.console.cards import Cards
from telephony.core.customer import Caller, Card
from telephony.core.ids import InteractionId
from telephony.crm.seed import customers
from tests.unit.console_story import CALLER, WAITING

I1 = WAITING.interaction
UNAVAILABLE, KNOWN = Card(None, available=False), Card(customers(1)[0])


class Directory:
    """Answers when told to."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.answer: asyncio.Future[Card] = asyncio.get_running_loop().create_future()
        self.late: asyncio.Future[Card] = asyncio.get_running_loop().create_future()

    async def cards(self, caller: Caller) -> AsyncIterator[Card]:
        self.asked.append(caller.customer or caller.number)
        yield await asyncio.shield(self.answer)
        yield await asyncio.shield(self.late)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_card_is_fetched_once_and_kept() -> None:
    directory, arrived = Directory(), list[InteractionId]()
    cards = Cards(directory.cards, lambda interaction, _: arrived.append(interaction))
    cards.want(WAITING)
    cards.want(WAITING)
    await settled()
    assert cards.get(I1) is None
    directory.answer.set_result(Card(None))
    await settled()
    cards.want(WAITING)
    assert cards.get(I1) == Card(None)
    assert (directory.asked, arrived) == ([CALLER], [I1])
    await cards.stop()


async def test_a_late_answer_fills_the_card_in() -> None:
    directory, arrived = Directory(), list[Card]()
    cards = Cards(directory.cards, lambda _, card: arrived.append(card))
    cards.want(WAITING)
    directory.answer.set_result(UNAVAILABLE)
    await settled()
    directory.late.set_result(KNOWN)
    await settled()
    assert (arrived, cards.get(I1)) == ([UNAVAILABLE, KNOWN], KNOWN)
    assert len(asyncio.all_tasks()) == 1


async def test_whoever_proves_to_be_a_customer_is_looked_up_anew() -> None:
    directory, arrived = Directory(), list[Card]()
    cards = Cards(directory.cards, lambda _, card: arrived.append(card))
    cards.want(WAITING)
    await settled()
    cards.want(replace(WAITING, verified="1004217"))
    cards.want(replace(WAITING, verified="1004217"))
    await settled()
    directory.answer.set_result(KNOWN)
    await settled()
    assert (directory.asked, arrived) == ([CALLER, "1004217"], [KNOWN])
    await cards.stop()


async def test_a_card_that_is_late_for_its_call_is_shown_but_not_kept() -> None:
    directory, arrived = Directory(), list[InteractionId]()
    cards = Cards(directory.cards, lambda interaction, _: arrived.append(interaction))
    cards.want(WAITING)
    await settled()
    cards.forget(I1)
    directory.answer.set_result(Card(None))
    await settled()
    assert (arrived, cards.get(I1)) == ([I1], None)
    await cards.stop()


async def test_a_directory_that_fails_leaves_a_blank_card() -> None:
    directory = Directory()
    cards = Cards(directory.cards, lambda *_: None)
    cards.want(WAITING)
    await settled()
    directory.answer.set_exception(OSError(f"no answer for {CALLER}"))
    await settled()
    assert cards.get(I1) == Card(None, available=False)


async def test_an_anonymous_caller_is_asked_for_too() -> None:
    directory = Directory()
    cards = Cards(directory.cards, lambda *_: None)
    cards.want(replace(WAITING, caller=None))
    await settled()
    assert directory.asked == [None]
    await cards.stop()


async def test_stopping_leaves_no_task() -> None:
    cards = Cards(Directory().cards, lambda *_: None)
    cards.want(WAITING)
    await settled()
    await cards.stop()
    assert len(asyncio.all_tasks()) == 1
