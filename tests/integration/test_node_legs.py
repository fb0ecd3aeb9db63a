"""The gateway of a node to which another brings a caller: what happens there joins the interaction, and makes none.

Over a scripted manager socket; every stream is also told twice over and with its first event lost.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr_flows import SHIPPED, Facts, Prompt, load
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.gateway import Gateway
from telephony.asterisk.translate import Attempt
from telephony.core import events as core
from telephony.core.ids import InteractionId
from telephony.core.rtcp_event import RtcpEvent
from tests.always_open import ALWAYS_OPEN
from tests.integration.asterisk_double import AmiDouble, channel_event, message
from tests.integration.test_agi_gateway import FAST, Inbox

CALL = InteractionId("0198f3c2-5b1a-7c3d-8e4f-0123456789ab")
OTHER = InteractionId("0198f3c2-5b1a-7c3d-8e4f-0123456789ac")
ATTEMPT = Attempt(CALL, 2, "phone-anna", peer="n2")
LEG, PHONE = "n2-1.1", "n2-1.2"
PHONES_CHANNEL = "PJSIP/phone-anna-00000002"


def leg(interaction: str = CALL) -> bytes:
    return channel_event("UserEvent", LEG, UserEvent="HotlineLeg", Interaction=interaction)


def dial(name: str, **more: str) -> bytes:
    dest = {"DestChannel": PHONES_CHANNEL, "DestUniqueid": PHONE, "DestLinkedid": LEG, "DestContext": "hotline-agents"}
    return message(Event=name, Uniqueid=LEG, Linkedid=LEG, Context="hotline-leg-in", **dest, **more)


def phone(name: str, **more: str) -> bytes:
    return channel_event(name, PHONE, **more).replace(f"Linkedid: {PHONE}".encode(), f"Linkedid: {LEG}".encode())


STORY = [
    leg(),
    dial("DialBegin"),
    dial("DialEnd", DialStatus="ANSWER"),
    phone("Hold"),
    phone("Unhold"),
    phone("Hangup", Cause="16"),
]
TOLD = [
    core.AgentRinging(CALL, 2),
    core.CallAnswered(CALL, 2),
    core.CallHeld(CALL, 2, held=True),
    core.CallHeld(CALL, 2, held=False),
    core.AgentLeft(CALL, 2),
]


@dataclass(slots=True)
class Node:
    ami: AmiDouble
    inbox: Inbox
    joined: list[tuple[str, InteractionId]] = field(default_factory=list)
    rtcp: list[RtcpEvent] = field(default_factory=list)

    async def tells(self, stream: list[bytes]) -> list[core.Event]:
        """What the core hears of a stream that ends with a mark of its own; ends of channels apart."""
        self.ami.say(b"".join(stream) + message(Event="DeviceStateChange", Device="PJSIP/mark", State="INUSE"))
        await self.inbox.until(core.DeviceChanged)
        kinds = (core.AgentRinging, core.CallAnswered, core.CallHeld, core.AgentLeft, core.CallArrived)
        return [event for event in self.inbox.events if isinstance(event, kinds)]


async def no_facts(did: str, _caller: str | None) -> Facts:
    return Facts(did, accessibility=False)


async def unspoken(_prompt: Prompt) -> Path:
    return Path("/sounds/prompt")


@asynccontextmanager
async def second_node(ami: AmiDouble | None = None) -> AsyncIterator[Node]:
    ami, inbox = ami or AmiDouble(), Inbox()
    node = Node(ami, inbox)
    flow = load(SHIPPED / "general.yaml")
    gateway = Gateway(
        "n2",
        ami=AmiSettings("127.0.0.1", await ami.start(), "hotline", "right"),
        submit=inbox.submit,
        flow_for=lambda _did: flow,
        speak=unspoken,
        facts=no_facts,
        clock=time.time,
        calendar=lambda: ALWAYS_OPEN,
        rtcp=node.rtcp.append,
        peers=["n1"],
        attempt_at=lambda interaction: ATTEMPT if interaction == CALL else None,
        joined=lambda linkedid, interaction: node.joined.append((linkedid, interaction)),
        timing=FAST,
        rng=random.Random(1),
    )
    running = asyncio.create_task(gateway.run())
    try:
        await inbox.until(core.NodeSnapshot)
        yield node
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await ami.stop()


async def test_a_leg_joins_its_interaction() -> None:
    async with second_node() as node:
        assert await node.tells(STORY) == TOLD
        assert node.joined == [(LEG, CALL)]


async def test_a_leg_told_twice_over_says_nothing_more_than_again() -> None:
    async with second_node() as node:
        told = await node.tells([event for event in STORY for _ in range(2)])
        assert set(told) == set(TOLD)
        assert told.count(core.AgentLeft(CALL, 2)) == 1


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(STORY[1:], id="nobody said whose leg it is"),
        pytest.param([leg(OTHER), *STORY[1:]], id="of a call that is not dialled for"),
        pytest.param([leg("forged"), *STORY[1:]], id="not written as our ids are"),
        pytest.param([leg(CALL.upper()), *STORY[1:]], id="not to the letter"),
        pytest.param([STORY[0], channel_event("Hangup", LEG, Cause="16"), *STORY[1:]], id="the leg has gone"),
    ],
)
async def test_what_joins_nothing_is_nobodys_call(stream: list[bytes]) -> None:
    async with second_node() as node:
        assert await node.tells(stream) == []


async def test_an_answer_that_was_not_heard_shows_in_the_bridge() -> None:
    async with second_node() as node:
        bridge = {"BridgeUniqueid": "b1"}
        stream = [leg(), dial("DialBegin"), channel_event("BridgeEnter", LEG, **bridge), phone("BridgeEnter", **bridge)]
        stream[3] = stream[3].replace(f"PJSIP/trunk-{PHONE}".encode(), PHONES_CHANNEL.encode())
        assert await node.tells(stream) == [core.AgentRinging(CALL, 2), core.CallAnswered(CALL, 2, "phone-anna")]


async def test_a_leg_that_began_unheard_is_found_in_the_list_of_channels() -> None:
    ami = AmiDouble(channels=[LEG, PHONE], bridges={LEG: "b1", PHONE: "b1"}, names={PHONE: PHONES_CHANNEL})
    ami.contexts[LEG], ami.accounts[LEG] = ("hotline-leg-in", "Dial"), CALL
    async with second_node(ami) as node:
        assert await node.inbox.until(core.CallAnswered) == core.CallAnswered(CALL, 2, "phone-anna")
        assert node.joined == [(LEG, CALL)]
        node.inbox.events.clear()
        assert await node.tells([phone("Hold")]) == [core.CallHeld(CALL, 2, held=True)]


async def test_the_way_between_nodes_is_not_scored() -> None:
    report = {
        "SSRC": "0x1", "ReportCount": "0", "SentPackets": "1", "SentOctets": "160", "Uniqueid": PHONE, "Linkedid": LEG,
    }  # fmt: skip
    async with second_node() as node:
        between = message(Event="RTCPSent", Channel="PJSIP/n1-00000001", **report)
        await node.tells([between, message(Event="RTCPSent", Channel=PHONES_CHANNEL, **report)])
        assert [event.channel for event in node.rtcp] == [PHONES_CHANNEL]
