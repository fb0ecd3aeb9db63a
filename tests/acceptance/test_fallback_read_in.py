"""Callers who came while no server was there: served by Asterisk's own queue, and on record once a server is back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.asterisk import cel
from telephony.asterisk.log_file import LogFile
from telephony.core.views import CallView, Lane, Outcome
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.ami_tap import tapped
from tests.acceptance.conftest import StartNode
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


async def test_a_quote_in_a_callers_number_stays_in_its_field(asterisk_node: StartNode) -> None:
    """Asterisk's own quoting is what our strict reading of its log rests on."""
    asterisk = await asterisk_node(agents=[AGENT])
    hostile = '6"\\,"CHAN_START"'
    async with tapped(asterisk.node) as tap:
        tap.send(
            Action="Originate", Channel=f"Local/{GENERAL}@hotline-in", Application="Wait", Data="0",
            CallerID=f"<{hostile}>", Async="true",
        )  # fmt: skip
        await tap.until(rb"Event: Hangup\r\n.*?Event: Hangup\r\n")
    lines = await whole_call(asterisk.node.folder / "log" / cel.FILE)
    rows = [cel.parse(line) for line in lines]
    assert hostile.replace('"', '""') in {row.number for row in rows}
    assert len({row.linkedid for row in rows}) == 1


async def whole_call(path: Path) -> list[bytes]:
    """The lines of the log once the call's last one is there."""
    file, lines = LogFile(path, None), []
    async with asyncio.timeout(10):
        while True:
            lines += [line for _, line in file.lines()]
            if lines and lines[-1].startswith(b'"LINKEDID_END"'):
                return lines
            await asyncio.sleep(0.05)


async def recorded(town: World, count: int) -> dict[str | None, CallView]:
    seen = await town.until(lambda calls: len(calls) >= count and all(call.outcome for call in calls))
    assert len(seen) == count
    return {call.caller: call for call in seen}
