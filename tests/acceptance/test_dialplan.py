"""The dialplan in a real Asterisk: who is let in, who is served when our server is dead or mad, and what is kept."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telephony.asterisk.embedded import EmbeddedAsterisk
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.conftest import ACCESSIBLE, GENERAL, StartNode
from tests.acceptance.sip import Sip, answers, is_refused, login, phones_out, refuses, sip_world, stays, talks
from tests.ports import free_port, free_udp_port

CALLER = "+48500000111"
FORGED = "6%0d%0aX-Inj%3a%20yes"
FORGED_EVENT = "6%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a%201.1%0d%0aX-Inj%3a%20yes%0d%0a%0d%0a"

Agi = Callable[["AgiPeer"], Awaitable[None]]


class AgiPeer:
    """The server's side of one AGI connection, played by a test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.header: list[bytes] = []

    async def read_header(self) -> None:
        while line := (await self._reader.readline()).rstrip(b"\r\n"):
            self.header.append(line)

    async def run(self, command: str) -> bytes:
        self._writer.write(f"{command}\n".encode())
        return await self._reader.readline()

    def argument(self, number: int) -> str:
        start = f"agi_arg_{number}: ".encode()
        return next(line for line in self.header if line.startswith(start))[len(start) :].decode()

    def leave(self) -> None:
        """As a killed server does."""
        self._writer.transport.abort()


@asynccontextmanager
async def agi_server(play: Agi) -> AsyncIterator[str]:
    """One server; `play` is told of each connection. What it raises fails the test."""
    failed: list[BaseException] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(AgiPeer(reader, writer))
        except Exception as error:  # noqa: BLE001 - told to the test below
            failed.append(error)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    if failed:
        raise failed[0]


@asynccontextmanager
async def world(asterisk: EmbeddedAsterisk, folder: Path) -> AsyncIterator[tuple[Sip, AmiTap]]:
    async with sip_world(asterisk.node, folder) as sip, tapped(asterisk.node) as tap:
        yield sip, tap


async def registered_phone(sip: Sip, tap: AmiTap) -> None:
    agent = sip.node.agents[0]
    await sip.phone(agent, free_udp_port())
    await tap.until(
        rb"Event: DeviceStateChange\r\n.*?Device: PJSIP/" + agent.endpoint.encode() + rb"\r\nState: NOT_INUSE"
    )


async def connected(tap: AmiTap, after: int = 0) -> bytes:
    """Wait until the queue has connected somebody; the AMI event's text."""
    found = await tap.until(rb"Event: AgentConnect\r\n.*?\r\n\r\n", within_s=20, after=after)
    return found[0]


async def agent_hangs_up(tap: AmiTap, connect: bytes) -> None:
    channel = re.search(rb"DestChannel: (\S+)", connect)
    assert channel
    tap.send(Action="Hangup", Channel=channel[1].decode(), Cause="16")


async def test_without_a_server_the_queue_connects_an_agent(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"], agi_servers=[f"127.0.0.1:{free_port()}"])
    async with world(asterisk, tmp_path) as (sip, tap):
        await registered_phone(sip, tap)
        caller = await sip.customer("caller", stays(CALLER), GENERAL)
        await agent_hangs_up(tap, await connected(tap))
        assert await caller.ok(), caller.errors()


async def test_the_accessibility_number_is_served_first(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    async with world(asterisk, tmp_path) as (sip, tap):
        first = await sip.customer("first", stays("+48500000001"), GENERAL)
        await tap.until(rb"Event: QueueCallerJoin\r\n.*?\+48500000001")
        second = await sip.customer("second", stays("+48500000002"), ACCESSIBLE, carrier=1)
        await tap.until(rb"Event: QueueCallerJoin\r\n.*?\+48500000002")
        await sip.phone(asterisk.node.agents[0], free_udp_port())
        one = await connected(tap)
        assert b"\r\nCallerIDNum: +48500000002\r\n" in one
        after = len(tap.received)
        await agent_hangs_up(tap, one)
        assert await second.ok(), second.errors()
        other = await connected(tap, after)
        assert b"\r\nCallerIDNum: +48500000001\r\n" in other
        await agent_hangs_up(tap, other)
        assert await first.ok(), first.errors()


async def test_other_numbers_are_refused(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    numbers = ("+48220000199", "48220000199", "500&PJSIP/anna", "s", "T", "anna", "112", "*43", "1", GENERAL + "0")
    async with sip_world(asterisk.node, tmp_path) as sip:
        for place, number in enumerate(numbers):
            caller = await sip.customer(f"caller-{place}", is_refused(CALLER, 404), number)
            assert await caller.ok(), (number, caller.errors())


async def test_a_stranger_is_not_let_in(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    async with sip_world(asterisk.node, tmp_path) as sip:
        stranger = await sip.run("stranger", is_refused(CALLER, 401), free_udp_port(), service=GENERAL)
        assert await stranger.ok(), stranger.errors()


async def test_who_waits_in_the_fallback_hears_the_announcement_and_music(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    announcement = tmp_path / "wait"
    announcement.with_suffix(".sln16").write_bytes(bytes(3200))
    asterisk = await asterisk_node(announcement=announcement)
    async with world(asterisk, tmp_path) as (sip, tap):
        caller = await sip.customer("caller", stays(CALLER), GENERAL)
        await tap.until(rb"Variable: PLAYBACKSTATUS\r\nValue: SUCCESS")
        await tap.until(rb"Event: QueueCallerJoin\r\n")
        music = await tap.until(rb"Event: MusicOnHoldStart\r\n.*?Channel: (\S+).*?Class: default\r\n")
        tap.send(Action="Hangup", Channel=music[1].decode())
        assert await caller.ok(), caller.errors()


async def test_the_number_is_known_with_and_without_a_plus(asterisk_node: StartNode, tmp_path: Path) -> None:
    given: list[tuple[str, str, str]] = []

    async def note(agi: AgiPeer) -> None:
        await agi.read_header()
        given.append((agi.argument(1), agi.argument(2), base64.b64decode(agi.argument(3)).decode()))
        await agi.run("SET VARIABLE __HOTLINE_INTERACTION test")
        await agi.run("SET VARIABLE HOTLINE_STAGE done")

    async with agi_server(note) as server:
        asterisk = await asterisk_node(agi_servers=[server])
        async with sip_world(asterisk.node, tmp_path) as sip:
            for place, number in enumerate((GENERAL, GENERAL.removeprefix("+"))):
                caller = await sip.customer(f"caller-{place}", stays(CALLER), number)
                assert await caller.ok(), caller.errors()
    assert [each[:2] for each in given] == [(GENERAL, CALLER)] * 2
    assert all(CALLER in each[2] for each in given)


@pytest.mark.parametrize("user", [FORGED, FORGED_EVENT, "a%22%2c%29%24%7bSHELL%28id%29%7d", "+48500%0d000111"])
async def test_what_a_caller_writes_does_not_reach_ami_or_agi(
    asterisk_node: StartNode, tmp_path: Path, user: str
) -> None:
    arguments: list[str] = []
    headers: list[bytes] = []

    async def note(agi: AgiPeer) -> None:
        await agi.read_header()
        headers.extend(agi.header)
        arguments.append(agi.argument(2))
        arguments.append(base64.b64decode(agi.argument(3)).decode())
        await agi.run("SET VARIABLE __HOTLINE_INTERACTION test")

    async with agi_server(note) as server:
        asterisk = await asterisk_node(agents=["anna"], agi_servers=[server])
        async with world(asterisk, tmp_path) as (sip, tap):
            await registered_phone(sip, tap)
            caller = await sip.customer("caller", stays(user), GENERAL)
            await agent_hangs_up(tap, await connected(tap))
            assert await caller.ok(), caller.errors()
            assert tap.events("Newexten"), "nothing was heard at all"
            assert b"X-Inj" not in tap.received
            assert b"SHELL" not in tap.received
            assert len({line.partition(b":")[0] for line in headers}) == len(headers), "a line of AGI was forged"
    assert arguments[0] == "", "not a number"
    assert user in arguments[1] or user.replace("%", "") != user


async def test_a_server_that_hangs_loses_the_caller_to_the_queue(asterisk_node: StartNode, tmp_path: Path) -> None:
    async def hang(agi: AgiPeer) -> None:
        await agi.read_header()
        await agi.run("SET VARIABLE __HOTLINE_INTERACTION test")
        await agi.run("WAIT FOR DIGIT 60000")

    async with agi_server(hang) as server:
        asterisk = await asterisk_node(agents=["anna"], agi_servers=[server], orphan_s=2)
        async with world(asterisk, tmp_path) as (sip, tap):
            await registered_phone(sip, tap)
            caller = await sip.customer("caller", stays(CALLER), GENERAL)
            await agent_hangs_up(tap, await connected(tap))
            assert await caller.ok(), caller.errors()


async def test_a_server_that_accepts_and_says_nothing_is_given_up(asterisk_node: StartNode, tmp_path: Path) -> None:
    over = asyncio.Event()

    async def silent(agi: AgiPeer) -> None:
        await over.wait()

    async with agi_server(silent) as server:
        asterisk = await asterisk_node(agents=["anna"], agi_servers=[server], orphan_s=2)
        async with world(asterisk, tmp_path) as (sip, tap):
            await registered_phone(sip, tap)
            caller = await sip.customer("caller", stays(CALLER), GENERAL)
            await agent_hangs_up(tap, await connected(tap))
            assert await caller.ok(), caller.errors()
        over.set()


@pytest.mark.parametrize("stage", ["menu", "line"])
async def test_a_server_that_dies_in_menu_or_line_leaves_the_caller_to_the_queue(
    asterisk_node: StartNode, tmp_path: Path, stage: str
) -> None:
    async def die(agi: AgiPeer) -> None:
        await agi.read_header()
        await agi.run("SET VARIABLE __HOTLINE_INTERACTION test")
        await agi.run(f"SET VARIABLE HOTLINE_STAGE {stage}")
        agi.leave()

    async with agi_server(die) as server:
        asterisk = await asterisk_node(agents=["anna"], agi_servers=[server, f"127.0.0.1:{free_port()}"])
        async with world(asterisk, tmp_path) as (sip, tap):
            await registered_phone(sip, tap)
            caller = await sip.customer("caller", stays(CALLER), GENERAL)
            await agent_hangs_up(tap, await connected(tap))
            assert await caller.ok(), caller.errors()


async def test_the_next_server_is_tried_when_the_first_is_not_there(asterisk_node: StartNode, tmp_path: Path) -> None:
    served = asyncio.Event()

    async def serve(agi: AgiPeer) -> None:
        await agi.read_header()
        await agi.run("SET VARIABLE __HOTLINE_INTERACTION test")
        await agi.run("SET VARIABLE HOTLINE_STAGE done")
        served.set()

    async with agi_server(serve) as server:
        asterisk = await asterisk_node(agi_servers=[f"127.0.0.1:{free_port()}", server])
        async with sip_world(asterisk.node, tmp_path) as sip:
            caller = await sip.customer("caller", stays(CALLER), GENERAL)
            assert await caller.ok(), caller.errors()
    assert served.is_set()


async def _dials(agi: AgiPeer, *, limit_s: int) -> None:
    await agi.read_header()
    await agi.run("SET VARIABLE __HOTLINE_INTERACTION test")
    await agi.run("SET VARIABLE HOTLINE_STAGE line")
    await agi.run(f"SET VARIABLE TIMEOUT(absolute) {limit_s}")
    await agi.run('EXEC Dial "PJSIP/anna,10,gmU(hotline-answered)"')


async def test_a_talk_outlives_the_dead_mans_switch(asterisk_node: StartNode, tmp_path: Path) -> None:
    """The limit is 2 s, the talk 4: a caller whom the limit caught would hear a hang-up or the queue."""

    async def serve(agi: AgiPeer) -> None:
        await _dials(agi, limit_s=2)

    async with agi_server(serve) as server:
        asterisk = await asterisk_node(agents=["anna"], agi_servers=[server])
        async with world(asterisk, tmp_path) as (sip, tap):
            await registered_phone(sip, tap)
            caller = await sip.customer("caller", talks(CALLER, 4000), GENERAL)
            await tap.until(rb"Variable: HOTLINE_STAGE\r\nValue: talk")
            assert await caller.ok(), caller.errors()
            assert not tap.events("QueueCallerJoin")


async def test_a_talk_whose_server_died_goes_on_and_ends_with_a_hang_up(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    talking, gone = asyncio.Event(), asyncio.Event()

    async def serve(agi: AgiPeer) -> None:
        dialling = asyncio.create_task(_dials(agi, limit_s=2))
        await talking.wait()
        agi.leave()
        gone.set()
        dialling.cancel()

    async with agi_server(serve) as server:
        asterisk = await asterisk_node(agents=["anna"], agi_servers=[server])
        async with world(asterisk, tmp_path) as (sip, tap):
            await registered_phone(sip, tap)
            caller = await sip.customer("caller", stays(CALLER), GENERAL)
            await tap.until(rb"Variable: HOTLINE_STAGE\r\nValue: talk")
            found = await tap.until(rb"Event: BridgeEnter\r\n.*?Channel: (PJSIP/anna-[0-9a-f]+)")
            talking.set()
            await gone.wait()
            tap.send(Action="Status", ActionID="still-there")
            await tap.until(rb"Event: StatusComplete\r\nActionID: still-there")
            assert not tap.events("Hangup"), "the talk ended with its server"
            tap.send(Action="Hangup", Channel=found[1].decode(), Cause="16")
            assert await caller.ok(), caller.errors()
            assert not tap.events("QueueCallerJoin"), "the caller was queued again"


@pytest.mark.parametrize("number", ["112", "997", "998", "999"])
async def test_emergency_calls_need_no_server(asterisk_node: StartNode, tmp_path: Path, number: str) -> None:
    asterisk = await asterisk_node(agents=["anna"], agi_servers=[f"127.0.0.1:{free_port()}"])
    agent, port = asterisk.node.agents[0], free_udp_port()
    async with sip_world(asterisk.node, tmp_path) as sip:
        await sip.register(agent, port)
        carrier = await sip.run("carrier", answers(), sip.carrier_port())
        phone = await sip.run("phone", phones_out(agent.endpoint, 200), port, service=number, more=login(agent))
        assert await phone.ok(), phone.errors()
        assert await carrier.ok(), carrier.errors()
        assert f"<sip:{GENERAL}@" in carrier.heard(), "a number that can be called back"
        assert "anna" not in carrier.heard()


async def test_an_emergency_call_takes_the_next_carrier(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"])
    agent, port = asterisk.node.agents[0], free_udp_port()
    async with sip_world(asterisk.node, tmp_path) as sip:
        await sip.register(agent, port)
        first = await sip.run("first", refuses(), sip.carrier_port(0))
        second = await sip.run("second", answers(), sip.carrier_port(1))
        phone = await sip.run("phone", phones_out(agent.endpoint, 200), port, service="112", more=login(agent))
        assert await phone.ok(), phone.errors()
        assert await first.ok(), first.errors()
        assert await second.ok(), second.errors()


async def test_the_servers_account_hears_what_it_uses_and_lists_whole(asterisk_node: StartNode, tmp_path: Path) -> None:
    asterisk = await asterisk_node(agents=["anna"], agi_servers=[f"127.0.0.1:{free_port()}"])
    node = asterisk.node
    async with world(asterisk, tmp_path) as (sip, tap), tapped(node, "hotline", node.manager_secret) as server:
        await registered_phone(sip, tap)
        caller = await sip.customer("caller", stays(CALLER), GENERAL)
        connect = await connected(server)
        server.send(Action="CoreShowChannels", ActionID="list")
        await server.until(rb"Event: CoreShowChannelsComplete\r\nActionID: list")
        server.send(Action="Command", Command="core show uptime", ActionID="command")
        await server.until(rb"Response: Error\r\nActionID: command\r\nMessage: Permission denied")
        await agent_hangs_up(tap, connect)
        assert await caller.ok(), caller.errors()
        await server.until(rb"Event: Hangup\r\n.*?Event: Hangup\r\n")
        assert len(server.events("CoreShowChannel")) == 2
        names = {line for line in server.received.split(b"\r\n") if line.startswith(b"Event: ")}
        unfiltered = {line for line in tap.received.split(b"\r\n") if line.startswith(b"Event: ")}
        assert b"Event: DialEnd" in names
        assert b"Event: DeviceStateChange" in names
        assert not names & {b"Event: Newexten", b"Event: VarSet", b"Event: TestEvent", b"Event: Newchannel"}
        assert {b"Event: Newexten", b"Event: VarSet"} <= unfiltered
