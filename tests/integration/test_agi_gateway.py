"""A whole call over scripted sockets: AGI session, AMI connection, flow, line, dial, end."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from ivr_flows import SHIPPED, Facts, Prompt, load
from telephony.asterisk.agi import AgiServer
from telephony.asterisk.ami_client import AmiSettings, AmiTiming
from telephony.asterisk.by_node import by_node
from telephony.asterisk.gateway import Gateway
from telephony.asterisk.taping import Tapes
from telephony.core import call as core_call
from telephony.core import events as core
from telephony.core.commands import CancelDial, Dial
from telephony.core.ids import AgentId, InteractionId, Uniqueid
from telephony.core.rtcp_event import RtcpEvent
from telephony.core.views import CallState, SpanKind
from tests.always_open import ALWAYS_OPEN
from tests.integration.asterisk_double import AgiDouble, AmiDouble, channel_event, header, message

Kind = TypeVar("Kind", bound=core.Event)

FAST = AmiTiming(ping_every_s=0.2, backoff_first_s=0.01, backoff_most_s=0.02)


class Inbox:
    """What reaches the core; a test waits for the kind of event it needs."""

    def __init__(self) -> None:
        self.events: list[core.Event] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, event: core.Event) -> None:
        self.events.append(event)
        task = asyncio.create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, kind: type[Kind], times: int = 1) -> Kind:
        """Wait until `kind` has come `times` times; the last one."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass(slots=True)
class House:
    ami: AmiDouble
    gateway: Gateway
    inbox: Inbox
    agi_port: int
    rtcp: list[RtcpEvent]


async def no_facts(did: str, caller: str | None) -> Facts:
    return Facts(did, accessibility=False)


async def spoken(prompt: Prompt) -> Path:
    return Path("/sounds/prompt")


@asynccontextmanager
async def house(flow_file: Path = SHIPPED / "general.yaml", recordings: Path | None = None) -> AsyncIterator[House]:
    flow = load(flow_file)
    ami, inbox, rtcp = AmiDouble(), Inbox(), list[RtcpEvent]()
    port = await ami.start()
    gateway = Gateway(
        "n1",
        ami=AmiSettings("127.0.0.1", port, "hotline", "right"),
        submit=inbox.submit,
        flow_for=lambda did: flow,
        speak=spoken,
        facts=no_facts,
        clock=time.time,
        calendar=lambda: ALWAYS_OPEN,
        rtcp=rtcp.append,
        timing=FAST,
        rng=random.Random(1),
        tapes=Tapes(recordings, time.time) if recordings else None,
    )
    server = AgiServer("127.0.0.1", 0, by_node([gateway]))
    agi_port = await server.start()
    running = asyncio.create_task(gateway.run())
    try:
        await inbox.until(core.NodeSnapshot)
        yield House(ami, gateway, inbox, agi_port, rtcp)
    finally:
        await server.stop()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await ami.stop()


LEFT = core.CallArrived(InteractionId("i"), "n1", "PJSIP/trunk-n1-1.1", Uniqueid("n1-1.1"), "n1-1.1", "+48", None)
CALL = replace(core_call.arrived(LEFT, 1.0), state=CallState.TALKING, attempt=3)
KEY_2 = {"STREAM FILE": f"200 result={ord('2')} endpos=8000", "GET VARIABLE": "200 result=1 (alaw)"}


async def in_line(home: House) -> tuple[AgiDouble, core.CallArrived]:
    """A caller who pressed 2 and waits in the line."""
    call = await AgiDouble.connect(home.agi_port, header())
    await call.serve_until('SET MUSIC "ON"', KEY_2)
    call.reply()
    return call, home.inbox.of(core.CallArrived)[0]


async def test_a_caller_presses_2_waits_is_dialled_and_hung_up_after_the_talk() -> None:
    async with house() as home:
        call, arrived = await in_line(home)
        assert (arrived.did, arrived.caller, arrived.node) == ("+48221000000", "+48501000001", "n1")
        assert arrived.codec == "alaw"
        assert home.inbox.of(core.CallQueued)[0].queue == "support"
        assert [(at.flow, at.node) for at in home.gateway.standings()] == [("general", "support_line")]
        await call.serve_until("WAIT FOR DIGIT")
        dial = Dial(arrived.interaction, 1, AgentId("anna"), "phone-anna", 20.0, "n1")
        assert home.gateway.execute(dial)
        wake = await home.ami.until("PlayDTMF")
        assert (wake["Channel"], wake["Digit"], wake["Receive"]) == ("PJSIP/trunk-n1-1.1", "D", "true")
        call.reply(f"200 result={ord('D')}")
        assert await call.serve_until("EXEC") == 'EXEC "Dial" "PJSIP/phone-anna,20,gmU(hotline-answered)"'
        leg = {"Uniqueid": "n1-1.1", "Linkedid": "n1-1.1", "DestChannel": "PJSIP/phone-anna-00000002",
               "DestUniqueid": "n1-1.2", "DestLinkedid": "n1-1.1"}  # fmt: skip
        home.ami.say(message(Event="DialBegin", **leg))
        assert await home.inbox.until(core.AgentRinging) == core.AgentRinging(arrived.interaction, 1)
        home.ami.say(message(Event="DialEnd", **leg, DialStatus="ANSWER"))
        assert await home.inbox.until(core.CallAnswered) == core.CallAnswered(arrived.interaction, 1)
        call.reply("200 result=0")
        end = await call.serve_until("HANGUP", {"GET VARIABLE": "200 result=1 (ANSWER)"})
        assert end == "HANGUP"
        call.reply("200 result=1")
        assert await call.command() == ""
        assert home.inbox.of(core.DialEnded) == [core.DialEnded(arrived.interaction, 1, "ANSWER")]
        assert home.inbox.of(core.SessionLost) == []
        call.close()
        home.ami.say(message(Event="Hangup", Channel="PJSIP/x", Uniqueid="n1-1.1", Linkedid="n1-1.1", Cause="16"))
        assert (await home.inbox.until(core.CallHungUp)).uniqueid == Uniqueid("n1-1.1")


async def test_no_answer_returns_the_caller_to_the_music() -> None:
    async with house() as home:
        call, arrived = await in_line(home)
        home.gateway.execute(Dial(arrived.interaction, 1, AgentId("anna"), "phone-anna", 20.0, "n1"))
        await call.serve_until("EXEC")
        call.reply()
        await call.serve_until("SET MUSIC", {"GET VARIABLE": "200 result=1 (NOANSWER)"})
        assert home.inbox.of(core.DialEnded)[0].status == "NOANSWER"
        call.close()
        await home.inbox.until(core.SessionLost)


async def test_a_withdrawn_dial_stops_the_phone_that_rings() -> None:
    async with house() as home:
        call, arrived = await in_line(home)
        home.gateway.execute(Dial(arrived.interaction, 1, AgentId("anna"), "phone-anna", 20.0, "n1"))
        await call.serve_until("EXEC")
        home.gateway.execute(CancelDial(arrived.interaction, 1))
        leg = {"Uniqueid": "n1-1.1", "Linkedid": "n1-1.1", "DestChannel": "PJSIP/phone-anna-00000002",
               "DestUniqueid": "n1-1.2", "DestLinkedid": "n1-1.1"}  # fmt: skip
        home.ami.say(message(Event="DialBegin", **leg))
        assert (await home.ami.until("Hangup"))["Channel"] == "PJSIP/phone-anna-00000002"
        call.close()


async def test_an_answer_while_ami_was_away_is_found_afterwards_and_the_talk_is_not_touched() -> None:
    async with house() as home:
        call, arrived = await in_line(home)
        home.gateway.execute(Dial(arrived.interaction, 1, AgentId("anna"), "phone-anna", 20.0, "n1"))
        await call.serve_until("EXEC")
        home.ami.channels, home.ami.bridges = ["n1-1.1", "n1-1.2"], {"n1-1.1": "b1", "n1-1.2": "b1"}
        home.ami.names["n1-1.2"] = "PJSIP/phone-anna-00000002"
        home.ami.cut()
        answered = await home.inbox.until(core.CallAnswered)
        assert answered == core.CallAnswered(arrived.interaction, 1, "phone-anna")
        assert [(lost.node, lost.why) for lost in home.inbox.of(core.NodeLost)] == [("n1", SpanKind.LINK)] * 2
        home.gateway.execute(CancelDial(arrived.interaction, 1))
        await home.ami.until("Ping", len(home.ami.named("Ping")) + 2)  # a Hangup would have come before
        assert home.ami.named("Hangup") == []
        home.ami.say(message(Event="Hangup", Channel="PJSIP/x", Uniqueid="n1-1.2", Linkedid="n1-1.1", Cause="16"))
        assert await home.inbox.until(core.AgentLeft) == core.AgentLeft(arrived.interaction, 1)
        call.close()


async def test_a_talk_that_a_server_before_us_left_behind_is_followed() -> None:
    async with house() as home:
        home.ami.channels, home.ami.bridges = ["n1-1.1", "n1-1.2"], {"n1-1.1": "b1", "n1-1.2": "b1"}
        home.ami.names["n1-1.2"] = "PJSIP/phone-anna-00000002"
        home.ami.contexts["n1-1.1"] = ("hotline-call", "Dial")
        home.gateway.recover([CALL])
        home.ami.cut()
        assert await home.inbox.until(core.CallAnswered) == core.CallAnswered(CALL.interaction, 3, "phone-anna")
        home.ami.say(channel_event("Hold", "n1-1.2"))
        assert await home.inbox.until(core.CallHeld) == core.CallHeld(CALL.interaction, 3, held=True)
        home.ami.say(message(Event="Hangup", Channel="PJSIP/x", Uniqueid="n1-1.2", Linkedid="n1-1.1", Cause="16"))
        assert await home.inbox.until(core.AgentLeft) == core.AgentLeft(CALL.interaction, 3)


@pytest.mark.parametrize(("status", "answers"), [("ANSWER", 1), ("NOANSWER", 0)])
async def test_a_dial_that_a_server_before_us_left_behind_is_followed_to_its_end(status: str, answers: int) -> None:
    async with house() as home:
        home.ami.channels = ["n1-1.1", "n1-1.2"]
        home.ami.names["n1-1.2"] = "PJSIP/phone-anna-00000002"
        home.ami.contexts["n1-1.1"] = ("hotline-call", "Dial")
        home.gateway.recover([CALL])
        home.ami.cut()
        await home.inbox.until(core.NodeSnapshot, 2)
        dest = {"DestChannel": "PJSIP/phone-anna-00000002", "DestUniqueid": "n1-1.2", "DestLinkedid": "n1-1.1"}
        home.ami.say(message(Event="DialEnd", Uniqueid="n1-1.1", Linkedid="n1-1.1", **dest, DialStatus=status))
        for uniqueid in home.ami.channels:  # the second time, Asterisk's own queue may have connected them
            name = home.ami.names.get(uniqueid, "PJSIP/trunk-00000001")
            who = {"Channel": name, "Uniqueid": uniqueid, "Linkedid": "n1-1.1"}
            home.ami.say(message(Event="BridgeEnter", BridgeUniqueid="b1", **who))
        home.ami.say(message(Event="Hangup", Channel="PJSIP/x", Uniqueid="n1-1.2", Linkedid="n1-1.1", Cause="16"))
        await home.inbox.until(core.CallHungUp)
        assert len(home.inbox.of(core.CallAnswered)) == len(home.inbox.of(core.AgentLeft)) == answers


async def test_a_caller_left_behind_whom_asterisks_own_queue_serves_was_answered_by_it() -> None:
    async with house() as home:
        home.ami.channels, home.ami.bridges = ["n1-1.1", "n1-1.2"], {"n1-1.1": "b1", "n1-1.2": "b1"}
        home.ami.contexts["n1-1.1"] = ("hotline-fallback", "Queue")
        home.gateway.recover([CALL])
        home.ami.cut()
        assert (await home.inbox.until(core.FallbackAnswered)).uniqueid == "n1-1.1"
        home.ami.say(message(Event="Hangup", Channel="PJSIP/x", Uniqueid="n1-1.2", Linkedid="n1-1.1", Cause="16"))
        await home.inbox.until(core.CallHungUp)
        assert home.inbox.of(core.CallAnswered) == []
        assert home.inbox.of(core.AgentLeft) == []


async def test_a_hang_up_is_told_by_ami_only() -> None:
    async with house() as home:
        call, _ = await in_line(home)
        await call.serve_until("WAIT FOR DIGIT")
        call.reply("200 result=-1")
        call.reply("HANGUP")
        call.writer.write_eof()
        assert await call.command() == ""
        assert home.inbox.of(core.SessionLost) == []
        call.close()


MESSAGE = """\
flow: message
start: asked
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  asked: {type: voicemail, say: "Proszę mówić.", next: bye}
  bye: {type: hang_up}
  person: {type: line, queue: support}
"""


async def test_a_message_counts_though_the_hang_up_is_heard_first(tmp_path: Path) -> None:
    path = tmp_path / "message.yaml"
    path.write_text(MESSAGE)
    async with house(path, tmp_path) as home:
        call = await AgiDouble.connect(home.agi_port, header())
        record = await call.serve_until("RECORD FILE", {"GET VARIABLE": "200 result=1 (alaw)"})
        home.ami.say(message(Event="Hangup", Channel="PJSIP/x", Uniqueid="n1-1.1", Linkedid="n1-1.1", Cause="16"))
        home.ami.say(message(Event="DeviceStateChange", Device="PJSIP/anna", State="INUSE"))
        while not any(each.endpoint == "anna" for each in home.inbox.of(core.DeviceChanged)):
            await home.inbox.until(core.DeviceChanged, len(home.inbox.of(core.DeviceChanged)) + 1)
        assert home.inbox.of(core.CallHungUp) == []
        Path(record.split('"')[1] + ".wav").write_bytes(bytes(44) + b"\x00\x20\x00\xe0" * 16_000)
        call.reply("200 result=-1 (hangup) endpos=32000")
        call.reply("HANGUP")
        call.writer.write_eof()
        await home.inbox.until(core.CallHungUp)
        told = [type(event) for event in home.inbox.events]
        assert told.index(core.CallServed) < told.index(core.CallHungUp)
        assert core.SessionLost not in told
        call.close()
