"""Kamailio with the shipped configuration between a carrier and two nodes: calls both ways, and nodes that die.

Each party has an address of its own in 127/8, by which Kamailio and Asterisk know it, as they do in the field.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.child import Child
from telephony.trunk_apply import applied, rolled_back
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.conftest import ROOT, StartNode
from tests.acceptance.sip import answers, login, registers, sip_world
from tests.acceptance.test_trunk_apply import OUTSIDE, node_of, wanted_of
from tests.acceptance.test_trunk_tls import HEARD, OUT, SPEAKS, hears_itself
from tests.ports import free_udp_port
from tests.tools import kamailio

CARRIER, SBC, NODES = "127.0.0.2", "127.0.0.5", ("127.0.0.3", "127.0.0.4")
ECHO, ANNA = "+48221234500", "+48221234501"
RING_S = 2
NO_NODE = 34  # no circuit or channel available [Q.850]: what 503 becomes

FILE = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
[trunks.north]
carrier = "north"
hosts = [{{ host = "127.0.0.2", port = {carrier} }}]
outbound_proxy = {{ host = "127.0.0.5", port = {sbc} }}
match = ["127.0.0.5/32"]
codecs = ["alaw"]
options_s = {options_s}
limits = {{ calls = 100, calls_per_s = 100 }}
[dids]
"+48221234500" = {{ leads = "echo" }}
"+48221234501" = {{ leads = "agent:anna" }}
[[outbound]]
prefix = "+48"
trunks = ["north"]
"""

FAR = """
[sbc]
type = endpoint
context = carrier
disallow = all
allow = alaw
aors = sbc
direct_media = no
[sbc]
type = aor
contact = sip:127.0.0.5:{sbc}
[sbc]
type = identify
endpoint = sbc
match = 127.0.0.5/32
"""

STAYS = """
[stays]
exten => s,1,UserEvent(Stays)
 same => n,Wait(300)
"""


INVITE = """\
INVITE sip:+48600100200@{to} SIP/2.0
Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{host}
Max-Forwards: 70
From: <sip:x@{host}>;tag=x
To: <sip:+48600100200@{to}>
Call-ID: x-{host}
CSeq: 1 INVITE
Contact: <sip:x@{host}:{port}>
Content-Length: 0

"""


class Asker(asyncio.DatagramProtocol):
    """Asks once for a call, from any address, and keeps what is said."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(data.partition(b"\r\n")[0])


@asynccontextmanager
async def asking(host: str, to: str, sbc_port: int) -> AsyncIterator[Asker]:
    loop = asyncio.get_running_loop()
    transport, asker = await loop.create_datagram_endpoint(Asker, (host, 0))
    port = transport.get_extra_info("sockname")[1]
    transport.sendto(INVITE.format(host=host, port=port, to=to).replace("\n", "\r\n").encode(), (SBC, sbc_port))
    try:
        yield asker
    finally:
        transport.close()


class Scene:
    def __init__(self, far: EmbeddedAsterisk, nodes: list[EmbeddedAsterisk], sbc_port: int, tap: AmiTap) -> None:
        self.far, self.nodes, self.tap = far, nodes, tap
        self.sbc_port = sbc_port

    def file(self, options_s: int) -> str:
        return FILE.format(carrier=self.far.node.sip_port, sbc=self.sbc_port, options_s=options_s)

    async def apply(self, options_s: int) -> None:
        nodes = [node_of(each) for each in self.nodes]
        done = [each async for each in applied(nodes, wanted_of(self.file(options_s)), "eva")]
        assert [each.failed for each in done] == [(), ()]

    async def call(self, number: str) -> None:
        """A call in, which stays; it has been answered."""
        before = len(self.tap.received)
        self.begin(number)
        await self.tap.until(rb"UserEvent: Stays\r\n", after=before)

    def begin(self, number: str) -> None:
        channel = f"PJSIP/{number}@sbc"
        self.tap.send(Action="Originate", Channel=channel, Context="stays", Exten="s", Priority="1", Async="true")

    def hang_up(self) -> None:
        self.tap.send(Action="Hangup", Channel="/^PJSIP/")

    async def calls(self, node: EmbeddedAsterisk) -> int:
        return int((await node.command("core show channels count")).split(" active channel")[0].split()[-1])

    async def with_calls(self) -> EmbeddedAsterisk:
        """The first node that has one."""
        async with asyncio.timeout(10):
            while True:
                for node in self.nodes:
                    if node.running and await self.calls(node):
                        return node
                await asyncio.sleep(0.1)

    async def quiet(self) -> None:
        """Until no call is left anywhere."""
        async with asyncio.timeout(10):
            while any([await self.calls(each) for each in (self.far, *self.nodes) if each.running]):  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@asynccontextmanager
async def scene(start: StartNode, folder: Path) -> AsyncIterator[Scene]:
    far, *nodes = await asyncio.gather(
        start(trunks=[], numbers={}, sip_host=CARRIER),
        *(start(trunks=[], numbers={}, sip_host=each, agents=["anna"], transfer_numbers=[OUTSIDE]) for each in NODES),
    )
    port = free_udp_port()
    for asterisk in (far, *nodes):
        _append(asterisk, "extensions.conf", SPEAKS.format(folder=asterisk.node.folder) + STAYS)
    _append(far, "pjsip.conf", FAR.format(sbc=port))
    for asterisk in (far, *nodes):
        await asterisk.command("dialplan reload")
    await far.command("module reload res_pjsip.so")
    (folder / "nodes.list").write_text("".join(f"1 sip:{each.node.sip_host}:{each.node.sip_port}\n" for each in nodes))
    (folder / "carriers.list").write_text(f"2 {CARRIER} 32 0\n")
    argv: list[str | Path] = [
        *kamailio(), "-DD", "-E", "-Y", folder, "-P", folder / "kamailio.pid", "-m", "32", "-M", "8",
        "-l", f"udp:{SBC}:{port}", "-f", ROOT / "config/kamailio/kamailio.cfg",
        *(f"-A{name}={value}" for name, value in (
            ("NODES", f'"{folder / "nodes.list"}"'), ("CARRIERS", f'"{folder / "carriers.list"}"'),
            ("RING_MS", RING_S * 1000),
        )),
    ]  # fmt: skip
    sbc = await Child.start("kamailio", argv, log=folder / "kamailio.log")
    try:
        async with tapped(far.node) as tap:
            yield Scene(far, nodes, port, tap)
    finally:
        await sbc.stop()


def _append(asterisk: EmbeddedAsterisk, name: str, text: str) -> None:
    with (asterisk.node.folder / "etc" / name).open("a") as file:
        file.write(text)


async def test_calls_pass_both_ways_and_on_to_the_node_that_lives(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with scene(asterisk_node, tmp_path) as here:
        await here.apply(5)
        await _only_ours_are_served(here, tmp_path)
        for asterisk, channel in ((here.far, f"PJSIP/{ECHO}@sbc"), *((each, OUT) for each in here.nodes)):
            assert await hears_itself(asterisk, channel) > HEARD
        await _plan_changes_under_calls(here, 4)
        await _node_dies_while_it_rings(here, tmp_path)
        await _node_dies_in_mid_call(here)


async def _only_ours_are_served(here: Scene, folder: Path) -> None:
    """A stranger is not answered; a node may call a carrier and nobody else."""
    async with (
        asking("127.0.0.9", SBC, here.sbc_port) as stranger,
        asking(NODES[0], "127.0.0.9", here.sbc_port) as node,
        asyncio.timeout(10),
    ):
        log, told = folder / "kamailio.log", b"stranger: INVITE from 127.0.0.9"
        while not node.heard or told not in log.read_bytes():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)
        assert node.heard == [b"SIP/2.0 403 Not A Carrier"]
        assert stranger.heard == []


@pytest.mark.long
async def test_the_plan_changes_under_twenty_calls_and_half_of_them_outlive_a_node(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    async with scene(asterisk_node, tmp_path) as here:
        await here.apply(5)
        await _plan_changes_under_calls(here, 20)
        for _ in range(20):
            await here.call(ECHO)
        dying, living = here.nodes
        await dying.kill()
        async with asyncio.timeout(30):
            while await here.calls(here.far) > 10:  # noqa: ASYNC110 - its console tells who asks
                await asyncio.sleep(0.5)
        assert await here.calls(here.far) == await here.calls(living) == 10


async def _plan_changes_under_calls(here: Scene, count: int) -> None:
    for _ in range(count):
        await here.call(ECHO)
    assert [await here.calls(each) for each in here.nodes] == [count // 2, count // 2], "shared among the nodes"
    before = [node_of(each).folder.current() for each in here.nodes]
    await here.apply(7)
    for node, revision in zip(here.nodes, before, strict=True):
        assert revision
        await rolled_back(node_of(node), revision, "eva")
    assert [await here.calls(each) for each in here.nodes] == [count // 2, count // 2], "as they were"
    here.hang_up()
    await here.quiet()


async def _node_dies_while_it_rings(here: Scene, folder: Path) -> None:
    """The caller is brought to the other node, where the phone rings again and answers."""
    async with _phones(here, folder, ring_ms=int(RING_S * 600)):
        before = len(here.tap.received)
        here.begin(ANNA)
        await here.tap.until(rb"ChannelStateDesc: Ringing", after=before)
        dying = await here.with_calls()
        await dying.kill()
        await here.tap.until(rb"UserEvent: Stays\r\n", after=before)
        here.hang_up()
        await here.quiet()


@asynccontextmanager
async def _phones(here: Scene, folder: Path, ring_ms: int) -> AsyncIterator[None]:
    """A consultant's phone at each node; it answers after it has rung so long."""
    worlds = [sip_world(each.node, folder) for each in here.nodes]
    async with worlds[0] as one, worlds[1] as other:
        for place, sip in enumerate((one, other)):
            anna, port = sip.node.agents[0], free_udp_port()
            name = f"register-{place}"
            asked = await sip.run(name, registers("anna"), port, service="anna", more=login(anna), to=NODES[place])
            assert await asked.ok(), asked.errors()
            await sip.run(f"phone-{place}", answers(ring_ms), port, calls=None)
        yield


async def _node_dies_in_mid_call(here: Scene) -> None:
    """The caller does not listen to silence; where no node is left, the carrier hears so at once."""
    await here.call(ECHO)
    dying = await here.with_calls()
    before = len(here.tap.received)
    await dying.kill()
    await here.tap.until(rb"Event: Hangup\r\n", after=before)
    before = len(here.tap.received)
    here.begin(ECHO)
    found = await here.tap.until(rb"Event: Hangup\r\n[^\0]*?Cause: (\d+)", after=before)
    assert int(found[1]) == NO_NODE
