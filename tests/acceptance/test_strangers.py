"""Who may open an AGI connection to a running server: the hosts in `agi_peers`, nobody else on the same network."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import aiohttp

from telephony.demo.house import GENERAL
from tests.acceptance.world import STEP_S, world

CALLER = "+48500000101"
STRANGER = "127.0.0.2"  # another address of this machine, and no node's


async def test_a_stranger_is_refused_and_counted_and_callers_are_served(tmp_path: Path) -> None:
    async with asyncio.timeout(120), world(tmp_path) as town:
        reader, writer = await asyncio.open_connection("127.0.0.1", town.house.ports.agi, local_addr=(STRANGER, 0))
        async with asyncio.timeout(STEP_S):
            with suppress(ConnectionResetError):  # what an abort looks like from here
                assert await reader.read() == b""
        writer.close()
        async with aiohttp.ClientSession() as http, http.get(town.house.metrics_url) as answer:
            lines = (await answer.text()).splitlines()
        assert [line for line in lines if 'kind="refused_peer"' in line and line.endswith(" 1.0")]
        await town.waits_in_line(GENERAL, CALLER)
