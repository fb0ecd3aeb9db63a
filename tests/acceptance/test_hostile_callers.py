"""Callers who write what they like into their number and name: each is served, and nothing they wrote is believed.

The whole house, real INVITEs. The payloads are those that forged AMI and AGI text in FACTS.md, and FAULTS.md's list.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from telephony.core.views import CallState, CallView, Outcome
from telephony.demo.house import GENERAL
from tests.acceptance.raw_sip import RawCall, RawCarrier, raw_carrier
from tests.acceptance.sip import login, phones_out, sip_world
from tests.acceptance.world import AGENT, STEP_S, World, world
from tests.ports import free_udp_port

MARK = "Zmyslone"  # in every payload; to be found nowhere
NEIGHBOUR = b"+48500000109"


def _number(text: str) -> bytes:
    """Percent-encoded in From's user part: Asterisk decodes it."""
    return b"<sip:%b@127.0.0.1>" % quote(text, safe="").encode()


def _name(raw: bytes) -> bytes:
    return b'"%b" <sip:+48500000777@127.0.0.1>' % raw


def _event(text: str) -> bytes:
    return _number(f"6\r\n\r\nEvent: {text}\r\nX-{MARK}: 1\r\n\r\n")


def payloads(neighbour: CallView) -> dict[str, bytes]:
    """From headers by what they try. `neighbour` is another caller, who is to stay untouched."""
    return {
        "a header more": _number(f"6\r\nX-{MARK}: yes"),
        "Shutdown": _event("Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False"),
        "FullyBooted": _event("FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted"),
        "UserEvent": _event(f"UserEvent\r\nUserEvent: HotlineCodec\r\nUniqueid: {neighbour.uniqueid}\r\nCodec: {MARK}"),
        "another's Hangup": _event(
            f"Hangup\r\nChannel: {neighbour.channel}\r\nUniqueid: {neighbour.uniqueid}\r\n"
            f"Linkedid: {neighbour.linkedid}\r\nCause: 16\r\nCause-txt: Normal Clearing"
        ),
        "AGI key": _number(f"6\r\nagi_arg_1: +48{MARK}\r\nagi_uniqueid: {neighbour.uniqueid}"),
        "quotes": _number(f"a\",)${{SHELL(touch {MARK})}}$[1+1]'\\"),
        "script in the number": _number(f"<img src=x onerror=document.title='{MARK}'>"),
        "script in the name": _name(f"<img src=x onerror=document.title='{MARK}'>".encode()),
        "control bytes": _name(MARK.encode() + bytes([1, 7, 8, 27, 127]) + b"[31m"),
        "NUL in the number": _number(f"6\0{MARK}"),
        "4 kB number": _number(MARK + "7" * 4000),
        "4 kB name": _name(MARK.encode() + b"y" * 4000),
        "no UTF-8": _name(MARK.encode() + b"\xff\xfe\xc3\x28\xed\xa0\x80"),
        "Polish letters": _name(f"Żółć {MARK}".encode()),
    }


CALLED = (
    b"500&PJSIP/anna", b"../../etc/passwd", b"_X.", b"_.", b"s", b"+48220000100%0d%0aX-Zmyslone%3a%201",
    b"+48220000100&Local/112%40hotline-agents", b"%24%7bSHELL(id)%7d",
)  # fmt: skip


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(150), world(tmp_path) as everything:
        await everything.customers.close()  # its port is the carrier's, whom we play
        yield everything


@pytest.fixture
async def two_nodes(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(120), world(tmp_path, nodes=2, by_itself=False) as everything:
        await everything.customers.close()
        yield everything


@pytest.fixture
async def carrier(town: World) -> AsyncIterator[RawCarrier]:
    async with raw_carrier(town.house.ports.customers, town.house.ports.sip) as carrier:
        yield carrier


async def metrics(town: World) -> str:
    async with aiohttp.ClientSession() as http, http.get(town.house.metrics_url) as answer:
        return await answer.text()


def series(text: str) -> set[str]:
    return {line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")}


async def into_the_line(town: World, calls: list[RawCall], count: int) -> list[CallView]:
    """Each presses 2 until all are in line; a key too many changes nothing there."""
    async with asyncio.timeout(STEP_S):
        while True:
            seen = [call for call in await town.store.recent_interactions() if call.state is CallState.LINE]
            if len(seen) == count:
                return seen
            for call in calls:
                call.press(2)
            await asyncio.sleep(0.5)


async def test_everyone_is_served_and_nothing_forged_is_believed(town: World, carrier: RawCarrier) -> None:
    said: list[str] = []
    town.page.heard = lambda message: said.append(json.dumps(message, ensure_ascii=False))
    before = series(await metrics(town))
    neighbour = await carrier.call(GENERAL.encode(), b"<sip:%b@127.0.0.1>" % NEIGHBOUR)
    first = (await into_the_line(town, [neighbour], 1))[0]

    calls = {
        what: await asyncio.wait_for(carrier.call(GENERAL.encode(), sender), STEP_S)
        for what, sender in payloads(first).items()
    }
    assert {what: call.status.result() if call.status.done() else 0 for what, call in calls.items()} == dict.fromkeys(
        calls, 200
    )
    await into_the_line(town, list(calls.values()), len(calls) + 1)

    for _ in range(len(calls) + 1):
        await town.page.ready()
        consultant = await town.answered_by_a_consultant()
        await town.until(lambda seen: any(call.state is CallState.TALKING for call in seen))
        await consultant.hang_up()
        await town.page.wait_for_state("wrap_up", "paused")

    ended = await town.until(lambda seen: all(call.outcome for call in seen))
    assert [(call.outcome, call.agent) for call in ended] == [(Outcome.ANSWERED, AGENT)] * (len(calls) + 1)
    assert {call.caller for call in ended} <= {None, NEIGHBOUR.decode(), "+48500000777"}
    assert len({call.uniqueid for call in ended}) == len(ended)

    after = await metrics(town)
    log = (town.house.data / "log/server.log").read_bytes()
    assert said
    for where in (after, "\n".join(said), log.decode("utf-8", "strict")):
        assert MARK not in where
    assert not set(log) & (set(range(32)) - {10}), "a control byte in the log"
    assert series(after) == before
    assert not list(town.house.data.rglob(f"*{MARK}*"))


async def test_called_numbers_that_are_not_ours_are_refused(town: World, carrier: RawCarrier) -> None:
    calls = [await carrier.call(number, b"<sip:%b@127.0.0.1>" % NEIGHBOUR) for number in CALLED]
    refused = [call.status.result() if call.status.done() else 0 for call in calls]
    assert dict(zip(CALLED, refused, strict=True)) == dict.fromkeys(CALLED, 404)
    assert not await town.store.recent_interactions()


async def test_a_leg_between_nodes_cannot_be_forged_by_a_carrier_or_a_phone(two_nodes: World, tmp_path: Path) -> None:
    """Both write the interaction of a caller for whom the phone rings into the header that our nodes use."""
    town, house = two_nodes, two_nodes.house
    attacker = house.asterisk.node.agents[1]
    port = house.ports.customers
    async with raw_carrier(port, house.ports.sip) as carrier, sip_world(house.asterisk.node, tmp_path) as sip:
        caller = await carrier.call(GENERAL.encode(), b"<sip:%b@127.0.0.1>" % NEIGHBOUR)
        waiting = (await into_the_line(town, [caller], 1))[0]
        await rings_and_is_not_answered(town)
        header = f"X-Hotline-Interaction: {waiting.interaction}"
        stranger = await carrier.call(GENERAL.encode(), b"<sip:+48500000108@127.0.0.1>", f"{header}\r\n".encode())
        assert await stranger.status == 200
        assert (await carrier.call(b"anna", b"<sip:node-2@127.0.0.1>", f"{header}\r\n".encode())).status.result() == 404
        dial = phones_out(attacker.endpoint, 500, f"{header}\n")
        phone = await sip.run("phone", dial, free_udp_port(), service=AGENT, more=login(attacker))
        await (await town.consultants.incoming()).answer()
        assert await phone.ok(), phone.errors()
        now = await town.until(lambda seen: len(seen) == 2)
        untouched = next(call for call in now if call.interaction == waiting.interaction)
        assert (untouched.state, untouched.attempt, untouched.answered_at) == (CallState.RINGING, 1, None)
        caller.hang_up()
        stranger.hang_up()
        ended = await town.until(lambda seen: all(call.outcome for call in seen))
        assert {call.caller: call.outcome for call in ended} == {
            NEIGHBOUR.decode(): Outcome.ABANDONED_LINE,
            "+48500000108": Outcome.ABANDONED_MENU,
        }


async def rings_and_is_not_answered(town: World) -> None:
    await town.page.ready()
    await town.consultants.incoming()
    await town.until(lambda seen: any(call.state is CallState.RINGING for call in seen))
