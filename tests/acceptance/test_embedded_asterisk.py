"""The embedded Asterisk: starts in any folder, tells what is wrong, and leaves nothing behind."""

from __future__ import annotations

import os
import secrets
import select
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.asterisk.config import AgentPhone, NodeConfig
from telephony.asterisk.embedded import AsteriskError, EmbeddedAsterisk
from telephony.asterisk.install import AsteriskProgram
from tests.acceptance.ami_tap import tapped
from tests.acceptance.conftest import TEMPLATES, StartNode
from tests.ports import free_port, free_rtp_ports, free_udp_port


def node_in(folder: Path) -> NodeConfig:
    return NodeConfig(
        name="node-1",
        folder=folder,
        sip_port=free_udp_port(),
        ami_port=free_port(),
        rtp_ports=free_rtp_ports(),
        agi_servers=(),
        manager_secret=secrets.token_hex(16),
        provision_secret=secrets.token_hex(16),
        agents=(AgentPhone("anna", secrets.token_hex(16)),),
    )


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_it_starts_again_where_it_ran_before(asterisk_node: StartNode) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    assert "0 active channels" in await asterisk.command("core show channels")
    await asterisk.stop()
    await asterisk.start()
    async with tapped(asterisk.node, "hotline", asterisk.node.manager_secret) as server:
        await server.until(rb"Event: FullyBooted\r\n")


async def test_a_folder_longer_than_a_socket_name(asterisk_program: AsteriskProgram, tmp_path: Path) -> None:
    folder = tmp_path / ("a-very-long-name-" * 4) / ("another-long-name-" * 4)
    asterisk = EmbeddedAsterisk(asterisk_program, node_in(folder), TEMPLATES)
    await asterisk.start()
    try:
        assert asterisk_program.version in await asterisk.command("core show version")
    finally:
        await asterisk.stop()
    assert [path for path in folder.rglob("*.ctl") if path.is_socket()] == []


async def test_what_a_crash_left_is_ended_first(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    left = asterisk._child
    assert left
    again = EmbeddedAsterisk(asterisk.program, asterisk.node, TEMPLATES)  # as another process would
    await again.start()
    try:
        assert await left.wait() is not None
        assert "0 active channels" in await again.command("core show channels")
    finally:
        await again.stop()


def test_it_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    """SIGKILL of the parent: the kernel ends Asterisk."""
    code = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from tests.acceptance.test_embedded_asterisk import node_in\n"
        "from tests.acceptance.conftest import DATA, TEMPLATES\n"
        "from telephony.asterisk.embedded import EmbeddedAsterisk\n"
        "from telephony.asterisk.install import ensure_asterisk\n"
        "async def main():\n"
        f"    asterisk = EmbeddedAsterisk(await ensure_asterisk(DATA), node_in(Path({str(tmp_path)!r})), TEMPLATES)\n"
        "    await asterisk.start()\n"
        "    print(asterisk._child.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert alive(pid)
    watched = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    readable, _, _ = select.select([watched], [], [], 20)
    os.close(watched)
    assert readable, "Asterisk lives on without its parent"


@pytest.mark.parametrize("kind", ["SIP", "AMI"])
async def test_a_taken_port_is_named(asterisk_program: AsteriskProgram, tmp_path: Path, kind: str) -> None:
    sort = socket.SOCK_DGRAM if kind == "SIP" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, sort) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if kind == "AMI":
            taken.listen()
        node = node_in(tmp_path / "node")
        node = replace(node, sip_port=port) if kind == "SIP" else replace(node, ami_port=port)
        asterisk = EmbeddedAsterisk(asterisk_program, node, TEMPLATES)
        with pytest.raises(AsteriskError, match=rf"{kind} port 127\.0\.0\.1:{port} cannot be used"):
            await asterisk.start()
        assert not asterisk.running


async def test_an_asterisk_that_cannot_start_shows_its_last_words(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    broken = replace(asterisk_program, modules=tmp_path / "no-modules")
    asterisk = EmbeddedAsterisk(broken, node_in(tmp_path / "node"), TEMPLATES)
    with pytest.raises(AsteriskError, match=r"(?s)Asterisk ended with status 1:.*odules"):
        await asterisk.start()
    assert not asterisk.running


async def test_its_secrets_are_for_its_owner_only(asterisk_node: StartNode) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    for path in (asterisk.node.folder / "etc").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


async def test_the_log_shows_only_what_matters(asterisk_node: StartNode) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    lines = (asterisk.node.folder / "log/messages.log").read_text().splitlines()
    loud = [line for line in lines if " ERROR[" in line and "Unable to load config file" not in line]
    assert loud == []


async def test_another_process_may_not_signal_it_by_accident(asterisk_node: StartNode) -> None:
    """Ctrl-C in a terminal reaches our process, which then stops Asterisk in order: it has a group of its own."""
    asterisk = await asterisk_node()
    child = asterisk._child
    assert child
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
