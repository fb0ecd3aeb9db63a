"""The AGI server against strangers: what they cost is bounded, and other callers do not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from telephony.asterisk import agi_wire
from telephony.asterisk.agi import AgiLimits, AgiServer, AgiSession, SessionEndedError
from telephony.asterisk.agi_wire import AgiError
from tests.integration.asterisk_double import AgiDouble, header

QUICK = AgiLimits(connections=50, header_s=0.2, reply_s=0.2)


class Scene:
    """Sessions are handed to the test, which leads them; `end` lets one go."""

    def __init__(self) -> None:
        self.sessions: asyncio.Queue[AgiSession] = asyncio.Queue()
        self.ended = asyncio.Event()

    async def serve(self, session: AgiSession) -> None:
        self.sessions.put_nowait(session)
        await self.ended.wait()

    async def session(self) -> AgiSession:
        async with asyncio.timeout(10):
            return await self.sessions.get()


@asynccontextmanager
async def serving(
    limits: AgiLimits = QUICK, peers: frozenset[str] | None = None
) -> AsyncIterator[tuple[AgiServer, int, Scene]]:
    scene = Scene()
    server = AgiServer("127.0.0.1", 0, scene.serve, limits=limits, peers=peers)
    port = await server.start()
    try:
        yield server, port, scene
    finally:
        await server.stop()


async def closed(call: AgiDouble) -> bool:
    """Waits for the server's end of the connection."""
    async with asyncio.timeout(10):
        try:
            while await call.reader.read(65536):
                pass
        except ConnectionError:
            pass
        call.close()
        return True


async def test_commands_and_replies_go_in_step() -> None:
    async with serving() as (_, port, scene):
        call = await AgiDouble.connect(port, header())
        session = await scene.session()
        assert session.environment["arg_1"] == "+48221000000"
        asking = asyncio.create_task(session.variable("CHANNEL(linkedid)"))
        assert await call.command() == 'GET VARIABLE "CHANNEL(linkedid)"'
        call.reply("100 result=0 Trying...")
        call.reply("200 result=1 (n1-1.1)")
        assert await asking == "n1-1.1"
        playing = asyncio.create_task(session.run("STREAM FILE", "/s/x", "0123"))
        await call.command()
        call.reply("HANGUP")
        call.reply("200 result=-1 endpos=160")
        assert (await playing).result == -1
        assert session.hung_up
        call.close()
        with pytest.raises(SessionEndedError):
            await session.run("ANSWER")


@pytest.mark.parametrize(
    ("replies", "match"),
    [
        (["200 result=1 (6", "X-Inj: yes)"], "out of step"),
        (["what?"], "out of step"),
        (["510 Invalid or unknown command"], "refused with 510"),
        (["520-Invalid command syntax.  Proper usage follows:", "Usage: …", "520 End of proper usage."], "with 520"),
        (["200 result=1 (" + "x" * 3 * agi_wire.HEADER_LINE_LIMIT + ")"], "too long"),
        ([], "no reply"),
    ],
)
async def test_a_reply_that_is_none_ends_the_session(replies: list[str], match: str) -> None:
    async with serving() as (_, port, scene):
        call = await AgiDouble.connect(port, header())
        session = await scene.session()
        for reply in replies:
            call.reply(reply)
        with pytest.raises(AgiError, match=match):
            await session.run("ANSWER")
        call.close()


async def test_a_session_that_fails_is_closed_and_the_next_call_is_served() -> None:
    async def broken(session: AgiSession) -> None:
        raise ZeroDivisionError

    server = AgiServer("127.0.0.1", 0, broken, limits=QUICK)
    port = await server.start()
    for _ in range(2):
        assert await closed(await AgiDouble.connect(port, header()))
    assert server.counters.failures == 2
    await server.stop()


@pytest.mark.parametrize(
    "sent",
    [
        b"agi_network: yes\n",
        b"agi_network: yes\nagi_chan",
        b"GET / HTTP/1.1\r\n\r\n",
        b"agi_x: " + b"y" * 10_000_000,
        b"agi_x: y\n" * 1_000_000,
        header().replace(b"agi_callerid: unknown", b"agi_callerid: 6\nagi_arg_1: +48700000000"),
    ],
    ids=["no end", "half a line", "http", "10 MB line", "9 MB of lines", "forged argument"],
)
async def test_a_bad_header_is_cut_off_in_time_and_others_are_served(sent: bytes) -> None:
    async with serving() as (server, port, scene):
        stranger = await AgiDouble.connect(port, sent)
        call = await AgiDouble.connect(port, header())
        assert (await scene.session()).environment["uniqueid"] == "n1-1.1"
        assert await closed(stranger)
        assert server.counters.bad_headers == 1
        assert server.counters.sessions == 1
        call.close()


async def test_connect_and_close_and_slow_strangers_leave_nothing_behind() -> None:
    async with serving() as (server, port, scene):
        for _ in range(200):
            (await AgiDouble.connect(port, b"")).close()
        slow = [await AgiDouble.connect(port, b"agi_network: yes\n") for _ in range(40)]
        call = await AgiDouble.connect(port, header())
        await scene.session()
        assert all([await closed(each) for each in slow])
        assert server.counters.open == 1
        call.close()


async def test_a_stranger_who_is_silent_makes_room_for_a_caller() -> None:
    async with serving(AgiLimits(connections=2, header_s=60.0)) as (server, port, scene):
        caller = await AgiDouble.connect(port, header())
        await scene.session()
        silent = await AgiDouble.connect(port, b"agi_network: yes\n")
        later = await AgiDouble.connect(port, header())
        await scene.session()
        assert await closed(silent)
        assert (server.counters.made_room, server.counters.refused_full, server.counters.open) == (1, 0, 2)
        caller.close()
        later.close()


async def test_a_crowd_of_strangers_leaves_no_connection_behind() -> None:
    """Some are sent away before their task has had its first turn."""
    async with serving(AgiLimits(connections=2, header_s=60.0)) as (server, port, _):
        crowd = await asyncio.gather(*(AgiDouble.connect(port, b"") for _ in range(60)))
        ends = [asyncio.create_task(closed(each)) for each in crowd]
        async with asyncio.timeout(10):
            while sum(end.done() for end in ends) < 58:
                await asyncio.wait([end for end in ends if not end.done()], return_when=asyncio.FIRST_COMPLETED)
        assert server.counters.made_room == 58
        for each in crowd:
            each.close()
        await asyncio.gather(*ends)


async def test_more_connections_than_allowed_are_closed_at_once() -> None:
    async with serving(AgiLimits(connections=2, header_s=5.0)) as (server, port, scene):
        calls = [await AgiDouble.connect(port, header()) for _ in range(2)]
        for _ in calls:
            await scene.session()
        assert await closed(await AgiDouble.connect(port, header()))
        assert server.counters.refused_full == 1
        for call in calls:
            call.close()


async def test_only_known_hosts_may_connect() -> None:
    async with serving(peers=frozenset({"192.0.2.1"})) as (server, port, scene):
        assert await closed(await AgiDouble.connect(port, header()))
        assert server.counters.refused_peer == 1
        assert scene.sessions.empty()


async def test_stop_closes_every_connection_so_that_the_dialplan_goes_on() -> None:
    async with serving() as (server, port, scene):
        call = await AgiDouble.connect(port, header())
        await scene.session()
        await server.stop()
        assert await closed(call)
        assert server.counters.open == 0
