"""`hotline demo --once`: two calls that wait, one consultant who becomes free, and the facts as one JSON document.

The accessibility caller comes second and must be answered first. All facts are read back from PostgreSQL.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import structlog

from quality.softphone_client import PhoneCall, SoftPhone
from telephony.core.customer import Customer
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.crm.seed import customers
from telephony.demo import people
from telephony.demo.demo import DemoError, only_one, opened
from telephony.demo.house import ACCESSIBLE, GENERAL, House
from telephony.demo.pages import Page, find_chromium, open_page
from telephony.demo.setup import prepare
from telephony.store.store import Store

log = structlog.get_logger()

AGENT = "anna"
TALK_S = 13.0
KEY_AFTER_S = 2.0
STEP_S = 60.0  # the longest any one step may take


@dataclass(frozen=True, slots=True)
class How:
    page: str = "auto"  # auto, chromium, client
    screenshot: Path | None = None
    as_json: bool = True


async def run(data: Path, tools: Path, config: Path, how: How) -> int:
    """0 only if all of it happened. Errors: those of the parts, DemoError."""
    with only_one(data):
        prepared = await prepare(tools)
        began = time.monotonic()
        # Nobody sits at the page who could say what came of the first talk before the second one.
        house = House(data, prepared.asterisk, config, prompts=prepared.prompts, dispositions=False)
        async with opened(house):
            facts = await _Once(house, prepared.voices, how).play()
        facts["elapsed_s"] = round(time.monotonic() - began, 3)
    missing = what_is_missing(facts)
    for each in missing:
        log.error("demo.not_as_it_should_be", what=each)
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=None if how.as_json else 2) + "\n")
    return 1 if missing else 0


def two_customers() -> tuple[Customer, Customer]:
    """Of the directory: one without special wishes, and one who has asked for accessibility support."""
    known = customers()
    return next(each for each in known if not each.accessibility), next(each for each in known if each.accessibility)


def what_is_missing(facts: dict[str, object]) -> list[str]:
    """Everything that did not happen as it should, in words."""
    calls = facts["calls"]
    assert isinstance(calls, list)
    general, accessible = sorted(calls, key=lambda call: call["arrived_at"])
    found = [
        (general["priority"] == "standard", "the first caller was not in the standard lane"),
        (accessible["priority"] == "accessibility", "the second caller was not in the accessibility lane"),
        (
            (accessible["answered_at"] or 0) < (general["answered_at"] or 0),
            "the accessibility caller was not answered first",
        ),
    ]
    for call in calls:
        did = call["did"]
        found += [
            (call["outcome"] == Outcome.ANSWERED, f"{did}: the outcome is {call['outcome']}"),
            (call["ticket"] is not None, f"{did}: no ticket"),
            (call["loss_ratio"] is not None, f"{did}: no quality record"),
            (call["pop_before_ring"], f"{did}: the phone rang before the pop was painted"),
        ]
    return [words for holds, words in found if not holds]


class _Once:
    def __init__(self, house: House, voices: Path, how: How) -> None:
        self._house = house
        self._voices = voices
        self._how = how
        self._since = time.time() - 1

    async def play(self) -> dict[str, object]:
        house, logs = self._house, self._house.data / "log"
        async with AsyncExitStack() as stack:
            store = await house.open_store()
            stack.push_async_callback(store.close)
            consultants = await people.consultants_phone(house, self._voices, logs / "consultants.log", 1.0)
            await stack.enter_async_context(consultants)
            callers = await stack.enter_async_context(await people.customers_phone(house, logs / "customers.log"))
            page = await stack.enter_async_context(open_page(house, AGENT, self._chromium()))
            log.info("demo.page_open", page=page.kind, agent=AGENT)
            calls = []
            for place, (did, caller) in enumerate(zip((GENERAL, ACCESSIBLE), two_customers(), strict=True), start=1):
                calls.append(await self._call(callers, did, caller.phones[0]))
                await self._until(store, _waiting(place), f"{did} is in the line")
            await page.ready()
            await self._talk(store, page, 1, calls[1])
            await page.ready()
            await self._talk(store, page, 2, calls[0])
            ended = await self._until(store, _all_written(store), "everything is written down")
            return await self._facts(store, page.kind, ended)

    def _chromium(self) -> Path | None:
        found = find_chromium()
        if self._how.page == "chromium" and found is None:
            raise DemoError("no Chromium here, or no Playwright to drive it: apt-get install chromium, make test")
        return None if self._how.page == "client" else found

    async def _call(self, phone: SoftPhone, did: str, caller: str) -> PhoneCall:
        call = await phone.call(self._house.uri(did), caller=caller, play=self._voices / "customer.wav")
        try:
            async with asyncio.timeout(STEP_S):
                await call.answered()
        except TimeoutError:
            raise DemoError(f"after {STEP_S:.0f} s nothing has answered {did}; see {self._house.data}/log") from None
        await asyncio.sleep(KEY_AFTER_S)  # as people do: listen to the menu, then press
        await call.dtmf("2")
        return call

    async def _talk(self, store: Store, page: Page, answered: int, caller: PhoneCall) -> None:
        """Wait until that many calls have been answered, let the two talk, and let the customer hang up."""
        await self._until(store, lambda seen: _answered(seen) == answered, f"{answered} answered")
        if answered == 1 and self._how.screenshot:
            await page.picture(self._how.screenshot)
        await asyncio.sleep(TALK_S)
        await caller.hang_up()
        await self._until(store, lambda seen: sum(c.outcome is not None for c in seen) == answered, "the call ended")

    async def _until(
        self, store: Store, true_of: Callable[[Sequence[CallView]], bool | Awaitable[bool]], what: str
    ) -> Sequence[CallView]:
        """The calls of this run once `true_of` them. Errors: DemoError after STEP_S."""
        until = time.monotonic() + STEP_S
        while time.monotonic() < until:
            seen = [call for call in await store.recent_interactions(10) if call.arrived_at > self._since]
            found = true_of(seen)
            if await found if isinstance(found, Awaitable) else found:
                log.info("demo.step", done=what)
                return seen
            await asyncio.sleep(0.05)
        raise DemoError(f"after {STEP_S:.0f} s it is still not so that {what}; see {self._house.data}/log")

    async def _facts(self, store: Store, page: str, calls: Sequence[CallView]) -> dict[str, object]:
        ordered = sorted(calls, key=lambda call: call.arrived_at)
        return {
            "calls": [await _call_facts(store, call) for call in ordered],
            "page": page,
            "server": {
                "version": version("hotline"),
                "asterisk_version": self._house.asterisk.program.version,
                "postgres_version": await store.server_version(),
            },
        }


def _waiting(count: int) -> Callable[[Sequence[CallView]], bool]:
    return lambda calls: sum(call.state is CallState.LINE for call in calls) == count


def _answered(calls: Sequence[CallView]) -> int:
    return sum(call.answered_at is not None for call in calls)


def _all_written(store: Store) -> Callable[[Sequence[CallView]], Awaitable[bool]]:
    async def written(calls: Sequence[CallView]) -> bool:
        for call in calls:
            if call.outcome is None or not await store.ticket_of(call.interaction):
                return False
            if not await store.quality.of(call.interaction):
                return False
        return True

    return written


async def _call_facts(store: Store, call: CallView) -> dict[str, object]:
    """Times in seconds since the epoch. Quality is the worse direction of the caller's leg."""
    ticket = await store.ticket_of(call.interaction)
    heard = [record for record in await store.quality.of(call.interaction) if record.leg == "caller"]
    painted, offered, rang = call.painted_at, call.offered_at, call.rang_at
    return {
        "interaction_id": call.interaction,
        "linkedid": call.linkedid,
        "did": call.did,
        "caller": call.caller,
        "priority": "accessibility" if call.lane is Lane.ACCESSIBILITY else "standard",
        "arrived_at": call.arrived_at,
        "answered_at": call.answered_at,
        "wait_s": round(call.answered_at - call.arrived_at, 3) if call.answered_at else None,
        "agent": call.agent,
        "outcome": str(call.outcome) if call.outcome else None,
        "ticket": ticket.number if ticket else None,
        "mos_cq": _worst(min, (record.mos_cq for record in heard)),
        "loss_ratio": _worst(max, (record.loss_ratio for record in heard)),
        "jitter_ms": _worst(max, (record.jitter_ms for record in heard)),
        "delay_ms": _worst(max, (record.delay_ms for record in heard)),
        "pop_ms": round((painted - offered) * 1000, 3) if painted and offered else None,
        "pop_before_ring": bool(painted and rang and painted <= rang),
    }


def _worst(of: Callable[[Sequence[float]], float], values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return of(known) if known else None
