"""Callers who came while no server was there: served by Asterisk's own queue, and on record once a server is back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.core.views import CallView, Lane, Outcome
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.world import AGENT, World, world

CALLER, SECOND, THIRD = "+48500000201", "+48500000202", "+48500000203"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(120), world(tmp_path) as everything:
        yield everything


async def test_calls_without_a_server_are_recorded_once_when_one_is_back(town: World) -> None:
    await town.house.signal_server(signal.SIGKILL)
    call = await town.calls(GENERAL, CALLER)
    consultant = await town.answered_by_a_consultant()
    gives_up = await town.calls(ACCESSIBLE, SECOND)  # the only consultant talks
    await asyncio.sleep(2)
    await gives_up.hang_up()
    await gives_up.ended()
    await consultant.hang_up()
    await call.ended()
    assert not await town.store.recent_interactions()
    await town.house.start_server()
    first = await recorded(town, 2)
    answered, abandoned = first[CALLER], first[SECOND]
    assert (answered.outcome, answered.agent, answered.did) == (Outcome.FALLBACK_ANSWERED, AGENT, GENERAL)
    assert answered.lane is Lane.STANDARD
    assert answered.arrived_at < (answered.answered_at or 0) < (answered.ended_at or 0)
    assert (abandoned.outcome, abandoned.agent, abandoned.did) == (Outcome.ABANDONED_LINE, None, ACCESSIBLE)
    assert abandoned.lane is Lane.ACCESSIBILITY
    assert 1.5 < (abandoned.ended_at or 0) - abandoned.arrived_at < 10
    tickets = [await town.ticket_of(each) for each in first.values()]

    # Once more: nothing is taken in twice, and what comes meanwhile is.
    await town.house.signal_server(signal.SIGKILL)
    third = await town.calls(GENERAL, THIRD)
    consultant = await town.answered_by_a_consultant()
    await consultant.hang_up()
    await third.ended()
    await town.house.start_server()
    again = await recorded(town, 3)
    assert {caller: again[caller] for caller in first} == first
    assert [await town.ticket_of(first[caller]) for caller in first] == tickets
    assert again[THIRD].outcome is Outcome.FALLBACK_ANSWERED


async def recorded(town: World, count: int) -> dict[str | None, CallView]:
    seen = await town.until(lambda calls: len(calls) >= count and all(call.outcome for call in calls))
    assert len(seen) == count
    return {call.caller: call for call in seen}
