"""A flow of the test's own on a real Asterisk, called by a real phone: what is said, and what becomes of keys."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ivr_flows import Facts, Flow, Prompt, load
from ivr_flows.calendar import Calendar
from ivr_flows.on_demand import OnDemand
from ivr_flows.prompts import PromptStore
from quality.softphone_client import PhoneCall, PhoneOptions, SoftPhone
from telephony.asterisk.agi import AgiServer
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.asking import Asking
from telephony.asterisk.by_node import by_node
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.gateway import Gateway
from telephony.asterisk.taping import Tapes
from telephony.call_quality import CallQuality
from telephony.clock import Clock
from telephony.core import commands
from telephony.core import events as core
from telephony.core.commands import Command
from telephony.core.engine import Engine
from telephony.core.events import Event
from telephony.core.ids import QueueName
from telephony.core.rules import QueueRules, Rules
from telephony.core.views import CallView
from telephony.pump import Pump
from tests.acceptance.conftest import GENERAL, StartNode
from tests.ports import free_port
from tests.tones import tone

CALLER = "+48500000111"
CALLER_HZ = 440.0
HEAD = """\
flow: test
language: pl
start: {start}
person: person
menu_words: {{closing: "Konsultant: zero.", wrong_key: "Nie ma takiej opcji.", collecting: "Na koniec krzyżyk."}}
variables: {{{variables}}}
nodes:
"""


@dataclass(slots=True)
class House:
    """What stands behind the flow; a test changes what it is about."""

    calendar: Callable[[], Calendar] = lambda: Calendar({})
    customer: str | None = None
    numbers: str = "transfers: {}\n"  # of the flow
    transfer_numbers: tuple[str, ...] = ()  # of the dialplan
    asking: Asking | None = None
    recordings: Path | None = None
    quality: CallQuality = field(default_factory=CallQuality)
    rules: QueueRules = field(default_factory=lambda: QueueRules(60.0, 0.0, 8.0))


@dataclass(slots=True)
class FlowScene:
    asterisk: EmbeddedAsterisk
    gateway: Gateway
    phone: SoftPhone
    folder: Path
    said: list[str] = field(default_factory=list)
    seen: list[Command | Event] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def calls(self, caller: str = CALLER, number: str = GENERAL) -> PhoneCall:
        """A customer who speaks a low tone all the time, and has been answered."""
        uri = f"sip:{number}@127.0.0.1:{self.asterisk.node.sip_port}"
        record = self.folder / f"heard-by-{caller[1:]}.wav"
        call = await self.phone.call(uri, caller=caller, play=self.folder / "customer.wav", record=record)
        async with asyncio.timeout(20):
            await call.answered()
        return call

    async def hears(self, words: str, times: int = 1) -> None:
        """Wait until a prompt with these words has been begun so many times."""
        await self._until(lambda: sum(words in each for each in self.said) >= times, f"„{words}” was not said")

    async def until(self, true: Callable[[Command | Event], bool]) -> Command | Event:
        await self._until(lambda: any(map(true, self.seen)), "it did not come")
        return next(filter(true, self.seen))

    async def ended(self) -> CallView:
        ended = await self.until(lambda each: isinstance(each, commands.CallEnded))
        assert isinstance(ended, commands.CallEnded)
        return ended.call

    def note(self, what: Command | Event | None = None) -> None:
        if what is not None:
            self.seen.append(what)
        self.news.set()

    async def _until(self, true: Callable[[], bool], complaint: str) -> None:
        try:
            async with asyncio.timeout(20):
                while not true():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            told = "\n".join([*self.said, *map(repr, self.seen)])
            raise AssertionError(f"{complaint} after\n{told}") from None


def _flow(folder: Path, nodes: str, numbers: str, variables: Mapping[str, str]) -> Flow:
    path = folder / "test.yaml"
    (folder / "numbers.yaml").write_text(numbers)
    declared = ", ".join(f"{name}: {kind}" for name, kind in variables.items())
    path.write_text(HEAD.format(start=nodes.split(":", maxsplit=1)[0].strip(), variables=declared) + nodes)
    return load(path)


async def _customer(asterisk: EmbeddedAsterisk, folder: Path) -> SoftPhone:
    """Behind the first carrier."""
    carrier = int(asterisk.node.trunks[0].match.partition(":")[2].partition("/")[0])
    return await SoftPhone.start(PhoneOptions(sip_port=carrier), log=folder / "phone.log")


@asynccontextmanager
async def flow_scene(
    asterisk_node: StartNode, folder: Path, nodes: str, house: House | None = None, **variables: str
) -> AsyncIterator[FlowScene]:
    """Everything up; `nodes` begins with the start node. No agent is there: whoever comes to a line waits."""
    agi_port, home = free_port(), house or House()
    asterisk = await asterisk_node(
        agents=["anna"], agi_servers=[f"127.0.0.1:{agi_port}"], transfer_numbers=home.transfer_numbers
    )
    flow, clock, node = _flow(folder, nodes, home.numbers, variables), Clock(), asterisk.node
    speech = OnDemand(PromptStore(folder / "prompts"), PromptStore(folder / "said"))
    tone(folder / "customer.wav", CALLER_HZ)

    async def facts(did: str, caller: str | None) -> Facts:
        return Facts(did, customer=home.customer)

    async def speak(prompt: Prompt) -> Path:
        sound = await speech.speak(prompt)
        scene.said.append(prompt.text)
        scene.note()
        return sound

    def submit(event: Event) -> None:
        scene.note(event)
        pump.submit(event)

    gateway = Gateway(
        node.name,
        ami=AmiSettings(node.ami_host, node.ami_port, "hotline", node.manager_secret),
        submit=submit,
        flow_for=lambda did: flow,
        speak=speak,
        together=speech.together,
        facts=facts,
        clock=clock,
        rtcp=home.quality.heard,
        rng=random.Random(1),
        calendar=home.calendar,
        asking=home.asking,
        tapes=Tapes(home.recordings, clock) if home.recordings else None,
    )

    def carry_out(command: Command, _now: float) -> None:
        if isinstance(command, commands.LeaveLine):
            gateway.execute(command)
        if isinstance(command, commands.CallChanged):
            home.quality.changed(command.call)
        scene.note(command)

    pump = Pump(Engine(Rules({QueueName("support"): home.rules})), clock, [carry_out])
    server = AgiServer("127.0.0.1", agi_port, by_node([gateway]))
    async with AsyncExitStack() as stack:
        stack.callback(speech.close)
        phone = await stack.enter_async_context(await _customer(asterisk, folder))
        scene = FlowScene(asterisk, gateway, phone, folder)
        await server.start()
        stack.push_async_callback(server.stop)
        for work in (gateway.run(), pump.run()):
            stack.push_async_callback(_end, asyncio.create_task(work))
        await scene.until(lambda each: isinstance(each, core.NodeSnapshot))
        yield scene
        assert server.counters.out_of_step == 0
        assert server.counters.failures == 0


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
