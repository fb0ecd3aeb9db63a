"""The line calls back: asked for by keypad, called by the line, both heard, tried again, kept over a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quality.softphone_client import PhoneCall
from telephony.core.views import CallState, CallView, Direction, Outcome
from telephony.demo.house import ANY_HOUR, GENERAL
from tests.acceptance.test_operators_flows import SALES, at
from tests.acceptance.world import AGENT, STEP_S, World, seconds_since, world

CUSTOMER = "+48500000161"
AUDIBLE = 0.02


@asynccontextmanager
async def town(folder: Path, rules: str = "", *, by_itself: bool = True) -> AsyncIterator[World]:
    rules = f"{ANY_HOUR}\n{rules}"
    async with asyncio.timeout(170), world(folder, call_back=rules, by_itself=by_itself) as everything:
        yield everything


async def picks_up(town: World, *, by_itself: bool = True) -> None:
    """The customer's phone, which the carrier rings, is there."""
    await town.customers.register(
        "customer",
        uri=f"sip:customer@127.0.0.1:{town.house.ports.customers}",
        auto_answer_after_s=0.2 if by_itself else None,
        play=town.folder / "customer.wav",
        record=town.folder / "called",
    )


async def asks(town: World, caller: str = CUSTOMER) -> CallView:
    """A customer asks by keypad to be called back, and hangs up."""
    call = await town.calls(SALES, caller)
    await at(town, "sales", "recording")
    await call.dtmf("9")
    await at(town, "sales", "menu")
    await call.dtmf("3")
    await call.ended()
    seen = await town.until(lambda seen: any(each.outcome is Outcome.CALLBACK for each in seen))
    return next(each for each in seen if each.outcome is Outcome.CALLBACK)


async def is_in(town: World, state: CallState) -> CallView:
    seen = await town.until(lambda seen: any(_is(each, state) for each in seen))
    return next(each for each in seen if _is(each, state))


def _is(call: CallView, state: CallState) -> bool:
    return call.direction is Direction.CALL_BACK and call.state is state


async def called(town: World) -> PhoneCall:
    """The next call to the customer's phone, once it rings there."""
    async with asyncio.timeout(STEP_S):
        return await town.customers.incoming()


@pytest.mark.parametrize("first", ["agent", "customer"])
async def test_who_asked_to_be_called_is_called_and_the_two_hear_each_other(tmp_path: Path, first: str) -> None:
    (tmp_path / "called").mkdir()
    async with town(tmp_path, f'first = "{first}"') as everything:
        await picks_up(everything)
        asked = await asks(everything)
        waits = await is_in(everything, CallState.LINE)
        assert (waits.follows, waits.caller) == (asked.interaction, CUSTOMER)
        assert waits.arrived_at == pytest.approx(asked.arrived_at, abs=0.01), "the place of the first call"
        await everything.page.ready()
        consultant = await everything.answered_by_a_consultant()
        customer = await called(everything)
        assert SALES in str(customer.caller), "our number is shown"
        async with asyncio.timeout(STEP_S):
            await customer.answered()
        talk = await is_in(everything, CallState.TALKING)
        assert (talk.agent, talk.interaction) == (AGENT, waits.interaction)
        assert talk.painted_at is not None
        await asyncio.sleep(3)  # of talk, measured below
        await customer.hang_up()
        ended = await is_in(everything, CallState.ENDED)
        assert ended.outcome is Outcome.ANSWERED
        assert everything.consultant_heard(consultant) > AUDIBLE
        assert (await everything.ticket_of(asked)).status == "closed"
        assert await everything.store.open_callbacks() == ()


async def test_who_does_not_answer_is_called_again_and_then_no_more(tmp_path: Path) -> None:
    (tmp_path / "called").mkdir()
    async with town(tmp_path, "attempts = 2\npause_s = 30\nring_s = 5") as everything:
        await picks_up(everything, by_itself=False)
        await asks(everything)
        await everything.page.ready()
        first = await called(everything)
        await first.ended()
        await is_in(everything, CallState.PLANNED)
        (request,) = await everything.store.open_callbacks()
        assert request.attempts == 1
        async with asyncio.timeout(60):
            second = await everything.customers.incoming()
        await second.hang_up(code=486)
        ended = await is_in(everything, CallState.ENDED)
        assert ended.outcome is Outcome.NOT_REACHED
        assert (await everything.ticket_of(ended)).subject == "Nie udało się oddzwonić"
        assert await everything.store.open_callbacks() == ()


async def test_the_phone_of_who_signs_out_stops_ringing_and_the_place_is_kept(tmp_path: Path) -> None:
    async with town(tmp_path, by_itself=False) as everything:
        await asks(everything)
        waits = await is_in(everything, CallState.LINE)
        await everything.page.ready()
        ringing = await everything.consultants.incoming()
        await is_in(everything, CallState.RINGING)
        signed_out_at = time.monotonic()
        await everything.page.log_out()
        async with asyncio.timeout(STEP_S):
            await ringing.ended()
        assert seconds_since(signed_out_at) < 10.0, "twenty seconds of ringing were not waited for"
        again = await is_in(everything, CallState.LINE)
        assert (again.interaction, again.attempt) == (waits.interaction, 1)


async def test_a_restart_forgets_nobody(tmp_path: Path) -> None:
    (tmp_path / "called").mkdir()
    async with town(tmp_path) as everything:
        await picks_up(everything)
        asked = await asks(everything)
        waits = await is_in(everything, CallState.LINE)
        await everything.house.stop_server()
        await everything.house.start_server()
        async with asyncio.timeout(STEP_S):
            await everything.page.wait_for_state("paused")
        await everything.page.ready()
        async with asyncio.timeout(2 * STEP_S):  # it is first seen for half a minute whether a leg is under way still
            customer = await everything.customers.incoming()
        async with asyncio.timeout(STEP_S):
            await customer.answered()
        talk = await is_in(everything, CallState.TALKING)
        assert talk.interaction == waits.interaction
        assert talk.arrived_at == pytest.approx(asked.arrived_at, abs=0.01)
        log = (everything.house.data / "log/server.log").read_text("utf-8")
        assert log.count("server.ready") == 2
        assert log.count("console.logged_in") == 1, "the consultant has stayed logged in"


async def test_a_consultant_calls_a_customer_from_the_page(tmp_path: Path) -> None:
    (tmp_path / "called").mkdir()
    async with town(tmp_path) as everything:
        await picks_up(everything)
        await everything.page.ask("POST", "/calls", {"queue": "support", "number": CUSTOMER})
        consultant = await everything.answered_by_a_consultant()
        customer = await called(everything)
        assert GENERAL in str(customer.caller), "our number is shown"
        await everything.until(lambda seen: [each.state for each in seen] == [CallState.TALKING])
        await asyncio.sleep(3)  # of talk, measured below
        (talk,) = await everything.store.recent_interactions()
        await everything.page.ask("POST", f"/calls/{talk.interaction}/transfer", {"kind": "queue", "to": "sales"})
        await everything.until(lambda seen: len(seen) == 2 and seen[1].state is CallState.LINE)
        await customer.hang_up()
        ended, second = await everything.until(lambda seen: all(each.outcome for each in seen))
        assert (second.follows, second.caller, second.queue) == (ended.interaction, CUSTOMER, "sales")
        assert (second.direction, second.outcome) == (Direction.IN, Outcome.ABANDONED_LINE)
        assert (ended.direction, ended.outcome, ended.agent) == (Direction.OUT, Outcome.ANSWERED, AGENT)
        assert (ended.caller, ended.queue) == (CUSTOMER, "support")
        assert everything.consultant_heard(consultant) > AUDIBLE
        await everything.page.wait_for_state("paused")  # as before
