"""The operator's own flows, called by real phones: a PIN and the survey after the talk, a guesser, a promised call."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from quality.softphone_client import PhoneCall
from telephony.console.page_client import PageClient
from telephony.core.audit import pseudonym
from telephony.core.views import CallState, CallView, Direction, Outcome
from telephony.crm.seed import customers
from telephony.demo.house import SUPERVISOR
from telephony.identity import hashed
from tests.acceptance.world import AGENT, STEP_S, World, world

SALES, SUPPORT, BILLING = "+48220000101", "+48220000102", "+48220000103"
CUSTOMER = customers(1)[0]
PIN, WRONG = "73910468", "73910469"  # eight digits: found nowhere by chance
STRANGER = "+48500000161"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(150), world(tmp_path) as everything:
        await everything.store.customers.set_pin(CUSTOMER.number, await asyncio.to_thread(hashed, PIN), 0.0)
        yield everything


async def metrics(town: World) -> str:
    async with aiohttp.ClientSession() as http, http.get(town.house.metrics_url) as answer:
        return await answer.text()


async def at(town: World, flow: str, node: str) -> None:
    """Wait until the only caller is there; then a moment, like a person."""
    line = f'hotline_flow_callers{{flow="{flow}",node="{node}"}} 1.0'
    async with asyncio.timeout(STEP_S):  # the figures are read, not announced
        while line not in (await metrics(town)).splitlines():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)


async def keys(town: World, call: PhoneCall, digits: str, then: str) -> None:
    """Press keys and wait for the question that follows them; then a moment, like a person."""
    before = asked(town, then)
    await call.dtmf(digits)
    async with asyncio.timeout(STEP_S):
        while asked(town, then) == before:  # the log is read, not announced  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)


def asked(town: World, what: str) -> int:
    """How often the caller has been asked for the customer's number, or for the PIN."""
    log = (town.folder / "house/log/server.log").read_text("utf-8")
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{") and line.endswith("}")]
    return sum(each["event"] == "flow.asked" and each["what"] == what for each in events)


async def asks_for_the_balance(town: World, caller: str) -> PhoneCall:
    call = await town.calls(BILLING, caller)
    await at(town, "billing", "recording")
    await call.dtmf("9")
    await at(town, "billing", "menu")
    await call.dtmf("1")
    await at(town, "billing", "who_balance")
    return call


async def only_call(town: World, outcome: Outcome) -> CallView:
    """What is promised by it is an interaction of its own."""
    seen = await town.until(lambda seen: any(each.outcome is not None for each in seen))
    (call,) = [each for each in seen if each.direction is Direction.IN]
    assert call.outcome is outcome
    return call


def files_with(folder: Path, secret: str) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]


async def test_the_balance_a_person_and_the_survey_and_the_pin_is_nowhere(town: World) -> None:
    caller = CUSTOMER.phones[0]
    call = await asks_for_the_balance(town, caller)
    await call.dtmf(f"{PIN}#")
    await at(town, "billing", "more")  # heard what is owed
    await call.dtmf("0")
    await town.until(lambda seen: seen[0].state is CallState.LINE)
    await town.page.ready()
    consultant = await town.answered_by_a_consultant()
    await town.until(lambda seen: seen[0].answered_at is not None)
    await asyncio.sleep(1)
    await consultant.hang_up()
    await at(town, "survey", "satisfied")
    await call.dtmf("5")
    await at(town, "survey", "recommend")
    await call.dtmf("9#")
    await at(town, "survey", "comment")
    await call.dtmf("2")
    await call.ended()
    ended = await only_call(town, Outcome.ANSWERED)
    assert (ended.agent, ended.queue) == (AGENT, "billing")
    answers = await town.store.survey_answers_of(ended.interaction)
    assert {(each.survey, each.value) for each in answers} == {("csat", 5), ("nps", 9)}
    (shown,) = await town.store.audit.of(actor=AGENT)
    key = (town.folder / "house/audit.key").read_text("ascii").strip().encode()
    assert (shown.entry.subject, shown.entry.why) == (pseudonym(CUSTOMER.number, key), ended.interaction)
    assert {"name", "invoices"} <= set(shown.entry.fields), "a PIN opens what billing sees"
    await town.house.stop()
    house = town.folder / "house"
    assert files_with(house, caller.removeprefix("+48")), "the search finds what is there"
    assert files_with(house, PIN) == []
    assert files_with(house, PIN[-4:] + "#") == []


async def test_a_guesser_of_pins_is_stopped_and_comes_to_a_person(town: World) -> None:
    for guesses in (2, 1):
        call = await asks_for_the_balance(town, STRANGER)
        for _ in range(guesses - 1):
            await keys(town, call, f"{CUSTOMER.number}#", "pin")
            await keys(town, call, f"{WRONG}#", "customer")
        await keys(town, call, f"{CUSTOMER.number}#", "pin")
        if guesses == 1:
            await keys(town, call, f"{WRONG}#", "customer")
            break
        await call.dtmf(f"{WRONG}#")  # the last one a call may try
        await town.until(lambda seen: seen[0].state is CallState.LINE)
        await call.hang_up()
        await town.until(lambda seen: seen[0].outcome is not None)
    await keys(town, call, f"{CUSTOMER.number}#", "pin")
    await call.dtmf(f"{PIN}#")  # right, and too late
    await town.until(lambda seen: any(each.outcome is None and each.state is CallState.LINE for each in seen))
    (blocked,) = re.findall(r"^hotline_pin_blocked_total (\S+)$", await metrics(town), re.MULTILINE)
    assert float(blocked) == 1.0
    await call.hang_up()


async def test_a_supervisors_closing_and_outage_hold_for_the_very_next_caller(town: World) -> None:
    login = SUPERVISOR[0]
    async with PageClient(town.house.console_url, login, town.house.password(login)) as ewa:
        await ewa.log_in()
        await ewa.ask("PUT", "/departments/sales/closure", {"reason": "Pożar"})
        call = await town.calls(SALES, STRANGER)
        await at(town, "closed", "offer")
        await call.hang_up()
        await town.until(lambda seen: all(each.outcome for each in seen))
        await ewa.ask("POST", "/outages", {"text": {"pl": "Naprawiamy kabel."}})
        call = await town.calls(SUPPORT, STRANGER)
        await at(town, "support", "affected")
        await call.hang_up()
        await town.until(lambda seen: all(each.outcome for each in seen))


async def test_a_promise_to_call_back_keeps_the_place(town: World) -> None:
    call = await town.calls(SALES, STRANGER)
    await at(town, "sales", "recording")
    await call.dtmf("9")
    await at(town, "sales", "menu")
    await call.dtmf("3")
    await call.ended()
    ended = await only_call(town, Outcome.CALLBACK)
    kept = await town.store.callback_of(STRANGER)
    assert kept
    assert (str(kept.queue), kept.shown) == ("sales", SALES)
    assert kept.first_arrival == pytest.approx(ended.arrived_at, abs=0.01)
    assert (await town.ticket_of(ended)).subject == "Prośba o oddzwonienie"
