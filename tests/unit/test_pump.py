"""The pump: order, deadlines, overflow, and a subscriber that raises."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from telephony.core import events as ev
from telephony.core.commands import CallChanged, Command, Dial, PopLate, ShowPop
from telephony.core.engine import Engine
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.views import Lane, SpanKind
from telephony.pump import Pump
from tests.unit.core_story import ANNA, RULES, SUPPORT

CALL = InteractionId("c1")
STORY: list[ev.Event] = [
    ev.AgentSignedIn(ANNA, "phone-anna", {"support": 1}),
    ev.AgentReady(ANNA),
    ev.CallArrived(CALL, "n1", "PJSIP/x", Uniqueid("u1"), "l1", "+48221", None),
    ev.CallQueued(CALL, SUPPORT, Lane.STANDARD),
]


class HandClock:
    """Time that passes only when the engine's deadline is asked for: every wait is over at once."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.3
        return self.now


async def run_until(pump: Pump, done: asyncio.Event) -> None:
    task = asyncio.create_task(pump.run())
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_events_go_in_and_commands_come_out_in_order_with_deadlines_between() -> None:
    seen: list[Command] = []
    dialled = asyncio.Event()

    def see(command: Command, now: float) -> None:
        seen.append(command)
        if isinstance(command, Dial):
            dialled.set()

    pump = Pump(Engine(RULES), HandClock(), [see])
    for event in STORY:
        pump.submit(event)
    await run_until(pump, dialled)
    order = [type(each) for each in seen if isinstance(each, ShowPop | PopLate | Dial)]
    assert order == [ShowPop, PopLate, Dial]


async def test_a_subscriber_that_raises_harms_nobody() -> None:
    dialled = asyncio.Event()

    def broken(command: Command, now: float) -> None:
        raise RuntimeError("a bug")

    def see(command: Command, now: float) -> None:
        if isinstance(command, Dial):
            dialled.set()

    pump = Pump(Engine(RULES), HandClock(), [broken, see])
    for event in STORY:
        pump.submit(event)
    await run_until(pump, dialled)
    assert pump.failures > 0


async def test_overflow_is_counted_and_asks_for_a_resynchronisation() -> None:
    asked: list[int] = []
    pump = Pump(Engine(RULES), HandClock(), [], size=2, overflowed=lambda: asked.append(1))
    for event in STORY:
        pump.submit(event)
    assert pump.dropped == 2
    assert len(asked) == 2


async def test_after_an_overflow_the_calls_know_that_something_was_lost() -> None:
    seen: list[Command] = []
    marked = asyncio.Event()

    def see(command: Command, now: float) -> None:
        seen.append(command)
        if isinstance(command, CallChanged) and command.call.spans:
            marked.set()

    engine = Engine(RULES)
    engine.handle(ev.NodeSnapshot("n1", frozenset(), 1.0), 1.0)
    pump = Pump(engine, HandClock(), [see], size=2)
    pump.submit(STORY[2])
    pump.submit(STORY[1])
    pump.submit(STORY[0])  # no room
    await run_until(pump, marked)
    (span,) = [each.call.spans for each in seen if isinstance(each, CallChanged)][-1]
    assert (span.kind, span.to_at) == (SpanKind.OVERFLOW, None)
