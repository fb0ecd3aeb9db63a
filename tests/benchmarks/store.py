"""The store's writing: how many calls a second the recorder brings into the embedded PostgreSQL, fsync on.

`python -m tests.benchmarks.store [calls]` prints the rate of whole calls (seven changes, a decision, an end, a ticket,
two quality records each) with a commit for each fact and through the recorder, and how long a caller's card takes.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from telephony.core.commands import CallChanged, CallEnded, Decided
from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.crm.directory import Directory
from telephony.crm.seed import customers
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.recorder import Recorder
from telephony.store.spooled import Fact
from telephony.store.store import Store

CALLS = 2_000
SINGLE_CALLS = 100
CARDS = 500
CHANGES = 7
CUSTOMERS = customers()
QUEUE, AGENT = QueueName("support"), AgentId("anna")


def facts_of(place: int, prefix: str) -> Iterator[Fact]:
    """All that is written of one call."""
    interaction = InteractionId(f"{prefix}-{place}")
    phone = CUSTOMERS[place % len(CUSTOMERS)].phones[0]
    call = CallView(
        interaction, "n1", f"PJSIP/x-{place}", Uniqueid(f"{prefix}-{place}"), "l", "+48220000100", phone, "alaw",
        CallState.LINE, Lane.STANDARD, QUEUE, place, place + 1.0, None, None, None, 0, None,
    )  # fmt: skip
    for attempt in range(CHANGES):
        yield CallChanged(replace(call, attempt=attempt))
    yield Decided(interaction, AGENT, place + 2.0, "first_come", "…", 1)
    ended = replace(call, state=CallState.ENDED, attempt=CHANGES, ended_at=place + 9.0, outcome=Outcome.ANSWERED)
    yield CallEnded(ended)
    yield OpenTicket(interaction, QUEUE, "Rozmowa", "…")
    for direction in ("sent", "received"):
        yield QualityRecord(
            interaction, "caller", direction, "alaw", 0.0, 1.5, 20.0, 95.0, 91.25, 4.36, 4.4, "nb", "rtcp_ami", None
        )


async def through_the_recorder(store: Store, calls: int) -> float:
    """Whole calls a second."""
    recorder = Recorder(store)
    began = time.perf_counter()
    for place in range(calls):
        for fact in facts_of(place, "recorder"):
            recorder.put(fact, place)
    if not await recorder.drain(300.0) or recorder.lost or recorder.refused:
        raise SystemExit("the recorder did not write everything")
    return calls / (time.perf_counter() - began)


async def one_by_one(store: Store, calls: int) -> float:
    """Whole calls a second, a commit for each fact."""
    began = time.perf_counter()
    for place in range(calls):
        for fact in facts_of(place, "single"):
            recorder = Recorder(store)
            recorder.put(fact, place)
            await recorder.drain(300.0)
    return calls / (time.perf_counter() - began)


async def cards(store: Store) -> list[float]:
    """Seconds that each card took, its open tickets included."""
    directory = Directory(store.customers, store)
    took = []
    for place in range(CARDS):
        began = time.perf_counter()
        card = await directory.card(CUSTOMERS[place % len(CUSTOMERS)].phones[0])
        took.append(time.perf_counter() - began)
        if card.customer is None:
            raise SystemExit("a card was not found")
    return took


async def benchmark(folder: Path, calls: int) -> None:
    server = EmbeddedPostgres(folder)
    began = time.perf_counter()
    url = await server.start()
    print(f"cold start            {time.perf_counter() - began:8.2f} s")
    await server.stop()
    began = time.perf_counter()
    url = await server.start()
    print(f"warm start            {time.perf_counter() - began:8.2f} s")
    try:
        store = await Store.open(url)
        print(f"PostgreSQL            {await store.server_version():>8}")
        await store.customers.add(CUSTOMERS)
        print(f"single commits        {await one_by_one(store, SINGLE_CALLS):8.0f} calls/s")
        took = await cards(store)
        print(f"card, median          {statistics.median(took) * 1000:8.2f} ms")
        print(f"card, p99             {statistics.quantiles(took, n=100)[98] * 1000:8.2f} ms")
        print(f"through the recorder  {await through_the_recorder(store, calls):8.0f} calls/s")
        await store.close()
    finally:
        await server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="hotline-benchmark-") as temporary:
        asyncio.run(benchmark(Path(temporary), int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
