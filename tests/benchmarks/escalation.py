"""The escalation run: who is owed what among a million open complaints, each with its open ticket, in PostgreSQL.

`python -m tests.benchmarks.escalation [complaints]` prints how long a run takes while nothing is due, and on mornings
on which so many are due: finding them and what each is owed, and doing it (reminders and escalations; without the
log). Last, what a change of the rules costs once, and the console's list.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import asyncpg
import structlog

from ivr_flows.calendar import ZONE
from telephony.complaints import Complaints, free_day
from telephony.core.complaints import USUAL, owed, standing
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store
from tests.letters import post

COMPLAINTS = 1_000_000
DUE = (100, 1_000, 10_000)
NOW = datetime(2026, 11, 30, 6, 0, tzinfo=ZONE)
GOAL_S = 2.0

# The first of them were filed a week ago, and are due once the benchmark says so; all others have their next day later.
FILL = """
INSERT INTO complaint (interaction, kind, elements, filed_at, look_on, look_rules)
SELECT 'c-' || n, 'service_quality', '{"grounds": "Brak zasięgu od rana", "answer_by": "letter"}',
    $2::float8 - 7 * 86400 + CASE WHEN n > $3 THEN (n % 6) * 86400 ELSE 0 END, $4::date + 1 + (n % 7)::int, $5
FROM generate_series(1, $1::int) AS n"""
TICKETS = """
INSERT INTO ticket (interaction, subject, body, opened_at, told_at)
SELECT interaction, 'Reklamacja: jakość usług', 'Złożono', filed_at, filed_at FROM complaint"""
PARTS = """
INSERT INTO ticket_interaction (interaction, ticket, subject, body, entered_at)
SELECT interaction, sequence, subject, body, opened_at FROM ticket"""
MAKE_DUE = "UPDATE complaint SET look_on = $2::date WHERE interaction = ANY($1)"


async def fill(dsn: str, complaints: int, rules: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(FILL, complaints, NOW.timestamp(), sum(DUE), NOW.date(), rules, timeout=600)
    await connection.execute(TICKETS, timeout=600)
    await connection.execute(PARTS, timeout=600)
    await connection.execute("VACUUM ANALYZE", timeout=600)
    await connection.close()


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


class Bench:
    def __init__(self, store: Store, dsn: str) -> None:
        self.store = store
        self.dsn = dsn
        self.found = 0
        self.complaints = Complaints(USUAL, store, NOW.timestamp, post())
        self.first = 1

    async def make_due(self, many: int) -> None:
        connection = await asyncpg.connect(self.dsn)
        names = [f"c-{n}" for n in range(self.first, self.first + many)]
        await connection.execute(MAKE_DUE, names, NOW.date())
        await connection.close()
        self.first += many

    async def find(self) -> None:
        """Who is owed what, without doing it."""
        today = NOW.date()
        due = await self.store.complaints.due(today, 1_000_000)
        steps = [
            owed(standing(each.complaint.kind, each.filed, each.steps, today, USUAL, free_day), each.steps, today)
            for each in due
        ]
        self.found = sum(map(bool, steps))


async def measured(store: Store, dsn: str, complaints: int) -> bool:
    bench = Bench(store, dsn)
    print(f"filled in {await seconds(lambda: fill(dsn, complaints, bench.complaints._reckoned_by)):.0f} s")
    first = await seconds(bench.complaints.look)
    idle = min([await seconds(bench.complaints.look) for _ in range(10)])
    print(f"{complaints:,} open complaints, nothing due: first run {first:.3f} s, then {idle * 1000:.1f} ms")
    worst = first
    for many in DUE:
        await bench.make_due(many)
        finding = await seconds(bench.find)
        doing = await seconds(bench.complaints.look)
        if bench.found != many:
            raise SystemExit(f"{bench.found} of {many} were found")
        print(f"{many:,} due: found in {finding:.3f} s; found and done ({3 * many:,} steps) in {doing:.3f} s")
        worst = max(worst, finding)
    print(f"the console's list: {await seconds(bench.complaints.all) * 1000:.0f} ms")
    anew = await seconds(lambda: store.complaints.look_anew("other rules", 20_000))
    print(f"a change of the rules: {anew:.3f} s for each 20,000, {anew * complaints / 20_000:.0f} s for all")
    print(f"who is owed what: at most {worst:.3f} s, goal {GOAL_S:.0f} s, ratio {worst / GOAL_S:.2f}")
    return worst < GOAL_S


async def main(complaints: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        dsn = await server.start()
        store = await Store.open(dsn)
        try:
            if not await measured(store, dsn, complaints):
                raise SystemExit("slower than the goal")
        finally:
            await store.close()
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else COMPLAINTS))
