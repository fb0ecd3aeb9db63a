"""The server dies at the worst moments: whoever waits is heard by a person, whoever talks goes on talking.

Real Asterisk, PostgreSQL, phones and speech; the server is killed with SIGKILL and nothing else is touched.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.core.views import CallView, Outcome, SpanKind
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.world import AGENT, World, register, seconds_since, world

CALLER, SECOND = "+48500000101", "+48500000102"
REACHED_S = 5.0  # FAULTS.md: the fallback or the next server has the caller within this
AUDIBLE = 0.5  # share of the recording's power at the other side's tone; speech of the prompts has next to none


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(120), world(tmp_path) as everything:
        yield everything


async def ended_after_restart(town: World, count: int) -> dict[str | None, CallView]:
    """Start the server again and read what became of each call, by caller: exactly one outcome and one ticket each."""
    await town.house.start_server()
    seen = await town.until(lambda calls: len(calls) == count and all(call.outcome for call in calls))
    assert len({call.interaction for call in seen}) == count
    for call in seen:
        await town.ticket_of(call)
    return {call.caller: call for call in seen}


def told(call: CallView) -> tuple[str | None, str | None]:
    return call.outcome, call.agent


async def test_killed_in_the_menu_the_caller_is_heard_by_a_person(town: World) -> None:
    call = await town.calls(GENERAL, CALLER)
    await town.until(lambda seen: len(seen) == 1)
    killed_at = time.monotonic()
    await town.house.signal_server(signal.SIGKILL)
    consultant = await town.answered_by_a_consultant()
    assert seconds_since(killed_at) < REACHED_S
    await asyncio.sleep(3)
    await call.hang_up()
    await consultant.ended()
    assert town.consultant_heard(consultant) > AUDIBLE
    ended = (await ended_after_restart(town, 1))[CALLER]
    assert told(ended) == (Outcome.FALLBACK_ANSWERED, AGENT)
    assert ended.answered_at
    assert ended.ended_at
    assert 0 < ended.answered_at - ended.arrived_at < REACHED_S + 5
    assert 2.5 < ended.ended_at - ended.answered_at < 10


async def test_killed_in_the_line_everyone_is_heard_by_a_person(town: World) -> None:
    """Nobody is free while the server lives. Without it Asterisk's own queue rings the phone."""
    waiting = [await town.waits_in_line(GENERAL, CALLER), await town.waits_in_line(ACCESSIBLE, SECOND)]
    # Asterisk plays the last words of the flow to their end before it looks whether we live, and gives a free phone to
    # whoever is in its queue first: the phone comes when both are.
    await town.phone_leaves(AGENT)
    await town.house.signal_server(signal.SIGKILL)
    await town.in_asterisks_queue(2)
    await register(town.consultants, town.house, town.folder, AGENT, 0)
    registered_at = time.monotonic()
    first = await town.answered_by_a_consultant()
    assert seconds_since(registered_at) < REACHED_S
    await asyncio.sleep(3)
    await first.hang_up()
    second = await town.answered_by_a_consultant()
    await asyncio.sleep(3)
    await second.hang_up()
    for call in waiting:
        await call.ended()
    for consultant in (first, second):
        assert town.consultant_heard(consultant) > AUDIBLE
    ended = await ended_after_restart(town, 2)
    assert set(map(told, ended.values())) == {(Outcome.FALLBACK_ANSWERED, AGENT)}
    first_at, second_at = ended[SECOND].answered_at, ended[CALLER].answered_at  # accessibility first
    assert first_at
    assert second_at
    assert second_at - first_at > 2.5


@pytest.mark.parametrize("who_hangs_up", ["customer", "consultant"])
async def test_killed_in_the_talk_the_talk_goes_on_and_ends_as_a_hang_up(town: World, who_hangs_up: str) -> None:
    call = await town.waits_in_line(GENERAL, CALLER)
    await town.page.ready()
    consultant = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].answered_at is not None)
    await town.house.signal_server(signal.SIGKILL)
    await asyncio.sleep(18)  # longer than the dead-man's switch: it must not cut two people off
    assert not call.end
    assert not consultant.end
    await (call if who_hangs_up == "customer" else consultant).hang_up()
    async with asyncio.timeout(2):
        await call.ended()
        await consultant.ended()
    assert town.consultant_heard(consultant) > AUDIBLE
    assert town.customer_heard(CALLER) > AUDIBLE
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):
            await town.consultants.incoming()  # the fallback queue would ring the phone again
    ended = (await ended_after_restart(town, 1))[CALLER]
    assert told(ended) == (Outcome.ANSWERED, AGENT)
    assert ended.answered_at
    assert ended.ended_at
    assert 17 < ended.ended_at - ended.answered_at < 25  # as it was, not until the restart


async def test_what_ended_without_a_database_and_without_a_server_after_it_is_there_in_the_end(town: World) -> None:
    """PostgreSQL goes, a talk ends, the server is killed; both come back: the call has its outcome and its ticket."""
    call = await town.waits_in_line(GENERAL, CALLER)
    await town.page.ready()
    consultant = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].answered_at is not None)
    await town.house.postgres.stop()
    await asyncio.sleep(2)
    await call.hang_up()
    await consultant.ended()
    spool = town.house.data / "facts.spool"
    async with asyncio.timeout(20):
        while not (spool.exists() and '"OpenTicket"' in spool.read_text("utf-8")):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)
    await town.house.signal_server(signal.SIGKILL)
    await town.house.postgres.start()
    ended = (await ended_after_restart(town, 1))[CALLER]
    assert told(ended) == (Outcome.ANSWERED, AGENT)
    assert ended.answered_at
    assert ended.ended_at
    assert 1.5 < ended.ended_at - ended.answered_at < 10, "as it was, not until the restart"
    assert not spool.exists()


async def test_a_talk_outlives_two_servers_and_is_recorded_as_answered(town: World) -> None:
    """Killed and started again while two people talk: the new server takes the call over and sees its end."""
    call = await town.waits_in_line(GENERAL, CALLER)
    await town.page.ready()
    consultant = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].answered_at is not None)
    await town.house.signal_server(signal.SIGKILL)
    await town.house.start_server()
    await asyncio.sleep(2)
    assert not consultant.end
    await call.hang_up()
    seen = await town.until(lambda calls: calls[0].outcome is not None)
    assert [(each.outcome, each.agent) for each in seen] == [(Outcome.ANSWERED, "anna")]
    (unknown,) = seen[0].spans  # what the second server could not know, and says so
    assert unknown.kind is SpanKind.RESTART
    assert unknown.to_at is not None
    assert seen[0].arrived_at <= unknown.from_at < unknown.to_at < (seen[0].ended_at or 0.0)


async def test_a_server_that_hangs_loses_the_caller_to_the_fallback_not_to_silence(town: World) -> None:
    """SIGSTOP: the sockets stay open and nothing answers. The dead-man's switch moves the caller."""
    call = await town.waits_in_line(GENERAL, CALLER)
    stopped_at = time.monotonic()
    await town.house.signal_server(signal.SIGSTOP)
    try:
        consultant = await town.answered_by_a_consultant()
        assert seconds_since(stopped_at) < 20
        await asyncio.sleep(3)
        await call.hang_up()
        await consultant.ended()
        assert town.consultant_heard(consultant) > AUDIBLE
    finally:
        await town.house.signal_server(signal.SIGCONT)
    seen = await town.until(lambda calls: calls[0].outcome is not None)
    assert len(seen) == 1
