"""Two Asterisk nodes, one server, one line: callers and phones on either, legs from node to node, and a node that dies.

Real Asterisk, PostgreSQL and phones.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.core.views import CallState, Outcome, SpanKind
from telephony.demo.house import GENERAL
from tests.acceptance.world import AGENT, World, world

CALLER = "+48500000101"
AUDIBLE = 0.5  # share of the recording's power at the other side's tone
HERE, THERE = 0, 1


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    """The consultant's phone is at the second node."""
    async with asyncio.timeout(120), world(tmp_path, nodes=2, at=THERE) as everything:
        yield everything


async def test_a_caller_talks_with_a_consultant_whose_phone_is_at_the_other_node(town: World) -> None:
    caller = await town.waits_in_line(GENERAL, CALLER, HERE)
    await town.page.ready()
    consultant = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].state is CallState.TALKING)
    await asyncio.sleep(17)  # longer than the dead-man's switch
    assert not caller.end
    await consultant.hold()
    await town.until(lambda seen: [span.kind for span in seen[0].spans] == [SpanKind.HOLD])
    await consultant.hold(on=False)
    await town.until(lambda seen: seen[0].spans[0].to_at is not None)
    await asyncio.sleep(3)
    await consultant.hang_up()
    await caller.ended()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [(call.node, call.outcome, call.agent) for call in seen] == [("node-1", Outcome.ANSWERED, AGENT)]
    legs = [(record.leg, record.direction) for record in await town.store.quality_of(seen[0].interaction)]
    assert sorted(legs) == [(leg, way) for leg in ("agent", "caller") for way in ("received", "sent")]
    assert town.customer_heard(CALLER) > AUDIBLE
    assert town.consultant_heard(consultant) > AUDIBLE
