"""Calls over applied trunks as SIPp's carriers and strangers make them: silence, early speech, holds, floods."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.ami_tap import tapped
from tests.acceptance.conftest import StartNode
from tests.acceptance.sip import (
    Sip,
    asks_to_register,
    is_refused,
    is_silent,
    is_watched,
    login,
    phones_out_and_listens,
    refuses,
    sip_world,
    speaks_early_then_changes,
    talks,
)
from tests.acceptance.test_trunk_apply import OUTSIDE, apply, node_of, wanted_of
from tests.fail2ban import banned
from tests.ports import free_udp_port

STRANGER = "127.0.0.9"
FLOOD = 200  # messages of each kind, SIPp's own speed
NUMBER, OTHER = "+48221234500", "+48600700800"
RTP_HEADER = 12
PACKET = 160  # samples of 20 ms

HEAD = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
[dids]
"+48221234500" = {{ leads = "echo" }}
[[outbound]]
prefix = "+48"
trunks = {names}
"""
TRUNK = """
[trunks.{name}]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {port} }}]
match = ["127.0.0.1:{port}/32"]
answer_timeout_s = 1
options_s = 0
"""


class Listener(asyncio.DatagramProtocol):
    """Where a phone's speech comes in."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(data[RTP_HEADER:])


async def test_calls_go_as_they_should_whatever_carriers_and_strangers_do(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    near = await asterisk_node(trunks=[], numbers={}, agents=["anna"], transfer_numbers=[OUTSIDE])
    ports = {name: free_udp_port() for name in ("one", "two", "three")}
    file = HEAD.format(names=list(ports)) + "".join(TRUNK.format(name=each, port=port) for each, port in ports.items())
    assert (await apply(node_of(near), wanted_of(file))).failed == ()
    async with sip_world(near.node, tmp_path) as sip:
        await _early_speech_after_silence_and_503(sip, ports, tmp_path)
        too_short = "Supported: timer\nSession-Expires: 30\nMin-SE: 30\n"
        call = await sip.run("too-short", is_refused("x", 422, too_short), ports["two"], service=NUMBER)
        assert await call.ok(), call.errors()
        await _strangers_are_refused_without_a_channel(sip, ports["two"])
    said = (near.node.folder / "log/security.log").read_text().splitlines()
    counts = Counter(banned(line) for line in said)
    assert counts[STRANGER] >= 2 * FLOOD
    assert set(counts) == {STRANGER, None}, "nobody else"


async def _early_speech_after_silence_and_503(sip: Sip, ports: dict[str, int], folder: Path) -> None:
    """One trunk is silent, the next is overloaded; the third speaks before it answers, then holds and resumes."""
    speech = bytes(range(0x80, 0x80 + 100)) * 1600
    (folder / "speech.alaw").write_bytes(speech)
    listener = Listener()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: listener, ("127.0.0.1", 0))
    try:
        await sip.run("silent", is_silent(), ports["one"])
        busy = await sip.run("busy", refuses(retry_after_s=30), ports["two"])
        early = await sip.run("early", speaks_early_then_changes(folder / "speech.alaw"), ports["three"])
        anna = sip.node.agents[0]
        dials = phones_out_and_listens(anna.endpoint, transport.get_extra_info("sockname")[1])
        phone = await sip.run("anna", dials, free_udp_port(), service=OUTSIDE, more=login(anna))
        assert await phone.ok(), phone.errors() + early.errors()
        assert await busy.ok(), busy.errors()
        assert await early.ok(), early.errors()
    finally:
        transport.close()
    assert sum(each in speech for each in listener.heard if len(each) == PACKET) > 20, len(listener.heard)


async def _strangers_are_refused_without_a_channel(sip: Sip, carrier_port: int) -> None:
    async with tapped(sip.node) as tap:
        floods = [
            await sip.run(
                name, scenario, free_udp_port(), service=NUMBER, calls=FLOOD, more=("-r", "400"), host=STRANGER
            )
            for name, scenario in (("invites", is_refused("x", 401)), ("registers", asks_to_register("x")))
        ]
        call = await sip.run("carrier", talks("+48600100200", 200), carrier_port, service=NUMBER)
        for each in (*floods, call):
            assert await each.ok(), each.errors()
        begun = tap.events("Newchannel")
        assert len(begun) == 1
        assert b"Channel: PJSIP/two-" in begun[0]


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_a_session_is_kept_by_whom_it_was_agreed_and_ends_where_nobody_does(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    near = await asterisk_node(trunks=[], numbers={}, transfer_numbers=[OUTSIDE, OTHER])
    ports = {name: free_udp_port() for name in ("kept", "left")}
    timer = 'session_timers = { mode = "always", expires_s = 90 }\n'
    file = HEAD.format(names=["kept"]) + f'[[outbound]]\nprefix = "{OTHER}"\ntrunks = ["left"]\n'
    file += "".join(TRUNK.format(name=each, port=port) + timer for each, port in ports.items())
    assert (await apply(node_of(near), wanted_of(file))).failed == ()
    speech = tmp_path / "speech.alaw"
    speech.write_bytes(bytes(100_000))  # without it Asterisk would end the calls after a minute of silence
    async with sip_world(near.node, tmp_path) as sip:
        kept, left = [await sip.run(name, is_watched(speech, name == "kept"), port) for name, port in ports.items()]
        for number, talk_s in ((OUTSIDE, 70), (OTHER, 170)):
            await near.command(f"channel originate Local/{number}@hotline-agents/n application Wait {talk_s}")
        assert await left.ok(120), left.errors()
        assert await kept.ok(), kept.errors()
