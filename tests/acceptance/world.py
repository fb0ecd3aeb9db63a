"""A whole hotline for a test: the demo's house on free ports, a consultant's phone and page, the carrier's phone.

Customers speak a low tone and consultants a high one, so that a recording proves who heard whom.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from quality.softphone_client import PhoneCall, PhoneOptions, SoftPhone
from telephony.console.page_client import PageClient
from telephony.core.customer import TicketSummary
from telephony.core.views import CallState, CallView
from telephony.demo.house import ANY_HOUR, CONSULTANTS, House
from telephony.demo.setup import prepare
from telephony.store.store import Store
from tests.acceptance.conftest import DATA, ROOT
from tests.ports import any_ports
from tests.tones import strength, tone

CUSTOMER_HZ, CONSULTANT_HZ = 440.0, 880.0
AGENT = "anna"
STEP_S = 30.0


@dataclass
class World:
    house: House
    store: Store
    consultants: SoftPhone
    customers: SoftPhone
    page: PageClient
    folder: Path

    async def calls(self, did: str, caller: str, place: int = 0) -> PhoneCall:
        """A customer who calls one of the nodes and has been answered by the menu."""
        recording = self.folder / f"heard-by-{caller[1:]}.wav"
        call = await self.customers.call(
            self.house.uri(did, place), caller=caller, play=self.folder / "customer.wav", record=recording
        )
        async with asyncio.timeout(STEP_S):
            await call.answered()
        return call

    async def waits_in_line(self, did: str, caller: str, place: int = 0) -> PhoneCall:
        call = await self.calls(did, caller, place)
        # Asterisk drops a key that is pressed before the first prompt: nobody reads keys of an idle session.
        await self.until(lambda seen: any(c.caller == caller and c.state is CallState.MENU for c in seen))
        await call.dtmf("2")
        await self.until(lambda seen: any(c.caller == caller and c.state is CallState.LINE for c in seen))
        return call

    async def answered_by_a_consultant(self) -> PhoneCall:
        async with asyncio.timeout(STEP_S):
            call = await self.consultants.incoming()
            await call.answered()
            return call

    async def until(self, true_of: Callable[[Sequence[CallView]], bool]) -> Sequence[CallView]:
        """The store's calls, once `true_of` them; what they were instead is told."""
        seen: Sequence[CallView] = ()
        try:
            async with asyncio.timeout(STEP_S):
                while not true_of(seen := await self.store.recent_interactions()):  # noqa: ASYNC110 - a table tells nobody
                    await asyncio.sleep(0.05)
        except TimeoutError:
            told = [(c.caller, c.did, c.state, c.agent, c.outcome, c.spans) for c in seen]
            raise AssertionError(f"after {STEP_S} s: {told}") from None
        return seen

    async def ticket_of(self, call: CallView) -> TicketSummary:
        """Its ticket, once it is there."""
        async with asyncio.timeout(STEP_S):
            while True:
                if ticket := await self.store.ticket_of(call.interaction):
                    return ticket
                await asyncio.sleep(0.05)

    async def phone_leaves(self, login: str) -> None:
        """Unregister a consultant's phone; Asterisk has heard of it when this returns."""
        await self.consultants.unregister(login)
        await self._until_asterisk_says("pjsip show contacts", lambda said: f"{login}/sip:" not in said)

    async def in_asterisks_queue(self, count: int) -> None:
        """Until so many callers are in the queue that Asterisk runs by itself."""
        await self._until_asterisk_says("queue show hotline-fallback", lambda said: f" has {count} calls" in said)

    async def _until_asterisk_says(self, command: str, true_of: Callable[[str], bool]) -> None:
        async with asyncio.timeout(STEP_S):
            while not true_of(await self.house.nodes[0].command(command)):  # noqa: ASYNC110 - its console tells who asks
                await asyncio.sleep(0.1)

    def customer_heard(self, caller: str) -> float:
        """How much of the end of what the customer heard is the consultant."""
        return strength(self.folder / f"heard-by-{caller[1:]}.wav", CONSULTANT_HZ)

    def consultant_heard(self, call: PhoneCall) -> float:
        return strength(self.folder / "consultants" / f"{call.name}.wav", CUSTOMER_HZ)


@asynccontextmanager
async def world(
    folder: Path,
    *,
    transfer_numbers: tuple[str, ...] = (),
    nodes: int = 1,
    at: int = 0,
    by_itself: bool = True,
    config: Path = ROOT / "config",
    prompts: Path | None = None,
    people: Mapping[str, str] = CONSULTANTS,
    more_carriers: tuple[int, ...] = (),
    call_back: str = ANY_HOUR,
    dispositions: bool = False,
) -> AsyncIterator[World]:
    """Everything up, the consultant logged in and paused, with a phone that is registered at node `at` and answers
    `by_itself`.

    `config` has hotline.toml and Asterisk's templates; `prompts` is where prompts are made, if not in the data folder.
    """
    tools = await prepare(DATA)
    (folder / "consultants").mkdir(parents=True)
    async with AsyncExitStack() as stack:
        for place in range(1, nodes):
            any_ports(folder / f"house/node-{place + 1}")
        house = House(
            any_ports(folder / "house"),
            tools.asterisk,
            config,
            prompts=prompts or tools.prompts,
            transfer_numbers=transfer_numbers,
            nodes=nodes,
            consultants=people,
            more_carriers=more_carriers,
            call_back=call_back,
            dispositions=dispositions,
        )
        await house.start()
        stack.push_async_callback(house.stop)
        store = await house.open_store()
        stack.push_async_callback(store.close)
        consultants = await stack.enter_async_context(
            await SoftPhone.start(PhoneOptions(), log=folder / "consultants.log")
        )
        customers = await stack.enter_async_context(
            await SoftPhone.start(PhoneOptions(sip_port=house.ports.customers), log=folder / "customers.log")
        )
        tone(folder / "customer.wav", CUSTOMER_HZ)
        tone(folder / "consultant.wav", CONSULTANT_HZ)
        await register(consultants, house, folder, AGENT, at, by_itself=by_itself)
        page = await stack.enter_async_context(page_of(house, AGENT))
        yield World(house, store, consultants, customers, page, folder)


async def register(
    phone: SoftPhone, house: House, folder: Path, login: str, at: int, *, by_itself: bool = True
) -> None:
    """A consultant's phone at one of the nodes, under an account of that login and node."""
    await phone.register(
        f"{login}-{at}" if at else login,
        uri=house.uri(login, at),
        registrar=house.registrar_of(at),
        user=login,
        password=house.sip_secret(login),
        auto_answer_after_s=0.2 if by_itself else None,
        play=folder / "consultant.wav",
        record=folder / "consultants",
    )


@asynccontextmanager
async def page_of(house: House, login: str) -> AsyncIterator[PageClient]:
    """A consultant's page, logged in and paused."""
    async with PageClient(house.console_url, login, house.password(login)) as page:
        running = asyncio.create_task(page.run())
        try:
            async with asyncio.timeout(STEP_S):
                await page.wait_for_state("paused")
            yield page
        finally:
            await _end(running)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def seconds_since(start: float) -> float:
    return time.monotonic() - start
