"""Asterisk's own queue follows the consultants: in a real Asterisk, over its restart, and with the server dead."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.asterisk.ami_actions import QueueStatus
from telephony.asterisk.ami_client import AmiClient
from telephony.asterisk.fallback_members import FallbackMembers, Member, members
from telephony.asterisk.translate import WANTED
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.conftest import StartNode
from tests.acceptance.test_originate import server_client
from tests.acceptance.world import AGENT, World, register, world

LATER = "piotr"
CALLER, PREFERRED = "+48500000101", "+48500000102"


async def nobody() -> frozenset[str]:
    return frozenset()


async def known(client: AmiClient) -> list[Member]:
    return sorted(members((await client.listing(QueueStatus())).events), key=lambda each: each.endpoint)


async def test_phones_are_added_removed_and_paused_and_kept_over_a_restart(asterisk_node: StartNode) -> None:
    asterisk = await asterisk_node(agents=["anna", "ewa"])
    anna, ewa, jan = (Member(name, of_file=name != "jan", paused=False) for name in ("anna", "ewa", "jan"))
    async with server_client(asterisk.node, WANTED) as client:
        assert await known(client) == [anna, ewa]
        service = FallbackMembers(client, nobody)
        assert await service.settle(frozenset({"anna", "jan"}))
        assert await known(client) == [anna, replace(ewa, paused=True), jan]
    await asterisk.stop()
    await asterisk.start()
    async with server_client(asterisk.node, WANTED) as client:
        assert jan in await known(client)
        assert await FallbackMembers(client, nobody).settle(frozenset({"anna", "ewa"}))
        assert await known(client) == [anna, ewa]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(120), world(tmp_path) as everything:
        yield everything


async def test_with_the_server_dead_who_came_after_its_start_serves_accessibility_callers_first(town: World) -> None:
    """The consultant of the start has left the house; the one who came later is alone with both callers."""
    anna = await town.store.account_by_login(AGENT)
    piotr = await town.store.account_by_login(LATER)
    assert anna
    assert piotr
    await town.store.add_account(replace(piotr, endpoint=""))
    await register(town.consultants, town.house, town.folder, LATER, 0, by_itself=False)
    standard = await town.waits_in_line(GENERAL, CALLER)
    preferred = await town.waits_in_line(ACCESSIBLE, PREFERRED)
    await town.store.add_account(replace(piotr, endpoint=LATER))
    await town.store.add_account(replace(anna, endpoint=""))
    log = town.house.data / "log/server.log"
    async with asyncio.timeout(20):
        while not settled(log.read_text("utf-8")):  # noqa: ASYNC110 - a log is read, not announced
            await asyncio.sleep(0.1)
    # A free phone goes to whoever is in Asterisk's queue first, and the last words of the flow are heard to their end.
    await town.phone_leaves(LATER)
    await town.house.signal_server(signal.SIGKILL)
    await town.in_asterisks_queue(2)
    await register(town.consultants, town.house, town.folder, LATER, 0, by_itself=False)
    for expected in (preferred, standard):
        phone = await town.consultants.incoming()
        assert phone.account == LATER
        await phone.answer()
        await phone.answered()
        await asyncio.sleep(1)
        assert str(phone.caller).count("102" if expected is preferred else "101")
        await phone.hang_up()
        await expected.ended()


def settled(log: str) -> bool:
    """Anna is paused, and Piotr is not (any more)."""
    lines = [line for line in log.splitlines() if "fallback.member" in line]
    last = {name: line for line in lines for name in (AGENT, LATER) if name in line}
    return AGENT in last
