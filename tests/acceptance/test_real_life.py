"""A busy quarter of an hour in one minute: forty callers at two nodes, four who asked to be called back
before the server began, and five consultants of whom one does not answer.

Who is served next is the router's word for word, each call has one outcome, and what the records say of the waiting is
what the callers' own phones have measured.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from quality.softphone_client import PhoneCall, PhoneOptions, SoftPhone
from telephony.asterisk.interaction_id import new_interaction_id
from telephony.core.ids import QueueName
from telephony.core.promises import CallBackRequest
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome
from telephony.demo.house import ACCESSIBLE, ANY_HOUR, GENERAL
from tests.acceptance.conftest import ROOT
from tests.acceptance.world import AGENT, CONSULTANT_HZ, STEP_S, World, page_of, register, world
from tests.ports import free_udp_port
from tests.tones import onset_s

CONSULTANTS = {AGENT: "Anna", "piotr": "Piotr", "maria": "Maria", "jan": "Jan", "olga": "Olga"}
AWAY = "olga"  # her phone rings, and nobody is there
CALLERS, EVERY_S, TALK_S = 40, 0.25, 1.5
OWN_CLOCK_S = 1.0  # the step: the waiting in the record and by the caller's own clock
RINGS_S = 5
CALL_BACKS = 4
CALL_BACK_RULES = f'{ANY_HOUR}\nfirst = "customer"\npause_s = 30'
PHONE_CALLS = 4  # that one phone process can have (pjsua2's wheels)
CARRIERS = 5  # phone processes: up to twenty callers at a time


@dataclass(frozen=True)
class Street:
    town: World
    desks: Sequence[SoftPhone]
    lines: Sequence[SoftPhone]  # of the carriers


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """Two nodes, five consultants whose phones are spread over them, all ready but nobody called yet."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    settings = (config / "hotline.toml").read_text("utf-8")
    settings = re.sub(r"^wrap_up_s = .*$", "wrap_up_s = 0", settings, flags=re.MULTILINE)
    settings = re.sub(r"^ring_timeout_s = .*$", f"ring_timeout_s = {RINGS_S}", settings, flags=re.MULTILINE)
    (config / "hotline.toml").write_text(settings, "utf-8")
    ports = tuple(free_udp_port() for _ in range(CARRIERS))
    async with (
        asyncio.timeout(200),
        world(
            tmp_path / "world",
            nodes=2,
            config=config,
            people=CONSULTANTS,
            more_carriers=ports,
            call_back=CALL_BACK_RULES,
        ) as town,
        AsyncExitStack() as stack,
    ):
        await promise_calls(town)
        desks = await stack.enter_async_context(await SoftPhone.start(PhoneOptions(), log=town.folder / "desks.log"))
        for place, login in enumerate(CONSULTANTS):
            if login != AGENT:
                phone = town.consultants if place < PHONE_CALLS else desks
                await register(phone, town.house, town.folder, login, place % 2, by_itself=login != AWAY)
                page = await stack.enter_async_context(page_of(town.house, login))
                await page.ready()
        await town.page.ready()
        lines = []  # the first carrier has those who are called back
        for port in ports:
            options = PhoneOptions(sip_port=port)
            log = town.folder / f"customers-{port}.log"
            lines.append(await stack.enter_async_context(await SoftPhone.start(options, log=log)))
        yield Street(town, [town.consultants, desks], lines)


def number(place: int) -> str:
    return f"+485000002{place:02}"


def back(place: int) -> str:
    return f"+485000003{place:02}"


async def promise_calls(town: World) -> None:
    """Those who asked before; the server that comes then finds them, and their phones are there."""
    await town.house.stop_server()
    now, rng = time.time(), random.SystemRandom()
    for place in range(CALL_BACKS):
        lane = Lane.ACCESSIBILITY if place == 0 else Lane.STANDARD
        first, call = (new_interaction_id(now, rng) for _ in range(2))
        arrived_at = now - 60 + place
        await town.store.request_callback(
            CallBackRequest(first, QueueName("support"), lane, back(place), GENERAL, arrived_at, arrived_at + 5, call)
        )
    await town.house.start_server()
    async with asyncio.timeout(STEP_S):
        await town.page.wait_for_state("paused")
    await town.customers.register(
        "called",
        uri=f"sip:called@127.0.0.1:{town.house.ports.customers}",
        auto_answer_after_s=0.2,
        play=town.folder / "customer.wav",
    )


async def call_in(street: Street, place: int, free: asyncio.Semaphore) -> None:
    """A third of the callers on the accessibility number, both nodes in turn; each chooses technical support."""
    async with free, asyncio.timeout(150):
        call = await street.lines[place % CARRIERS].call(
            street.town.house.uri(ACCESSIBLE if place % 3 == 0 else GENERAL, place % 2),
            caller=number(place),
            play=street.town.folder / "customer.wav",
            record=heard_by(street.town, number(place)),
        )
        await call.answered()
        await call.dtmf("2")
        await call.ended()


def heard_by(town: World, caller: str) -> Path:
    return town.folder / f"heard-by-{caller[1:]}.wav"


async def serve(phone: SoftPhone) -> None:
    """Each consultant who answers talks a little and hangs up."""

    async def talk(call: PhoneCall) -> None:
        await call.answered()
        await asyncio.sleep(TALK_S)
        await call.hang_up()

    async with asyncio.TaskGroup() as talks:
        while True:
            call = await phone.incoming()
            if not (call.account or "").startswith(AWAY):
                talks.create_task(talk(call))


async def finished(town: World) -> Sequence[CallView]:
    seen: Sequence[CallView] = ()
    while len(seen) < CALLERS + CALL_BACKS or not all(call.outcome for call in seen):
        await asyncio.sleep(0.5)
        seen = await town.store.recent_interactions(CALLERS + CALL_BACKS + 1)
    return seen


def offered_before_its_turn(calls: Sequence[CallView]) -> list[tuple[str | None, str | None]]:
    """Pairs of callers of whom the second was offered while the first, whose turn it was, stood in the line.

    Who was offered twice has stood in the line in between, and only the last offer is in the record: they are left out.
    """
    return [
        (first.caller, second.caller)
        for first in calls
        for second in calls
        if first.attempt == 1 and _stood(first, second.offered_at) and _turn(first) < _turn(second)
    ]


def _stood(call: CallView, at: float | None) -> bool:
    """Whether the caller stood in the line then."""
    known = at is not None and call.queued_at is not None and call.offered_at is not None
    return known and call.queued_at < at < call.offered_at  # type: ignore[operator]


def _turn(call: CallView) -> tuple[bool, float]:
    return call.lane is Lane.STANDARD, call.arrived_at


async def everybody_calls(street: Street) -> None:
    free = [asyncio.Semaphore(PHONE_CALLS) for _ in street.lines]
    async with asyncio.TaskGroup() as callers:
        for place in range(CALLERS):
            callers.create_task(call_in(street, place, free[place % CARRIERS]))
            await asyncio.sleep(EVERY_S)


async def test_forty_callers_are_served_in_the_routers_order_and_recorded_as_they_waited(street: Street) -> None:
    consultants = [asyncio.create_task(serve(phone)) for phone in street.desks]
    await everybody_calls(street)
    seen = await finished(street.town)
    for task in consultants:
        task.cancel()
    live = [call for call in seen if call.direction is Direction.IN]
    called = [call for call in seen if call.direction is Direction.CALL_BACK]
    assert sorted(call.caller or "" for call in live) == [number(place) for place in range(CALLERS)]
    assert sorted(call.caller or "" for call in called) == [back(place) for place in range(CALL_BACKS)]
    assert {call.outcome for call in seen} == {Outcome.ANSWERED}
    assert {call.state for call in seen} == {CallState.ENDED}
    assert {call.node for call in seen} == {"node-1", "node-2"}
    assert {str(call.agent) for call in seen} == set(CONSULTANTS) - {AWAY}
    assert any(call.attempt > 1 for call in seen), "somebody was offered to the phone that nobody answers"
    assert sum(call.lane is Lane.ACCESSIBILITY for call in live) == len(range(0, CALLERS, 3))
    assert offered_before_its_turn(seen) == []
    assert await street.town.store.open_callbacks() == ()
    for call in live:
        heard_at = onset_s(heard_by(street.town, str(call.caller)), CONSULTANT_HZ)
        assert heard_at is not None
        assert call.answered_at is not None
        assert call.answered_at - call.arrived_at == pytest.approx(heard_at, abs=OWN_CLOCK_S)
