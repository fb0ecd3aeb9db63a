"""Fixtures of the acceptance tests: a real Asterisk per test, installed once in the data folder.

`await asterisk_node(numbers={"+48…": accessibility}, agents=["anna"], agi_servers=["127.0.0.1:port"], trunks=…,
announcement=path, orphan_s=15) -> EmbeddedAsterisk` starts a node on free ports below the test's own folder and stops
it afterwards; its ports and secrets are in `.node`. By default it has two carriers, known by port, and one number of
each lane. `ami_tap.tapped(asterisk.node)` hears all that happens in it; `sip.Sip` makes calls.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.asterisk.config import ORPHAN_S, AgentPhone, NodeConfig, TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import AsteriskProgram, ensure_asterisk
from tests import browser, tools
from tests.acceptance.ami_tap import TAP_ACCOUNT
from tests.acceptance.console_scene import chrome, house, page, shots  # noqa: F401 - fixtures of the console's pages
from tests.ports import free_port, free_rtp_ports, free_udp_port

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HOTLINE_DATA", ROOT / ".hotline"))
TEMPLATES = ROOT / "config" / "asterisk"
GENERAL, ACCESSIBLE = "+48220000100", "+48220000116"

StartNode = Callable[..., Awaitable[EmbeddedAsterisk]]


def _carrier(name: str) -> TrunkPeer:
    port = free_udp_port()
    return TrunkPeer(name, f"127.0.0.1:{port}/32", f"sip:127.0.0.1:{port}")


def templates_with_tap(folder: Path) -> Path:
    """The product's templates and one account more, which hears everything unfiltered."""
    if not folder.exists():
        shutil.copytree(TEMPLATES, folder)
        with (folder / "manager.conf").open("a") as manager:
            manager.write(TAP_ACCOUNT)
    return folder


@pytest.fixture(scope="session", autouse=True)
def built_pages() -> None:
    """What a console serves; built anew where a source has changed."""
    browser.build()


@pytest.fixture(scope="session", autouse=True)
def playwright_driver() -> None:
    """Playwright brings a Node that needs a library which a small machine has not."""
    if node := tools.playwright_node():
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk_program() -> AsteriskProgram:
    DATA.mkdir(parents=True, exist_ok=True)
    return await ensure_asterisk(DATA)


@pytest_asyncio.fixture
async def asterisk_node(asterisk_program: AsteriskProgram, tmp_path: Path) -> AsyncIterator[StartNode]:
    async with starting_nodes(asterisk_program, tmp_path) as start:
        yield start


@asynccontextmanager
async def starting_nodes(program: AsteriskProgram, folder: Path) -> AsyncIterator[StartNode]:
    """What starts nodes below the folder; they are stopped at the end. For fixtures that several tests share."""
    started: list[EmbeddedAsterisk] = []

    async def start(
        *,
        numbers: Mapping[str, bool] | None = None,
        agents: Sequence[str] = (),
        agi_servers: Sequence[str] = (),
        trunks: Sequence[TrunkPeer] | None = None,
        announcement: Path | None = None,
        orphan_s: int = ORPHAN_S,
        transfer_numbers: Sequence[str] = (),
        sip_host: str = "127.0.0.1",
    ) -> EmbeddedAsterisk:
        name = f"node-{len(started) + 1}"
        node = NodeConfig(
            name=name,
            folder=folder / name,
            sip_port=free_udp_port(),
            ami_port=free_port(),
            rtp_ports=free_rtp_ports(),
            agi_servers=tuple(agi_servers),
            manager_secret=secrets.token_hex(16),
            provision_secret=secrets.token_hex(16),
            probe_secret=secrets.token_hex(16),
            agents=tuple(AgentPhone(agent, secrets.token_hex(16)) for agent in agents),
            numbers=numbers if numbers is not None else {GENERAL: False, ACCESSIBLE: True},
            trunks=tuple(trunks) if trunks is not None else (_carrier("carrier"), _carrier("carrier-b")),
            announcement=announcement,
            orphan_s=orphan_s,
            transfer_numbers=tuple(transfer_numbers),
            sip_host=sip_host,
        )
        asterisk = EmbeddedAsterisk(program, node, templates_with_tap(folder / "templates"))
        started.append(asterisk)
        await asterisk.start()
        return asterisk

    try:
        yield start
    finally:
        for asterisk in started:
            await asterisk.stop()
