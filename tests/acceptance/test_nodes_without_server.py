"""Two Asterisk nodes whose server is away: who waits where no phone is registered is heard at the other node.

Real Asterisk, PostgreSQL and phones.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.core.views import CallState, Outcome, SpanKind
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.world import AGENT, World, register, world

CALLER, PREFERRED = "+48500000101", "+48500000102"
OTHER = "piotr"
AUDIBLE = 0.5  # share of the recording's power at the other side's tone
HERE, THERE = 0, 1


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    """The consultant's phone is at the second node."""
    async with asyncio.timeout(120), world(tmp_path, nodes=2, at=THERE) as everything:
        yield everything


async def test_who_waits_where_no_phone_is_registered_is_heard_at_the_other_node(town: World) -> None:
    caller = await town.waits_in_line(GENERAL, CALLER, HERE)
    preferred = await town.waits_in_line(ACCESSIBLE, PREFERRED, HERE)
    await town.house.signal_server(signal.SIGKILL)
    first = await town.answered_by_a_consultant()
    await asyncio.sleep(12)  # longer than a node is given to be silent: the other caller waits in that node's queue
    assert not caller.end
    assert not preferred.end
    await first.hang_up()
    second = await town.answered_by_a_consultant()
    await asyncio.sleep(2)
    await second.hang_up()
    await caller.ended()
    await preferred.ended()
    assert town.consultant_heard(first) > AUDIBLE
    assert town.consultant_heard(second) > AUDIBLE
    await town.house.start_server()
    seen = await town.until(lambda calls: len(calls) == 2 and all(call.outcome for call in calls))
    assert {(call.outcome, call.agent) for call in seen} == {(Outcome.FALLBACK_ANSWERED, None)}


async def test_a_consultant_hands_a_caller_over_to_a_colleague_at_another_node(town: World) -> None:
    """The caller and the colleague are at the first node, and the consultant at the second."""
    await register(town.consultants, town.house, town.folder, OTHER, HERE)
    caller = await town.waits_in_line(GENERAL, CALLER, HERE)
    await town.page.ready()
    anna = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].state is CallState.TALKING)
    await anna.transfer(town.house.uri(OTHER, THERE))
    piotr = await town.answered_by_a_consultant()
    assert piotr.account == OTHER
    await town.until(lambda seen: seen[0].state is CallState.AFTER_TALK)
    await anna.ended()
    await asyncio.sleep(3)
    assert not caller.end
    await piotr.hang_up()
    await caller.ended()
    await piotr.ended()  # its recording is whole
    assert town.consultant_heard(piotr) > AUDIBLE
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [(call.outcome, call.agent) for call in seen] == [(Outcome.ANSWERED, AGENT)]


async def test_a_leg_that_a_server_before_us_left_behind_is_followed(town: World) -> None:
    caller = await town.waits_in_line(GENERAL, CALLER, HERE)
    await town.page.ready()
    anna = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].state is CallState.TALKING)
    await town.house.signal_server(signal.SIGKILL)
    await town.house.start_server()
    await town.until(lambda seen: [span.to_at is not None for span in seen[0].spans] == [True])
    await anna.hold()
    await town.until(lambda seen: [span.kind for span in seen[0].spans] == [SpanKind.RESTART, SpanKind.HOLD])
    await anna.transfer(town.house.uri(ACCESSIBLE, THERE))
    await anna.ended()
    await town.until(lambda calls: {call.state for call in calls} == {CallState.AFTER_TALK, CallState.MENU})
    await caller.hang_up()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert {call.did: (call.outcome, call.agent) for call in seen} == {
        GENERAL: (Outcome.ANSWERED, AGENT),
        ACCESSIBLE: (Outcome.ABANDONED_MENU, None),
    }
