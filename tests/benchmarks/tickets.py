"""Tickets at a steady rate into the embedded PostgreSQL, fsync on: how long each takes, and what telling others costs.

`python -m tests.benchmarks.tickets [seconds]` opens 100 tickets a second through the recorder, each with its call, and
prints the rate and the time from the hang-up to the ticket's number: without an outbox, with one that nobody empties,
and with one that a ticket system on loopback empties meanwhile; then as many as go.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from telephony.core.commands import CallEnded
from telephony.core.ids import InteractionId, QueueName, Uniqueid
from telephony.core.ticket import OpenTicket
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.crm.seed import customers
from telephony.outward.tickets.teller import Teller
from telephony.outward.tickets.webhook import WebhookTickets
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.recorder import Recorder
from telephony.store.store import Store

RATE, SECONDS, AT_ONCE = 100, 20, 3_000
NAME, SECRET = "tickets-webhook", "whsec_" + "c2VjcmV0" * 6
CUSTOMERS = customers()
QUEUE = QueueName("support")
CALL = CallView(
    InteractionId("i"), "n1", "PJSIP/x-1", Uniqueid("u"), "l", "+48220000100", None, "alaw", CallState.ENDED,
    Lane.STANDARD, QUEUE, 1.0, 2.0, 3.0, 4.0, None, 0, Outcome.ANSWERED,
)  # fmt: skip


class Run:
    """One way of doing it; `took` are seconds from the hang-up to the ticket's number."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._prefix = prefix
        self._asked: dict[str, float] = {}
        self.took: list[float] = []
        self.recorder = Recorder(store, self._opened)

    def ask(self, place: int) -> None:
        interaction = InteractionId(f"{self._prefix}-{place}")
        phone = CUSTOMERS[place % len(CUSTOMERS)].phones[0]
        self._asked[interaction] = time.perf_counter()
        self.recorder.put(
            CallEnded(replace(CALL, interaction=interaction, uniqueid=Uniqueid(interaction), caller=phone)), 1.0
        )
        self.recorder.put(OpenTicket(interaction, QUEUE, "Rozmowa", "Numer dzwoniącego: …"), time.time())

    def _opened(self, interaction: InteractionId, _number: str) -> None:
        self.took.append(time.perf_counter() - self._asked[interaction])

    async def steadily(self, seconds: int) -> float:
        """Tickets a second."""
        writing = asyncio.create_task(self.recorder.run())
        began = time.perf_counter()
        for place in range(seconds * RATE):
            await asyncio.sleep(max(0.0, began + place / RATE - time.perf_counter()))
            self.ask(place)
        await self.recorder.drain(60.0)
        rate = len(self.took) / (time.perf_counter() - began)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        if len(self.took) != seconds * RATE:
            raise SystemExit("a ticket has no number")
        return rate

    async def at_once(self) -> float:
        began = time.perf_counter()
        for place in range(AT_ONCE):
            self.ask(place)
        await self.recorder.drain(300.0)
        return len(self.took) / (time.perf_counter() - began)


@asynccontextmanager
async def taken(store: Store) -> AsyncIterator[Teller]:
    """A ticket system takes them meanwhile."""

    async def take(_: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    async with TestServer(app) as server:
        system = WebhookTickets(str(server.make_url("/")), SECRET, time.time)
        teller = Teller(NAME, system, store.tickets_there, store.ticket_entries, time.time)
        running = asyncio.create_task(teller.run())
        yield teller
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await system.close()


def tell(words: str, run: Run, rate: float) -> float:
    p50 = statistics.median(run.took) * 1000
    p99 = statistics.quantiles(run.took, n=100)[98] * 1000
    print(f"{words:<34} {rate:7.1f} tickets/s   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms", flush=True)
    return p50


async def compare(store: Store) -> None:
    """As many as go, the better of three rounds each: the first ones meet a cold database."""
    best = {"without": 0.0, "with": 0.0}
    for turn in range(3):
        for name, system in (("without", ""), ("with", NAME)):
            await store.tickets_there.tell(system)
            best[name] = max(best[name], await Run(store, f"once-{turn}-{name}").at_once())
    for name, rate in best.items():
        print(f"as many as go, {name:<18} {rate:8.1f} tickets/s")
    print(f"the outbox costs (rate)            x{best['without'] / best['with']:.2f}")


async def benchmark(folder: Path, seconds: int) -> None:
    server = EmbeddedPostgres(folder)
    store = await Store.open(await server.start())
    try:
        await store.customers.add(CUSTOMERS)
        run = Run(store, "without")
        without = tell("without an outbox", run, await run.steadily(seconds))
        await store.tickets_there.tell(NAME)
        run = Run(store, "taken")
        async with taken(store) as teller:
            told = tell("with an outbox that is emptied", run, await run.steadily(seconds))
            waited = time.perf_counter()
            while await store.tickets_there.waiting():  # noqa: ASYNC110 - a table tells nobody
                await asyncio.sleep(0.1)
            print(f"{teller.sent} told, the last {time.perf_counter() - waited:.1f} s after the last ticket")
        run = Run(store, "with")
        kept = tell("with an outbox nobody empties", run, await run.steadily(seconds))
        print(f"the outbox costs (p50)             x{kept / without:.2f} kept, x{told / without:.2f} emptied meanwhile")
        await compare(store)
    finally:
        await store.close()
        await server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="hotline-benchmark-") as temporary:
        asyncio.run(benchmark(Path(temporary), int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
