"""Finding one customer among 100,000 in PostgreSQL by last digits, customer number and name; against whole scans."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg

from telephony.core.customer import Customer
from telephony.crm.seed import MOST, customers
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store

COUNT = 100_000
TRIES = 200
SCANS = 10


def many() -> list[Customer]:
    """The seed's names and places over and over, each customer with a number of its own."""
    seed = customers(MOST)
    return [
        replace(seed[place % MOST], number=str(1_000_000 + place), phones=(f"+48{10**8 + place * 7919}",))
        for place in range(COUNT)
    ]


async def timed(ask: Callable[[int], Awaitable[object]], tries: int) -> list[float]:
    took = []
    for place in range(tries):
        began = time.perf_counter()
        await ask(place)
        took.append((time.perf_counter() - began) * 1000)
    return took


def told(name: str, took: list[float], scan_ms: float) -> str:
    median, worst = statistics.median(took), statistics.quantiles(took, n=100)[98]
    return (
        f"{name:<18} median {median:7.2f} ms, p99 {worst:7.2f} ms; a scan takes {scan_ms / median:5.1f} times as long"
    )


async def scans(url: str) -> tuple[float, float]:
    """Milliseconds of looking at every number, and at every name."""
    plain = await asyncpg.connect(url)
    await plain.execute("ANALYZE")
    digits = "SELECT * FROM customer JOIN customer_phone ON customer = number WHERE e164 LIKE $1 LIMIT 13"
    names = "SELECT * FROM customer WHERE strpos(folded, $1) > 0 ORDER BY number LIMIT 13"
    by_digits = await timed(lambda place: plain.fetch(digits, f"%x{place:04}"), SCANS)
    by_name = await timed(lambda place: plain.fetch(names, f" zzz{place}"), SCANS)
    await plain.close()
    return statistics.median(by_digits), statistics.median(by_name)


async def benchmark(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    url = await server.start()
    try:
        store = await Store.open(url)
        people = many()
        for begin in range(0, COUNT, 5_000):
            await store.customers.add(people[begin : begin + 5_000])
        every_number, every_name = await scans(url)
        some = [people[place * 487 % COUNT] for place in range(TRIES)]
        ways = {
            "last six digits": ([each.phones[0][-6:] for each in some], every_number),
            "last four digits": ([each.phones[0][-4:] for each in some], every_number),
            "customer number": ([each.number for each in some], every_number),
            "whole name": ([each.name for each in some], every_name),
            "three letters": ([each.name.split()[-1][:3] for each in some], every_name),
        }
        print(f"{COUNT:,} customers")
        for name, (texts, scan_ms) in ways.items():
            took = await timed(lambda place, texts=texts: store.customers.search(texts[place], 13), TRIES)  # type: ignore[misc]
            print(told(name, took, scan_ms))
        await store.close()
    finally:
        await server.stop()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(benchmark(Path(folder)))


if __name__ == "__main__":
    main()
