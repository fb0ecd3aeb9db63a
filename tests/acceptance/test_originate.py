"""Calls that the server begins, in a real Asterisk: what ours does, and what the server's account cannot do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from telephony.asterisk.ami_actions import Entry, Originate, Phone
from telephony.asterisk.ami_client import AmiClient, AmiSettings, Listener
from telephony.asterisk.config import NodeConfig
from telephony.doctor import running
from telephony.doctor.finding import Standing
from telephony.settings import AsteriskNode
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.conftest import StartNode
from tests.acceptance.sip import sip_world
from tests.ports import free_udp_port

PROBE_ID = "probe-00000001"


@asynccontextmanager
async def server_client(
    node: NodeConfig, wanted: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> AsyncIterator[AmiClient]:
    """The product's client with the product's account, its first snapshot taken."""
    ready = asyncio.Event()
    listener = Listener(lambda _event: None, lambda _snapshot: ready.set(), lambda _since, _why: None)
    settings = AmiSettings(node.ami_host, node.ami_port, "hotline", node.manager_secret)
    client = AmiClient(node.name, settings, wanted, listener, asyncio.get_running_loop().time)
    living = asyncio.create_task(client.run())
    try:
        async with asyncio.timeout(15):
            await ready.wait()
        yield client
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


async def test_an_agents_phone_rings_answers_and_enters_the_fixed_context(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    node = asterisk.node
    async with sip_world(node, tmp_path) as sip, tapped(node) as tap, server_client(node) as client:
        await sip.phone(node.agents[0], free_udp_port())
        await client.request(Originate(Phone("anna"), Entry.PROBE, PROBE_ID))
        own = rb"(?:(?!\r\n\r\n).)*Uniqueid: " + PROBE_ID.encode() + rb"\r\n"
        rang = await tap.until(rb"Event: Newstate\r\n(?:(?!\r\n\r\n).)*ChannelStateDesc: Ringing\r\n" + own)
        entered = await tap.until(
            rb"Event: Newexten\r\n(?:(?!\r\n\r\n).)*Context: hotline-probe\r\n" + own, after=rang.end()
        )
        await tap.until(
            rb"Event: Newexten\r\n" + own + rb"(?:(?!\r\n\r\n).)*Application: Echo\r\n", after=entered.start()
        )


async def test_the_servers_account_cannot_reach_files_or_the_shell(asterisk_node: StartNode, tmp_path: Path) -> None:
    """Whoever has its secret. Asterisk itself refuses an application by its name or by what stands in its data."""
    asterisk = await asterisk_node(agents=["anna"])
    node = asterisk.node
    witness = tmp_path / "witness"
    witness.mkdir()
    async with tapped(node) as tap, tapped(node, "hotline", node.manager_secret) as server:
        for number, application in enumerate(("System", "TrySystem", "Exec", "AGI", "ExternalIVR", "MixMonitor")):
            _originate(server, f"app-{number}", Application=application, Data=f"touch {witness}/{application}")
            await server.until(rb"Response: Error\r\nActionID: app-%d\r\n" % number, within_s=5)
        assert not tap.events("Newchannel")
        # Not refused: what they would need is not loaded.
        _originate(server, "record", Application="Record", Data=f"{witness}/record.wav,1,1")
        for asynchronous in ("true", "false"):
            variable = f"FILE({witness}/{asynchronous})=x"
            _originate(server, asynchronous, **ECHO, Variable=variable, Async=asynchronous)
            await server.until(rb"ActionID: %b\r\n" % asynchronous.encode(), within_s=5)
        # Both halves of both calls have come to the echo: their variables have been set.
        await tap.until(rb"(?:Event: Newexten\r\n(?:(?!\r\n\r\n).)*Application: Echo\r\n.*?){4}", within_s=10)
    assert not list(witness.iterdir())


ECHO = {"Context": "hotline-agents", "Exten": "*43", "Priority": "1"}


def _originate(server: AmiTap, action_id: str, **more: str) -> None:
    server.send(Action="Originate", Channel="Local/*43@hotline-agents", Timeout="2000", ActionID=action_id, **more)


async def test_the_doctor_sees_an_asterisk_whose_account_could_write_files(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    async def findings(node: NodeConfig) -> dict[str, Standing]:
        asked = AsteriskNode(name=node.name, ami_port=node.ami_port, secret=SecretStr(node.manager_secret))
        return {finding.topic: finding.standing async for finding in running.managers([asked])}

    ours = (await asterisk_node()).node
    assert (await findings(ours)).keys() == {f"AMI {ours.name}", "phones"}
    modules = tmp_path / "templates/modules.conf"
    modules.write_text(modules.read_text().replace("noload = func_env.so\n", ""))
    other = (await asterisk_node()).node
    assert (await findings(other))[f"modules {other.name}"] is Standing.WARNING
