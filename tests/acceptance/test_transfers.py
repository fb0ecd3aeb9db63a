"""A consultant hands a caller over by SIP REFER: nobody is lost, the consultant is free, one outcome is recorded.

Real Asterisk, server, PostgreSQL, phones and speech. The second consultant has a phone and no page, so that only a
transfer reaches it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponseError

from quality.softphone_client import PhoneCall, phone_program
from telephony.console.page_client import Message, PageClient
from telephony.core.views import CallState, Outcome, SpanKind
from telephony.demo.house import ACCESSIBLE, GENERAL
from tests.acceptance.world import CONSULTANT_HZ, STEP_S, World, page_of, world
from tests.tones import part_strength, strength, tone

CALLER, OUTSIDE, NOT_ALLOWED = "+48500000101", "+48220000900", "+48220000901"
OTHER, CARRIER = "piotr", "carrier"
OTHER_HZ = 1320.0
NOTE = "Router ma czerwoną diodę; PIN podany."
pytestmark = pytest.mark.skipif(
    phone_program()[1] != "pjsua2",
    reason="no pjsua2 wheel for this Python, and its portable stand-in cannot transfer",
)
AUDIBLE = 0.5  # share of the recording's power at the other side's tone


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(120), world(tmp_path, transfer_numbers=(OUTSIDE,)) as everything:
        other = tone(tmp_path / "other.wav", OTHER_HZ)
        await everything.consultants.register(
            OTHER,
            uri=f"sip:{OTHER}@127.0.0.1:{everything.house.ports.sip}",
            registrar=everything.house.registrar,
            user=OTHER,
            password=everything.house.sip_secret(OTHER),
            play=other,
        )
        await everything.customers.register(
            CARRIER, uri=f"sip:{CARRIER}@127.0.0.1:{everything.customers.sip_port}", auto_answer_after_s=0.2, play=other
        )
        yield everything


async def talk(town: World) -> tuple[PhoneCall, PhoneCall]:
    caller = await town.waits_in_line(GENERAL, CALLER)
    await town.page.ready()
    anna = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].state is CallState.TALKING)
    return caller, anna


async def agent_is_free(town: World) -> None:
    """Free again while the caller talks on: wrap-up, and then available."""
    async with asyncio.timeout(STEP_S):
        await town.page.wait_for_state("wrap_up")
        await town.page.wait_for_state("available")


async def outcome(town: World) -> Outcome | None:
    """Of the one interaction there is."""
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [call.agent for call in seen] == ["anna"]
    return seen[0].outcome


def heard_the_other(town: World) -> float:
    """How much of what the caller heard is the one who was handed the call."""
    return strength(town.folder / f"heard-by-{CALLER[1:]}.wav", OTHER_HZ)


async def handed_to(town: World, account: str) -> PhoneCall:
    phone = town.consultants if account == OTHER else town.customers
    async with asyncio.timeout(STEP_S):
        call = await phone.incoming()
        assert call.account == account
        if account == OTHER:
            await call.answer()
        await call.answered()
    return call


@pytest.mark.parametrize(
    ("number", "account", "state", "ends"),
    [
        (OTHER, OTHER, CallState.AFTER_TALK, Outcome.ANSWERED),
        (OUTSIDE, CARRIER, CallState.TRANSFERRED_OUT, Outcome.TRANSFERRED_OUT),
    ],
)
async def test_a_blind_transfer_frees_the_consultant_and_the_caller_talks_on(
    town: World, number: str, account: str, state: CallState, ends: Outcome
) -> None:
    caller, anna = await talk(town)
    await anna.transfer(town.house.uri(number))
    other = await handed_to(town, account)
    await anna.ended()
    await agent_is_free(town)
    seen = await town.until(lambda calls: calls[0].state is state)
    assert seen[0].outcome is None
    await asyncio.sleep(18)  # longer than the dead-man's switch, and than anything that was heard before
    assert not caller.end
    await other.hang_up()
    await caller.ended()
    assert await outcome(town) is ends
    assert heard_the_other(town) > AUDIBLE


async def test_an_attended_transfer_frees_the_consultant_and_the_caller_talks_on(town: World) -> None:
    caller, anna = await talk(town)
    await anna.hold()
    await town.until(lambda calls: [span.kind for span in calls[0].spans] == [SpanKind.HOLD])
    asking = await town.consultants.call(town.house.uri(OTHER), account="anna")
    piotr = await handed_to(town, OTHER)
    await asking.answered()
    await anna.transfer(asking)
    await anna.ended()
    await agent_is_free(town)
    await town.until(lambda calls: calls[0].spans[0].to_at is not None)  # the hold ended with the agent's part
    await asyncio.sleep(1)
    assert not caller.end
    await caller.hang_up()
    await piotr.ended()
    assert await outcome(town) is Outcome.ANSWERED


async def test_an_attended_transfer_outside_frees_the_consultant_and_the_caller_talks_on(town: World) -> None:
    caller, anna = await talk(town)
    await anna.hold()
    asking = await town.consultants.call(town.house.uri(OUTSIDE), account="anna")
    outside = await handed_to(town, CARRIER)
    await asking.answered()
    await anna.transfer(asking)
    await anna.ended()
    await agent_is_free(town)
    await town.until(lambda calls: calls[0].state is CallState.TRANSFERRED_OUT)
    assert not caller.end
    await outside.hang_up()
    await caller.ended()
    assert await outcome(town) is Outcome.TRANSFERRED_OUT


async def test_an_attended_transfer_while_it_rings_frees_the_consultant_and_the_caller_talks_on(town: World) -> None:
    caller, anna = await talk(town)
    await anna.hold()
    asking = await town.consultants.call(town.house.uri(OTHER), account="anna")
    async with asyncio.timeout(STEP_S):
        piotr = await town.consultants.incoming()
    await anna.transfer(asking)  # before anybody has answered
    await anna.ended()
    await agent_is_free(town)
    await piotr.answer()
    await piotr.answered()
    await asyncio.sleep(18)  # longer than the dead-man's switch, and than anything that was heard before
    assert not caller.end
    await piotr.hang_up()
    await caller.ended()
    assert await outcome(town) is Outcome.ANSWERED
    assert heard_the_other(town) > AUDIBLE


async def handed_over_to_a_number_of_ours(town: World) -> PhoneCall:
    """The caller waits in the line of that number, and the consultant is free."""
    caller, anna = await talk(town)
    await anna.transfer(town.house.uri(ACCESSIBLE))
    await anna.ended()
    await town.page.pause()
    seen = await town.until(lambda calls: len(calls) == 2)
    assert {call.did: call.outcome for call in seen} == {GENERAL: Outcome.ANSWERED, ACCESSIBLE: None}
    assert seen[0].arrived_at == seen[1].arrived_at
    await caller.dtmf("2")
    await town.until(lambda calls: any(call.state is CallState.LINE for call in calls))
    return caller


async def outcomes(town: World) -> dict[str, Outcome | None]:
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert len(seen) == 2
    return {call.did: call.outcome for call in seen}


async def test_a_caller_handed_over_to_a_number_of_ours_hears_it_and_is_served_again(town: World) -> None:
    caller = await handed_over_to_a_number_of_ours(town)
    await town.page.ready()
    anna = await town.answered_by_a_consultant()
    assert not caller.end
    await anna.hang_up()
    await caller.ended()
    assert await outcomes(town) == {GENERAL: Outcome.ANSWERED, ACCESSIBLE: Outcome.ANSWERED}


async def test_a_caller_handed_over_to_a_number_of_ours_who_gives_up_there(town: World) -> None:
    caller = await handed_over_to_a_number_of_ours(town)
    await caller.hang_up()
    assert await outcomes(town) == {GENERAL: Outcome.ANSWERED, ACCESSIBLE: Outcome.ABANDONED_LINE}


async def test_a_caller_handed_over_to_a_number_of_ours_without_a_server_is_heard_by_a_person(town: World) -> None:
    caller, anna = await talk(town)
    await town.house.signal_server(signal.SIGKILL)
    await anna.transfer(town.house.uri(ACCESSIBLE))
    await anna.ended()
    again = await town.answered_by_a_consultant()  # Asterisk's own queue rings the phones
    assert not caller.end
    await again.hang_up()
    await caller.ended()
    await town.house.start_server()
    seen = await town.until(lambda calls: all(call.outcome for call in calls))
    assert [call.outcome for call in seen] == [Outcome.ANSWERED]


async def test_an_agent_who_calls_a_number_of_ours_is_no_customer(town: World) -> None:
    caller, anna = await talk(town)
    await anna.hold()
    asking = await town.consultants.call(town.house.uri(ACCESSIBLE), account="anna")
    assert (await asking.ended()).code == 404
    await anna.hold(on=False)
    assert not caller.end
    await anna.hang_up()
    await caller.ended()
    assert await outcome(town) is Outcome.ANSWERED


async def test_a_caller_whom_nobody_takes_over_comes_back_to_the_queue(town: World) -> None:
    caller, anna = await talk(town)
    await anna.transfer(town.house.uri(OTHER))
    async with asyncio.timeout(STEP_S):
        await (await town.consultants.incoming()).hang_up()
    await anna.ended()
    again = await town.answered_by_a_consultant()  # Asterisk's own queue rings the phones
    assert not caller.end
    await caller.hang_up()
    await again.ended()
    assert await outcome(town) is Outcome.ANSWERED


async def handed_over_in_the_page(
    town: World, kind: str, to: str, *, page: PageClient | None = None, note: str = NOTE
) -> None:
    """As the page of the consultant who talks asks for it."""
    page, call = page or town.page, (await town.store.recent_interactions())[-1]
    await page.ask("PUT", f"/calls/{call.interaction}/note", {"text": note, "revision": 1})
    await page.ask("POST", f"/calls/{call.interaction}/transfer", {"kind": kind, "to": to})


async def test_from_the_page_a_colleague_and_then_a_queue_see_the_caller_and_the_note_before_the_phone_rings(
    town: World,
) -> None:
    heard: list[Message] = []
    async with page_of(town.house, OTHER) as piotr:
        piotr.heard = heard.append
        caller, anna = await talk(town)
        await piotr.ready()
        await handed_over_in_the_page(town, "colleague", OTHER)
        await anna.ended()
        await handed_to(town, OTHER)
        first, second = await town.until(lambda calls: len(calls) == 2 and calls[1].state is CallState.TALKING)
        assert (second.follows, second.arrived_at, second.queue) == (first.interaction, first.arrived_at, first.queue)
        assert (second.agent, first.outcome) == (OTHER, Outcome.ANSWERED)
        assert second.painted_at is not None
        assert second.rang_at is not None
        assert second.painted_at < second.rang_at
        pop = next(each for each in heard if each["type"] == "pop")
        assert pop["handed"] == {"by": "Anna Wiśniewska", "note": ""}
        told = next(each for each in heard if each["type"] == "handed")
        assert told["handed"] == {"by": "Anna Wiśniewska", "note": NOTE}
        await asyncio.sleep(2)  # of a tone that is heard
        back: list[Message] = []
        town.page.heard = back.append
        await handed_over_in_the_page(town, "queue", "billing", page=piotr, note=NOTE[::-1])
        await town.answered_by_a_consultant()  # Anna, who is the other one
        third = (await town.until(lambda calls: len(calls) == 3 and calls[2].state is CallState.TALKING))[2]
        assert (third.follows, third.arrived_at, third.queue) == (second.interaction, first.arrived_at, "billing")
        told = next(each for each in back if each["type"] == "handed")
        assert told["handed"] == {"by": "Piotr Zieliński", "note": NOTE[::-1]}
        await caller.hang_up()
        await town.until(lambda calls: all(call.outcome for call in calls))
    assert part_strength(town.folder / f"heard-by-{CALLER[1:]}.wav", OTHER_HZ) > AUDIBLE


async def test_from_the_page_a_colleague_who_does_not_answer_sends_the_caller_back_to_the_line(town: World) -> None:
    async with page_of(town.house, OTHER) as piotr:
        caller, anna = await talk(town)
        await piotr.ready()
        await handed_over_in_the_page(town, "colleague", OTHER)
        await anna.ended()
        async with asyncio.timeout(STEP_S):
            await (await town.consultants.incoming()).hang_up()
            await piotr.wait_for_state("not_answering")
        again = await town.answered_by_a_consultant()  # Anna, once her wrap-up is over
        seen = await town.until(lambda calls: calls[1].state is CallState.TALKING)
        assert [each.agent for each in seen] == ["anna", "anna"]
        assert not caller.end
        await again.hang_up()
        await caller.ended()
        assert [each.outcome for each in await town.until(lambda calls: all(call.outcome for call in calls))] == [
            Outcome.ANSWERED,
            Outcome.ANSWERED,
        ]


async def test_from_the_page_a_caller_is_handed_to_a_permitted_number_outside(town: World) -> None:
    caller, anna = await talk(town)
    with pytest.raises(ClientResponseError, match="422"):
        await handed_over_in_the_page(town, "number", NOT_ALLOWED)
    assert not anna.end
    await handed_over_in_the_page(town, "number", OUTSIDE)
    other = await handed_to(town, CARRIER)
    await anna.ended()
    await agent_is_free(town)
    await town.until(lambda calls: calls[0].state is CallState.TRANSFERRED_OUT)
    await other.hang_up()
    await caller.ended()
    assert await outcome(town) is Outcome.TRANSFERRED_OUT


async def test_nobody_can_be_handed_over_to_a_number_that_is_not_permitted(town: World) -> None:
    caller, anna = await talk(town)
    await anna.transfer(town.house.uri(NOT_ALLOWED))
    await asyncio.sleep(4)  # of a talk that goes on
    assert not caller.end
    assert not anna.end
    await anna.hang_up()
    await caller.ended()
    assert await outcome(town) is Outcome.ANSWERED
    heard = town.folder / f"heard-by-{CALLER[1:]}.wav"
    assert part_strength(heard, CONSULTANT_HZ, part_s=3.0) > AUDIBLE, "the talk went on after the refusal"
