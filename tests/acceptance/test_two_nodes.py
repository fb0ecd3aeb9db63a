"""Two Asterisk nodes, one server, one line: callers and phones on either, legs from node to node, and a node that dies.

Real Asterisk, PostgreSQL and phones.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from quality.softphone_client import PhoneCall
from telephony.console.page_client import PageClient
from telephony.core.views import CallState, CallView, Outcome, Span, SpanKind
from telephony.demo.house import GENERAL
from tests.acceptance.world import AGENT, STEP_S, World, page_of, register, world

FIRST, SECOND, THIRD = "+48500000101", "+48500000102", "+48500000103"
OTHER = "piotr"
AUDIBLE = 0.5  # share of the recording's power at the other side's tone
HERE, THERE = 0, 1


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    """The consultant's phone is at the second node."""
    async with asyncio.timeout(120), world(tmp_path, nodes=2, at=THERE) as everything:
        yield everything


@pytest.fixture
async def other(town: World) -> AsyncIterator[PageClient]:
    """A second consultant, whose phone is at the first node."""
    await register(town.consultants, town.house, town.folder, OTHER, HERE)
    async with page_of(town.house, OTHER) as page:
        yield page


async def talking(town: World, caller: str) -> CallView:
    """The call of this caller, once it is answered."""
    seen = await town.until(lambda calls: any(c.caller == caller and c.state is CallState.TALKING for c in calls))
    return next(call for call in seen if call.caller == caller)


async def ended(town: World) -> dict[str | None, tuple[str, Outcome | None, str | None]]:
    """By caller: node, outcome and agent of each interaction, when all have one."""
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert len({call.caller for call in seen}) == len(seen), "an interaction too many"
    return {call.caller: (call.node, call.outcome, call.agent) for call in seen}


def spans(seen: Sequence[CallView], call: CallView) -> tuple[Span, ...]:
    return next(each.spans for each in seen if each.interaction == call.interaction)


async def a_leg_between_nodes(town: World, call: CallView, consultant: PhoneCall) -> None:
    """Everything of an ordinary talk, though the caller and the phone are at different nodes."""
    channel = await town.house.nodes[HERE].command(f"core show channel {call.channel}")
    assert "Time to Hangup: 0\n" in channel  # the dead-man's switch is off
    assert "HOTLINE_STAGE=talk\n" in channel
    await consultant.hold()
    await town.until(lambda seen: [span.kind for span in spans(seen, call)] == [SpanKind.HOLD])
    await consultant.hold(on=False)
    await town.until(lambda seen: spans(seen, call)[0].to_at is not None)
    await asyncio.sleep(6)  # for reports of both ends


async def test_callers_of_both_nodes_are_one_line_and_reach_a_phone_at_the_other(town: World) -> None:
    for caller, place in ((FIRST, THERE), (SECOND, HERE), (THIRD, THERE)):
        await town.waits_in_line(GENERAL, caller, place)
    for caller in (FIRST, SECOND, THIRD):
        await town.page.ready()
        consultant = await town.answered_by_a_consultant()
        call = await talking(town, caller)
        if caller is SECOND:
            await a_leg_between_nodes(town, call, consultant)
            leg, heard = call, consultant
        await consultant.hang_up()
        await town.page.wait_for_state("wrap_up", "available")
    assert await ended(town) == {
        FIRST: ("node-2", Outcome.ANSWERED, AGENT),
        SECOND: ("node-1", Outcome.ANSWERED, AGENT),
        THIRD: ("node-2", Outcome.ANSWERED, AGENT),
    }
    scored = [(record.leg, record.direction) for record in await town.store.quality.of(leg.interaction)]
    assert sorted(scored) == [(who, way) for who in ("agent", "caller") for way in ("received", "sent")]
    assert town.customer_heard(SECOND) > AUDIBLE
    assert town.consultant_heard(heard) > AUDIBLE


async def test_when_a_node_dies_the_other_goes_on_and_takes_its_phones(town: World, other: PageClient) -> None:
    await town.waits_in_line(GENERAL, FIRST, HERE)
    await other.ready()
    await town.answered_by_a_consultant()
    await talking(town, FIRST)  # both at the first node
    survivor = await town.waits_in_line(GENERAL, SECOND, THERE)
    await town.page.ready()
    survives: PhoneCall = await town.answered_by_a_consultant()
    await talking(town, SECOND)  # both at the second
    await town.waits_in_line(GENERAL, THIRD, THERE)
    await town.house.nodes[HERE].kill()
    await register(town.consultants, town.house, town.folder, OTHER, THERE)
    async with asyncio.timeout(STEP_S):
        await other.wait_for_state("wrap_up")
    await other.ready()
    again = await town.answered_by_a_consultant()
    await talking(town, THIRD)
    assert not survivor.end
    await again.hang_up()
    await survives.hang_up()
    await town.house.nodes[HERE].start()
    assert await ended(town) == {
        FIRST: ("node-1", Outcome.INTERRUPTED, OTHER),
        SECOND: ("node-2", Outcome.ANSWERED, AGENT),
        THIRD: ("node-2", Outcome.ANSWERED, OTHER),
    }


async def test_a_leg_to_a_node_that_dies_ends_and_its_caller_is_not_kept_in_silence(
    town: World, other: PageClient
) -> None:
    caller = await town.waits_in_line(GENERAL, FIRST, THERE)
    await other.ready()
    await town.answered_by_a_consultant()
    await talking(town, FIRST)
    await town.house.nodes[HERE].kill()
    async with asyncio.timeout(STEP_S):
        await caller.ended()
    assert await ended(town) == {FIRST: ("node-2", Outcome.ANSWERED, OTHER)}
