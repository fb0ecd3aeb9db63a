"""Bad days of the manager connection and of Asterisk itself: callers and outcome records are counted, none is missing.

Real Asterisk, PostgreSQL and phones. In each test one caller talks and one waits when it happens.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from quality.softphone_client import PhoneCall
from telephony.core.views import Outcome, SpanKind
from telephony.demo.house import GENERAL
from tests.acceptance.proxy import AmiProxy, ami_proxy
from tests.acceptance.world import AGENT, World, seconds_since, world

TALKER, WAITER, NEXT = "+48500000101", "+48500000102", "+48500000103"
NOTICED_S = 15.0
FLOOD_EVENTS = 100_000
ANSWERS = 150_000  # of 63 bytes: more than Linux keeps for a reader [tcp(7), tcp_wmem]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(150), world(tmp_path) as everything:
        yield everything


@pytest.fixture
async def proxy(town: World) -> AsyncIterator[AmiProxy]:
    """The server started anew behind a proxy."""
    async with ami_proxy(town.house.ports.ami) as (proxy, port):
        await town.house.stop_server()
        town.house.ports = replace(town.house.ports, ami=port)
        await town.house.start_server()
        await town.page.wait_for_state("paused")
        yield proxy


async def one_talks_one_waits(town: World) -> tuple[PhoneCall, PhoneCall]:
    """The consultant's leg of the first call, and the second caller."""
    await town.waits_in_line(GENERAL, TALKER)
    await town.page.ready()
    talking = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].answered_at is not None)
    return talking, await town.waits_in_line(GENERAL, WAITER)


async def the_talk_ends_and_the_next_is_served(town: World, talking: PhoneCall) -> None:
    """Two callers came; two outcomes are there, both `answered`."""
    await talking.hang_up()
    await town.page.wait_for_state("wrap_up", "paused", "available", "offered", "ringing")
    await town.page.ready()
    second = await town.answered_by_a_consultant()
    await second.hang_up()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert {call.caller: (call.outcome, call.agent) for call in seen} == {
        TALKER: (Outcome.ANSWERED, AGENT),
        WAITER: (Outcome.ANSWERED, AGENT),
    }
    assert len(seen) == 2


async def metric(town: World, line: str) -> None:
    """Wait until this line stands in the metrics."""
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.get(town.house.metrics_url) as answer:
                if line in (await answer.text()).splitlines():
                    return
            await asyncio.sleep(0.2)


async def test_a_cut_manager_connection_costs_nobody_anything(town: World, proxy: AmiProxy) -> None:
    talking, _ = await one_talks_one_waits(town)
    before = proxy.connections
    proxy.cut()
    async with asyncio.timeout(NOTICED_S):
        await proxy.connected_again(before)
        await metric(town, "hotline_ami_connected 1.0")
    assert not talking.end
    seen = await town.until(lambda calls: all(call.spans and call.spans[-1].to_at for call in calls))
    assert [[span.kind for span in call.spans] for call in seen] == [[SpanKind.LINK]] * 2
    await the_talk_ends_and_the_next_is_served(town, talking)


async def test_a_half_open_manager_connection_is_noticed(town: World, proxy: AmiProxy) -> None:
    talking, waiting = await one_talks_one_waits(town)
    before, silent_at = proxy.connections, time.monotonic()
    proxy.silence()
    async with asyncio.timeout(NOTICED_S + 5):
        await proxy.connected_again(before)
    assert seconds_since(silent_at) < NOTICED_S
    assert not talking.end
    assert not waiting.end
    proxy.speak()
    async with asyncio.timeout(NOTICED_S):
        await metric(town, "hotline_ami_connected 1.0")
    await the_talk_ends_and_the_next_is_served(town, talking)


async def test_what_ends_while_nothing_is_heard_is_recorded_once(town: World, proxy: AmiProxy) -> None:
    """The customer hangs up in the line while AMI is silent."""
    talking, waiting = await one_talks_one_waits(town)
    before = proxy.connections
    proxy.silence()
    await waiting.hang_up()
    await talking.hang_up()
    await proxy.connected_again(before)
    proxy.speak()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert {call.caller: call.outcome for call in seen} == {
        TALKER: Outcome.ANSWERED,
        WAITER: Outcome.ABANDONED_LINE,
    }
    assert len(seen) == 2


async def test_a_reader_whom_asterisk_cuts_off_loses_no_outcome(town: World, proxy: AmiProxy) -> None:
    """Asterisk's own `writetimeout`: it waits a second for a client that does not read, then drops it."""
    talking, waiting = await one_talks_one_waits(town)
    asterisk, before = town.house.asterisk, proxy.connections
    assert "hotline" in await asterisk.command("manager show connected")
    proxy.ask_without_reading(b"Action: Ping\r\n\r\n", ANSWERS)
    await waiting.hang_up()
    await talking.hang_up()
    async with asyncio.timeout(NOTICED_S):
        while "hotline" in await asterisk.command("manager show connected"):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)
    proxy.speak()
    await proxy.connected_again(before)
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert {call.caller: call.outcome for call in seen} == {
        TALKER: Outcome.ANSWERED,
        WAITER: Outcome.ABANDONED_LINE,
    }
    assert len(seen) == 2


async def test_a_flood_of_events_costs_nobody_anything(town: World, proxy: AmiProxy) -> None:
    talking, _ = await one_talks_one_waits(town)
    states = ("INUSE", "NOT_INUSE")
    flood = "".join(
        f"Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: PJSIP/piotr\r\nState: {states[n % 2]}\r\n\r\n"
        for n in range(FLOOD_EVENTS)
    )
    async with asyncio.timeout(60):
        await proxy.inject(flood.encode())
        await metric(town, "hotline_ami_connected 1.0")
    assert not talking.end
    await the_talk_ends_and_the_next_is_served(town, talking)


async def test_asterisk_killed_in_mid_call_interrupts_and_serves_again(town: World) -> None:
    await one_talks_one_waits(town)
    await town.house.asterisk.kill()
    await town.house.asterisk.start()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert {call.caller: call.outcome for call in seen} == {
        TALKER: Outcome.INTERRUPTED,
        WAITER: Outcome.INTERRUPTED,
    }
    async with asyncio.timeout(30):
        await metric(town, "hotline_ami_connected 1.0")
    await town.page.ready()
    await town.page.wait_for_state("available")
    next_one = await town.calls(GENERAL, NEXT)
    await next_one.dtmf("2")  # and is not seen in the line: somebody is free
    consultant = await town.answered_by_a_consultant()
    await consultant.hang_up()
    seen = await town.until(lambda calls: len(calls) == 3 and all(call.outcome for call in calls))
    assert [call.outcome for call in seen if call.caller == NEXT] == [Outcome.ANSWERED]
    assert sum(call.outcome is Outcome.INTERRUPTED for call in seen) == 2
