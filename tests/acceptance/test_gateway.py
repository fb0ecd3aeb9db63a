"""The whole telephone side in a real Asterisk: flow, line, wake, dial, talk, and who has the caller when we go away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ivr_flows import Facts, Prompt, load
from telephony.asterisk.agi import AgiServer
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.announcing import FIRST_S
from telephony.asterisk.by_node import by_node
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.gateway import Gateway
from telephony.asterisk.handset import Speak
from telephony.asterisk.services import Announce
from telephony.clock import Clock
from telephony.core import commands
from telephony.core import events as core
from telephony.core.commands import Command
from telephony.core.engine import Engine
from telephony.core.estimate import Minutes
from telephony.core.events import Event
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import AgentState, CallState, CallView, Outcome
from telephony.pump import Pump
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.conftest import GENERAL, StartNode
from tests.acceptance.sip import Sip, answers, sip_world, stays, talks
from tests.ports import free_port, free_udp_port

CALLER = "+48500000111"
ANNA = AgentId("anna")
STRAIGHT = """\
flow: straight
language: pl
start: person
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  person: {type: line, queue: support}
"""


@dataclass(slots=True)
class Server:
    """What `telephony.app` wires, without store and console: every pop is painted at once."""

    gateway: Gateway
    agi: AgiServer
    pump: Pump
    seen: list[Command | Event]
    news: asyncio.Event

    async def until(self, true: Callable[[Command | Event], bool], within_s: float = 20.0) -> Command | Event:
        try:
            async with asyncio.timeout(within_s):
                while True:
                    self.news.clear()
                    for each in self.seen:
                        if true(each):
                            return each
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError("it did not come after\n" + "\n".join(map(repr, self.seen))) from None

    async def until_state(self, state: CallState) -> None:
        await self.until(lambda each: isinstance(each, commands.CallChanged) and each.call.state is state)

    async def ended(self) -> CallView:
        ended = await self.until(lambda each: isinstance(each, commands.CallEnded))
        assert isinstance(ended, commands.CallEnded)
        return ended.call

    def note(self, what: Command | Event) -> None:
        self.seen.append(what)
        self.news.set()

    def submit(self, event: Event) -> None:
        self.note(event)
        self.pump.submit(event)


async def unspoken(prompt: Prompt) -> Path:
    return Path("/nonexistent")


def nothing_known(interaction: InteractionId) -> Minutes | None:
    return None


@asynccontextmanager
async def serving(
    asterisk: EmbeddedAsterisk, agi_port: int, folder: Path, announce: Announce = nothing_known, speak: Speak = unspoken
) -> AsyncIterator[Server]:
    path = folder / "straight.yaml"
    path.write_text(STRAIGHT)
    flow, clock, node = load(path), Clock(), asterisk.node

    async def facts(did: str, caller: str | None) -> Facts:
        return Facts(did, accessibility=False)

    def submit(event: Event) -> None:
        server.submit(event)

    def carry_out(command: Command, now: float) -> None:
        server.note(command)
        if isinstance(command, commands.Dial | commands.CancelDial):
            gateway.execute(command)
        if isinstance(command, commands.ShowPop):
            server.submit(core.PopPainted(command.call.interaction, command.agent, command.attempt))

    gateway = Gateway(
        node.name,
        ami=AmiSettings(node.ami_host, node.ami_port, "hotline", node.manager_secret),
        submit=submit,
        flow_for=lambda did: flow,
        speak=speak,
        facts=facts,
        clock=clock,
        rtcp=lambda event: None,
        rng=random.Random(1),
        announce=announce,
    )
    rules = Rules({QueueName("support"): QueueRules(60.0, 0.0, 8.0)})
    pump = Pump(Engine(rules), clock, [carry_out])
    server = Server(gateway, AgiServer("127.0.0.1", agi_port, by_node([gateway])), pump, [], asyncio.Event())
    await server.agi.start()
    tasks = [asyncio.create_task(gateway.run()), asyncio.create_task(pump.run())]
    try:
        await server.until(lambda each: isinstance(each, core.NodeSnapshot))
        yield server
    finally:
        await server.agi.stop()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def listening(udp_port: int) -> None:
    """Wait until a program has this UDP port: to a phone that is not there yet, Asterisk says `unreachable`."""
    async with asyncio.timeout(10):
        while f":{udp_port:04X} " not in Path("/proc/net/udp").read_text():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Scene:
    asterisk: EmbeddedAsterisk
    server: Server
    sip: Sip
    tap: AmiTap
    phone_port: int

    async def phone(self, scenario: str) -> None:
        """Anna's phone registers, plays the scenario, and Anna is ready."""
        agent = self.asterisk.node.agents[0]
        await self.sip.register(agent, self.phone_port)
        await self.sip.run("phone", scenario, self.phone_port, calls=None)  # OPTIONS count, too
        await listening(self.phone_port)
        self.server.submit(core.AgentSignedIn(ANNA, agent.endpoint, {"support": 1}))
        self.server.submit(core.AgentReady(ANNA))

    async def hang_up_phone(self) -> None:
        """As the agent does, but by Asterisk's hand: the phone then gets a BYE."""
        channel = await self.tap.until(rb"Channel: (PJSIP/anna-[0-9a-f]+)\r\n")
        self.tap.send(Action="Hangup", Channel=channel[1].decode())


@asynccontextmanager
async def scene(
    asterisk_node: StartNode, folder: Path, announce: Announce = nothing_known, speak: Speak = unspoken
) -> AsyncIterator[Scene]:
    agi_port = free_port()
    asterisk = await asterisk_node(agents=["anna"], agi_servers=[f"127.0.0.1:{agi_port}"])
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(asterisk, agi_port, folder, announce, speak))
        sip = await stack.enter_async_context(sip_world(asterisk.node, folder))
        tap = await stack.enter_async_context(tapped(asterisk.node))
        yield Scene(asterisk, server, sip, tap, free_udp_port())
        counters = server.gateway.counters
        assert not [name for name in dir(counters) if name.startswith("tainted_") and getattr(counters, name)]


RINGS_UNTIL_CANCELLED = (
    answers().split("<pause")[0]
    + '<recv request="CANCEL"/>\n'
    + "<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
    "Content-Length: 0\n]]></send>\n"
)


async def test_a_waiting_caller_is_woken_dialled_and_talks(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with scene(asterisk_node, tmp_path) as now:
        caller = await now.sip.customer("caller", talks(CALLER, 4000), GENERAL)
        await now.tap.until(rb"WAIT FOR DIGIT")  # the caller is in line, the session sleeps
        await now.phone(answers())
        await now.server.until_state(CallState.RINGING)
        await now.server.until_state(CallState.TALKING)
        now.tap.send(Action="CoreShowChannels")  # where an answer that nobody heard is looked for
        await now.tap.until(rb"Event: CoreShowChannel\r\n[^\0]*?BridgeId: [0-9a-f-]{36}\r\n")
        assert await caller.ok(), caller.errors()
        call = await now.server.ended()
        assert (call.outcome, call.caller, call.did, call.codec) == (Outcome.ANSWERED, CALLER, GENERAL, "alaw")
        assert call.answered_at is not None
        assert now.server.gateway.counters.malformed == 0
        assert now.server.agi.counters.out_of_step == 0


async def test_a_waiting_caller_hears_for_how_long_and_is_dialled_from_there(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    (tmp_path / "wait.sln16").write_bytes(bytes(2 * 16_000 * 3))  # three seconds
    said: list[str] = []

    async def speak(prompt: Prompt) -> Path:
        said.append(prompt.text)
        return tmp_path / "wait" if "oczekiwania" in prompt.text else Path("/nonexistent")

    def announce(interaction: InteractionId) -> Minutes | None:
        return Minutes(3, 5)

    async with scene(asterisk_node, tmp_path, announce, speak) as now:
        await now.sip.customer("caller", stays(CALLER), GENERAL)
        await now.tap.until(rb"Event: MusicOnHoldStart")
        await now.tap.until(rb"Event: MusicOnHoldStop", within_s=FIRST_S + 10)  # the words are heard without it
        await now.phone(answers())
        await now.server.until_state(CallState.TALKING)
        await now.hang_up_phone()
        assert (await now.server.ended()).outcome is Outcome.ANSWERED
        assert now.server.agi.counters.out_of_step == 0
    assert said[-1] == "Przewidywany czas oczekiwania: od trzech do pięciu minut."


async def test_an_agent_whose_phone_is_not_registered_is_not_dialled(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with scene(asterisk_node, tmp_path) as now:
        agent = now.asterisk.node.agents[0]
        now.server.submit(core.AgentSignedIn(ANNA, agent.endpoint, {"support": 1}))
        now.server.submit(core.AgentReady(ANNA))
        await now.server.until(
            lambda each: isinstance(each, commands.AgentChanged) and each.state is AgentState.UNREACHABLE
        )
        await now.sip.customer("caller", stays(CALLER), GENERAL)
        await now.server.until_state(CallState.LINE)
        await now.tap.until(rb"WAIT FOR DIGIT")
        assert not any(isinstance(each, commands.Dial) for each in now.server.seen)
        await now.sip.phone(agent, now.phone_port)  # and that alone brings the caller to the agent
        await now.server.until(lambda each: isinstance(each, commands.Dial))


async def test_when_the_agent_hangs_up_the_caller_is_hung_up_and_not_queued_again(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    async with scene(asterisk_node, tmp_path) as now:
        caller = await now.sip.customer("caller", stays(CALLER), GENERAL)
        await now.phone(answers())
        await now.server.until_state(CallState.TALKING)
        await now.hang_up_phone()
        assert await caller.ok(), caller.errors()
        assert (await now.server.ended()).outcome is Outcome.ANSWERED
        assert now.tap.events("QueueCallerJoin") == []


async def test_a_caller_who_gives_up_in_the_line_is_abandoned(asterisk_node: StartNode, tmp_path: Path) -> None:
    async with scene(asterisk_node, tmp_path) as now:
        caller = await now.sip.customer("caller", talks(CALLER, 700), GENERAL)
        assert await caller.ok(), caller.errors()
        assert (await now.server.ended()).outcome is Outcome.ABANDONED_LINE
        assert not any(isinstance(each, core.SessionLost) for each in now.server.seen)


async def test_a_withdrawn_offer_stops_the_ringing_and_the_caller_waits_on(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    async with scene(asterisk_node, tmp_path) as now:
        await now.sip.customer("caller", stays(CALLER), GENERAL)
        await now.phone(RINGS_UNTIL_CANCELLED)
        await now.server.until(lambda each: isinstance(each, core.AgentRinging))
        now.server.submit(core.AgentSignedOut(ANNA))
        ended = await now.server.until(lambda each: isinstance(each, core.DialEnded))
        assert isinstance(ended, core.DialEnded)
        assert ended.status != "ANSWER"
        assert now.server.gateway.sessions == 1  # still ours, under music


async def test_callers_in_line_go_to_asterisks_queue_when_the_server_stops(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    async with scene(asterisk_node, tmp_path) as now:
        await now.sip.phone(now.asterisk.node.agents[0], now.phone_port)
        caller = await now.sip.customer("caller", stays(CALLER), GENERAL)
        await now.tap.until(rb"WAIT FOR DIGIT")
        await now.server.agi.stop()
        await now.server.until_state(CallState.FALLBACK)
        await now.server.until_state(CallState.FALLBACK_TALK)
        await now.hang_up_phone()
        assert await caller.ok(), caller.errors()
        assert (await now.server.ended()).outcome is Outcome.FALLBACK_ANSWERED


async def test_asterisks_last_resort_is_heard_as_an_answer_of_the_fallback(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    """Without app_queue every phone is rung at once, and no event of a queue tells of it."""
    async with scene(asterisk_node, tmp_path) as now:
        await now.asterisk.command("module unload app_queue.so")
        await now.sip.phone(now.asterisk.node.agents[0], now.phone_port)
        caller = await now.sip.customer("caller", stays(CALLER), GENERAL)
        await now.tap.until(rb"WAIT FOR DIGIT")
        await now.server.agi.stop()
        await now.server.until_state(CallState.FALLBACK_TALK)
        assert now.tap.events("AgentConnect") == []
        await now.hang_up_phone()
        assert await caller.ok(), caller.errors()
        assert (await now.server.ended()).outcome is Outcome.FALLBACK_ANSWERED
