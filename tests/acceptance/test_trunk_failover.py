"""Ways out through a real Asterisk whose carriers refuse, are silent or busy: who is tried next, and who never is."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from sip_trunk.calls import Result, Tried
from telephony.asterisk import translate
from telephony.asterisk.ami import Listing
from telephony.asterisk.ami_client import AmiClient, AmiSettings, Listener
from telephony.asterisk.ami_wire import AmiResponse
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.trunk_actions import JudgeTrunk, ShowRegistrations, TrunkFigure
from telephony.trunk_watch import TrunkWatch
from telephony.trunks_wiring import InForce
from tests.acceptance.ami_tap import AmiTap, tapped
from tests.acceptance.answering_carrier import ANSWERS, HANGS_UP, AnsweringCarrier, Step, answering
from tests.acceptance.conftest import StartNode
from tests.acceptance.test_trunk_apply import apply, node_of, root_of, wanted_of
from tests.acceptance.trunk_calls import TRY_OUT, call_out, tried
from tests.ports import free_udp_port

FILE = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[guards]
calls_per_minute = {calls_per_minute}
cost_per_day = 1.0
[carriers.north]
title = "Północ"
[trunks.one]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {one} }}]
options_s = {options_s}
options_timeout_s = 0.5
ring_timeout_s = 5
answer_timeout_s = 1
limits = {{ calls = {calls}, calls_per_s = {calls_per_s} }}
[trunks.two]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {two} }}]
options_s = 0
limits = {{ calls = 100, calls_per_s = 100 }}
[[outbound]]
prefix = "+48"
trunks = ["one", "two"]
cost_per_min = {cost}
"""

NEXT: dict[str, Sequence[Step]] = {
    "nothing at all": (),
    "100 and nothing more": ((0, 100),),
    "speech, then 503": ((0, 100), (0.1, 183), (0.1, 503)),
    **{str(status): ((0, 100), (0, status)) for status in (403, 408, 483, 488, 500, 503)},
}
LAST: dict[str, Sequence[Step]] = {
    "an answer and its end": (*ANSWERS, (0.3, HANGS_UP)),
    "ringing for too long": ((0, 180),),
    **{str(status): ((0, 100), (0, status)) for status in (302, 404, 410, 480, 486, 600, 603)},
}


ILL = "database get hotline_trunk_ill one"


class Scene:
    def __init__(self, near: EmbeddedAsterisk, tap: AmiTap, one: AnsweringCarrier, two: AnsweringCarrier) -> None:
        self.near, self.tap, self.one, self.two = near, tap, one, two
        self._numbers = itertools.count(48_500_000_000)

    async def apply(
        self,
        *,
        calls: int = 100,
        calls_per_s: int = 100,
        calls_per_minute: int = 1000,
        options_s: int = 0,
        cost: float = 0,
    ) -> None:
        file = FILE.format(
            one=self.one.port, two=self.two.port, calls=calls, calls_per_s=calls_per_s,
            calls_per_minute=calls_per_minute, options_s=options_s, cost=cost,
        )  # fmt: skip
        assert (await apply(node_of(self.near), wanted_of(file))).failed == ()

    def number(self) -> str:
        return f"+{next(self._numbers)}"

    def call(self, number: str, patience_s: float = 30) -> None:
        call_out(self.tap, number, patience_s)

    def told(self, trunk: str) -> list[Tried]:
        """What the dialplan has said of calls that were sent to a trunk."""
        return [each for name, each in tried(self.tap) if name == trunk]

    async def outcome(self, number: str) -> str:
        """`ANSWER by two`, once the call has come to an end."""
        found = await self.tap.until(
            rb"UserEvent: TriedOut\r\nNumber: \%b\r\nStatus: (\w+)\r\nTrunk: (\w*)\r\n" % number.encode()
        )
        return f"{found[1].decode()} by {found[2].decode()}"

    async def says(self, command: str, text: str) -> None:
        """Until Asterisk's command line says so."""
        async with asyncio.timeout(10):
            while text not in await self.near.command(command):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def answered(self, carrier: AnsweringCarrier, number: str) -> None:
        async with asyncio.timeout(10):
            while not any(each.number == number and each.answered for each in carrier.calls.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@asynccontextmanager
async def scene(asterisk_node: StartNode) -> AsyncIterator[Scene]:
    near = await asterisk_node(trunks=[], numbers={})
    with (near.node.folder / "etc/extensions.conf").open("a") as file:
        file.write(TRY_OUT)
    one, two = AnsweringCarrier(free_udp_port()), AnsweringCarrier(free_udp_port(), (*ANSWERS, (0.2, HANGS_UP)))
    async with answering(one, two), tapped(near.node) as tap:
        yield Scene(near, tap, one, two)


async def test_calls_out_go_the_next_way_where_one_failed_and_within_limits(asterisk_node: StartNode) -> None:
    async with scene(asterisk_node) as here:
        await the_next_trunk_is_tried_where_the_way_failed_and_never_where_the_number_was_reached(here)
        held = await what_is_full_counts_as_down_and_calls_under_way_survive_another_plan(here)
        await what_is_too_much_or_too_dear_is_not_called(here)
        await here.near.command("channel request hangup all")
        await until(lambda: all(each.ended for each in here.one.calls.values() if each.number in held))


async def the_next_trunk_is_tried_where_the_way_failed_and_never_where_the_number_was_reached(here: Scene) -> None:
    await here.apply()
    numbers = {name: here.number() for name in (*NEXT, *LAST)}
    for name, number in numbers.items():
        here.one.by_number[number] = {**NEXT, **LAST}[name]
        here.call(number)
    outcomes = {name: await here.outcome(number) for name, number in numbers.items()}
    assert {name: outcomes[name] for name in NEXT} == dict.fromkeys(NEXT, "ANSWER by two")
    assert {name: outcomes[name] for name in LAST} == {
        "an answer and its end": "ANSWER by one",
        "ringing for too long": "NOANSWER by one",
        "302": "BUSY by one",  # a carrier sends nobody anywhere else
        "404": "CHANUNAVAIL by one",
        "410": "CHANUNAVAIL by one",
        "480": "NOANSWER by one",
        "486": "BUSY by one",
        "600": "BUSY by one",
        "603": "CHANUNAVAIL by one",
    }
    assert sorted(here.one.invited) == sorted(numbers.values()), "each once, in order"
    assert sorted(here.two.invited) == sorted(numbers[name] for name in NEXT)
    results = Counter(each.result for each in here.told("one"))
    assert results == {
        Result.FAILED: len(NEXT),
        Result.BUSY: 3,
        Result.REFUSED: 3,
        Result.NO_ANSWER: 2,
        Result.ANSWERED: 1,
    }
    assert max(each.post_dial_delay_ms or 0 for each in here.told("two")) >= 1000, "the first one's silence counts"
    here.one.by_number[given_up := here.number()] = ((0, 180),)
    here.call(given_up, patience_s=0.3)
    await until(lambda: any(each.cancelled for each in here.one.calls.values() if each.number == given_up))
    await until(lambda: Counter(each.result for each in here.told("one"))[Result.CANCELLED] == 1)
    assert given_up not in here.two.invited


async def what_is_full_counts_as_down_and_calls_under_way_survive_another_plan(here: Scene) -> list[str]:
    """The numbers of calls that are still under way."""
    await here.apply(calls=2)
    held = [here.number() for _ in range(3)]
    for at, number in enumerate(held):
        here.call(number)
        await here.answered(here.two if at == 2 else here.one, number)
    assert await here.outcome(held[2]) == "ANSWER by two"

    await here.apply(calls_per_s=2)
    await here.says("core show channels count", "6 active channels")
    await asyncio.sleep(1)  # the two calls held have begun in another second
    began, burst = time.monotonic(), [here.number() for _ in range(8)]
    for number in burst:
        here.one.by_number[number] = (*ANSWERS, (0.2, HANGS_UP))
        here.call(number)
    by_one = [await here.outcome(number) for number in burst].count("ANSWER by one")
    assert 2 <= by_one <= 2 * (int(time.monotonic() - began) + 2), "two in each second"
    for limit in (b"calls", b"calls_per_s"):
        assert b"What: full\r\nTrunk: one\r\nReason: %b\r\n" % limit in here.tap.received
    return held[:2]


async def what_is_too_much_or_too_dear_is_not_called(here: Scene) -> None:
    await here.apply(calls_per_minute=1)
    many = [here.number() for _ in range(3)]  # in two different minutes at most
    for number in many:
        here.one.by_number[number] = ((0, 486),)
        here.call(number)
    assert "CHANUNAVAIL by " in [await here.outcome(number) for number in many]
    assert b"What: refused\r\nReason: calls_per_minute" in here.tap.received

    await here.apply(cost=0.6)
    dear = [here.number() for _ in range(3)]
    for number in dear:
        here.one.by_number[number] = (*ANSWERS, (1.1, HANGS_UP))
        here.call(number)
        await here.outcome(number)
    assert [number in here.one.invited for number in dear] == [True, True, False], "1.20 zł are more than 1.00"
    assert await here.outcome(dear[2]) == "CHANUNAVAIL by "
    assert b"What: refused\r\nReason: cost_per_day" in here.tap.received


# -- a trunk that is ill ----------------------------------------------------------------------------------------------


class AsServer:
    """The server's own account, as the gateway asks by it."""

    def __init__(self, near: EmbeddedAsterisk) -> None:
        node = near.node
        listener = Listener(lambda _: None, lambda _: None, lambda _since, _why: None)
        settings = AmiSettings("127.0.0.1", node.ami_port, "hotline", node.manager_secret)
        self._client = AmiClient(node.name, settings, translate.WANTED, listener, time.time)

    @property
    def connected(self) -> bool:
        return self._client.connected

    async def run(self) -> None:
        await self._client.run()

    async def ask(self, action: JudgeTrunk | TrunkFigure) -> AmiResponse:
        return await self._client.request(action)

    async def registrations(self, action: ShowRegistrations) -> Listing:
        return await self._client.listing(action)


async def test_a_silent_trunk_is_passed_by_put_last_and_comes_back(asterisk_node: StartNode) -> None:
    async with scene(asterisk_node) as here, asyncio.TaskGroup() as tasks:
        await here.apply(options_s=1)
        server, in_force = AsServer(here.near), InForce(root_of(node_of(here.near)))
        watch = TrunkWatch("node-1", lambda: server, in_force, time.time)
        running = [tasks.create_task(server.run()), tasks.create_task(watch.run())]

        await until(lambda: bool(watch.states) and watch.states[0].answers is True)
        assert watch.states[0].round_trip_ms is not None
        here.one.options = False
        await until(lambda: watch.states[0].health.ill)
        await here.says(ILL, "Value: 1")
        here.call(number := here.number())
        assert await here.outcome(number) == "ANSWER by two"
        assert number not in here.one.invited, "nobody waits for a silent carrier"

        here.one.options = True
        await until(lambda: not watch.states[0].health.ill)
        await here.says(ILL, "not found")
        here.call(number := here.number())
        await here.answered(here.one, number)
        await until(lambda: watch.states[0].calls_out == 1)
        for task in running:
            task.cancel()


async def until(true: Callable[[], bool], within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
