"""What becomes of a leg to a phone at another node that is refused, not answered, taken back or handed over.

Real Asterisk, PostgreSQL and phones; the caller is at the first node, the consultant's phone at the second, where it
is answered by hand.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quality.softphone_client import PhoneCall
from telephony.core.views import CallState, Outcome
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.world import AGENT, STEP_S, World, register, world

CALLER = "+48500000101"
OTHER = "piotr"
HERE, THERE = 0, 1


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(120), world(tmp_path, nodes=2, at=THERE, by_itself=False) as everything:
        yield everything


async def rings(town: World) -> tuple[PhoneCall, PhoneCall]:
    """The caller, and the consultant's phone that rings."""
    caller = await town.waits_in_line(GENERAL, CALLER)
    await town.page.ready()
    async with asyncio.timeout(STEP_S):
        phone = await town.consultants.incoming()
    seen = await town.until(lambda calls: calls[0].state is CallState.RINGING and calls[0].rang_at is not None)
    assert seen[0].attempt == 1
    return caller, phone


async def is_served_at_the_second_try(town: World, caller: PhoneCall) -> None:
    seen = await town.until(lambda calls: calls[0].state is CallState.LINE)
    assert seen[0].attempt == 1
    await town.page.ready()
    async with asyncio.timeout(STEP_S):
        again = await town.consultants.incoming()
        await again.answer()
    await town.until(lambda calls: calls[0].state is CallState.TALKING)
    await again.hang_up()
    await caller.ended()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [(call.outcome, call.attempt) for call in seen] == [(Outcome.ANSWERED, 2)]


def said(town: World) -> list[str]:
    """All that the page hears from now on."""
    heard: list[str] = []
    town.page.heard = lambda message: heard.append(json.dumps(message))
    return heard


@pytest.mark.parametrize(("code", "why"), [(486, "rejected"), (480, "no_answer")])
async def test_a_refused_leg_is_a_refusal(town: World, code: int, why: str) -> None:
    heard = said(town)
    caller, phone = await rings(town)
    await phone.hang_up(code=code)
    await town.page.wait_for_state("not_answering")
    assert f'"reason": "{why}"' in "".join(heard)
    await is_served_at_the_second_try(town, caller)


async def test_a_leg_that_is_not_answered_in_time(town: World) -> None:
    heard = said(town)
    caller, phone = await rings(town)
    await phone.ended()
    await town.page.wait_for_state("not_answering")
    assert '"reason": "no_answer"' in "".join(heard)
    await is_served_at_the_second_try(town, caller)


async def test_a_leg_taken_back_stops_the_ringing(town: World) -> None:
    caller, phone = await rings(town)
    await town.page.log_out()
    async with asyncio.timeout(5):  # well before its own time-out
        await phone.ended()
    assert not caller.end
    await town.until(lambda calls: calls[0].state is CallState.LINE)


async def test_a_leg_handed_over_to_a_number_of_ours_waits_there_with_its_first_arrival(town: World) -> None:
    caller, phone = await rings(town)
    await phone.answer()
    await town.until(lambda calls: calls[0].state is CallState.TALKING)
    await phone.transfer(town.house.uri(ACCESSIBLE, THERE))
    await phone.ended()
    seen = await town.until(lambda calls: len(calls) == 2)
    assert {(call.did, call.node, call.caller) for call in seen} == {
        (GENERAL, "node-1", CALLER),
        (ACCESSIBLE, "node-2", CALLER),
    }
    assert seen[0].arrived_at == seen[1].arrived_at
    await caller.dtmf("2")
    await town.until(lambda calls: any(call.state is CallState.LINE for call in calls))
    await town.page.ready()
    async with asyncio.timeout(STEP_S):
        again = await town.consultants.incoming()
        await again.answer()
    await town.until(lambda calls: any(call.state is CallState.TALKING for call in calls))
    assert not caller.end
    await again.hang_up()
    await caller.ended()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [call.outcome for call in seen] == [Outcome.ANSWERED] * 2


async def test_a_leg_handed_over_after_asking_a_colleague_at_the_callers_own_node(town: World) -> None:
    await register(town.consultants, town.house, town.folder, OTHER, HERE, by_itself=False)
    caller, anna = await rings(town)
    await anna.answer()
    await town.until(lambda calls: calls[0].state is CallState.TALKING)
    await anna.hold()
    asking = await town.consultants.call(town.house.uri(OTHER, THERE), account=f"{AGENT}-{THERE}")
    async with asyncio.timeout(STEP_S):
        piotr = await town.consultants.incoming()
        await piotr.answer()
        await asking.answered()
    await anna.transfer(asking)
    await anna.ended()
    seen = await town.until(lambda calls: calls[0].state is CallState.AFTER_TALK)
    assert [span.to_at is not None for span in seen[0].spans] == [True]  # the hold ended with the consultant's part
    await asyncio.sleep(12)  # longer than a node is given to be silent
    assert not caller.end
    await caller.hang_up()
    await piotr.ended()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [(call.outcome, call.agent) for call in seen] == [(Outcome.ANSWERED, AGENT)]
