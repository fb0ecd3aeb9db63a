"""Fixtures of the acceptance tests: a real Asterisk per test or module, installed once in the data folder.

`asterisk_node(numbers=…, agents=…, agi_servers=…) -> EmbeddedAsterisk` starts a node on free ports below the test's
own folder and stops it afterwards; its ports and secrets are in `.node`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest_asyncio

from telephony.asterisk.config import AgentPhone, NodeConfig, TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import AsteriskProgram, ensure_asterisk
from tests.ports import free_port, free_rtp_ports, free_udp_port

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HOTLINE_DATA", ROOT / ".hotline"))
TEMPLATES = ROOT / "config" / "asterisk"
GENERAL, ACCESSIBLE = "+48220000100", "+48220000116"

StartNode = Callable[..., Awaitable[EmbeddedAsterisk]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk_program() -> AsteriskProgram:
    DATA.mkdir(parents=True, exist_ok=True)
    return await ensure_asterisk(DATA)


@pytest_asyncio.fixture
async def asterisk_node(asterisk_program: AsteriskProgram, tmp_path: Path) -> AsyncIterator[StartNode]:
    started: list[EmbeddedAsterisk] = []

    async def start(
        *,
        numbers: Mapping[str, bool] | None = None,
        agents: Sequence[str] = (),
        agi_servers: Sequence[str] = (),
        trunks: Sequence[TrunkPeer] | None = None,
        announcement: Path | None = None,
    ) -> EmbeddedAsterisk:
        name = f"node-{len(started) + 1}"
        carrier = free_udp_port()
        node = NodeConfig(
            name=name,
            folder=tmp_path / name,
            sip_port=free_udp_port(),
            ami_port=free_port(),
            rtp_ports=free_rtp_ports(),
            agi_servers=tuple(agi_servers),
            manager_secret=secrets.token_hex(16),
            provision_secret=secrets.token_hex(16),
            agents=tuple(AgentPhone(agent, secrets.token_hex(16)) for agent in agents),
            numbers=numbers if numbers is not None else {GENERAL: False, ACCESSIBLE: True},
            trunks=tuple(trunks)
            if trunks is not None
            else (TrunkPeer("carrier", f"127.0.0.1:{carrier}/32", f"sip:127.0.0.1:{carrier}"),),
            announcement=announcement,
        )
        asterisk = EmbeddedAsterisk(asterisk_program, node, TEMPLATES)
        await asterisk.start()
        started.append(asterisk)
        return asterisk

    yield start
    for asterisk in started:
        await asterisk.stop()
