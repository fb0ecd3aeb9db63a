"""A directory that fails is left alone for a while, then asked once; literal time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from telephony.core.customer import Customer, CustomerFile
from telephony.crm.breaker import Breaker, Circuit, Guarded, SourceError


def opened() -> Breaker:
    breaker = Breaker(failures=3, pause_s=10.0)
    for at in (1.0, 2.0, 3.0):
        assert breaker.allows(at)
        breaker.failed(at)
    return breaker


def test_it_opens_after_failures_in_a_row_and_a_success_between_counts_anew() -> None:
    breaker = Breaker(failures=3)
    for _ in range(2):
        breaker.failed(1.0)
    breaker.succeeded()
    for _ in range(2):
        breaker.failed(1.0)
    assert breaker.allows(1.0)
    breaker.failed(1.0)
    assert not breaker.allows(1.0)


def test_one_question_goes_through_after_the_pause_and_decides() -> None:
    breaker = opened()
    assert not breaker.allows(12.9)
    assert breaker.allows(13.0)
    assert not breaker.allows(13.0), "one at a time"
    breaker.failed(14.0)
    assert not breaker.allows(23.9)
    assert breaker.allows(24.0)
    breaker.succeeded()
    assert breaker.allows(24.0)
    assert breaker.state is Circuit.CLOSED


def test_a_question_that_was_taken_back_leaves_the_next_one_to_try() -> None:
    breaker = opened()
    assert breaker.allows(13.0)
    breaker.gave_up()
    assert breaker.allows(13.0)


@dataclass
class Shaky:
    error: Exception | None = None
    hang: bool = False
    asked: int = 0

    async def by_phone(self, e164: str) -> CustomerFile | None:
        self.asked += 1
        if self.hang:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return None

    async def by_number(self, number: str) -> CustomerFile | None:
        return await self.by_phone(number)

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        await self.by_phone(text)
        return ()


async def test_what_is_known_to_be_away_is_not_asked() -> None:
    source, now = Shaky(error=ConnectionError()), 100.0
    guarded = Guarded(source, Breaker(failures=2, pause_s=10.0), lambda: now)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await guarded.by_phone("+48600100200")
    with pytest.raises(SourceError):
        await guarded.by_number("1")
    with pytest.raises(SourceError):
        await guarded.search("Jan", 12)
    assert (source.asked, guarded.refused, guarded.circuit) == (2, 2, Circuit.OPEN)
    source.error, now = None, 110.0
    assert await guarded.by_number("1") is None
    assert guarded.circuit is Circuit.CLOSED


async def test_no_answer_in_time_is_a_failure_and_a_page_that_left_is_none() -> None:
    guarded = Guarded(Shaky(hang=True), Breaker(failures=1), lambda: 1.0, answer_s=0.01)
    with pytest.raises(TimeoutError):
        await guarded.by_phone("+48600100200")
    assert guarded.circuit is Circuit.OPEN
    patient = Guarded(Shaky(hang=True), Breaker(failures=1), lambda: 1.0, answer_s=60.0)
    asked = asyncio.create_task(patient.by_phone("+48600100200"))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert patient.circuit is Circuit.CLOSED
