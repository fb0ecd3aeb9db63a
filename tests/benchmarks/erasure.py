"""How long it takes to find, preview and erase one person, and to forget a day, in a database of a year's size.

`python -m tests.benchmarks.erasure [CALLS]` (default: 300,000 calls and 100,000 customers): seconds, each once.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from telephony.core.personal_data.person import told
from telephony.office_settings import Privacy
from telephony.privacy.erasing import DAY_S
from telephony.privacy.forgetting import forget
from telephony.privacy.house import House
from telephony.settings import Settings
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store

CALLS, CUSTOMERS = 300_000, 100_000
FILL = """
INSERT INTO customer (number, name, address, since, folded)
SELECT (100000 + n)::text, 'Osoba ' || n, 'Polna ' || n, '2020-01-01', ' osoba ' || n
FROM generate_series(1, {customers}) AS n;
INSERT INTO customer_phone
SELECT '+482' || lpad(n::text, 8, '0'), reverse('482' || lpad(n::text, 8, '0')), (100000 + n)::text
FROM generate_series(1, {customers}) AS n;
INSERT INTO interaction (
    interaction, node, channel, uniqueid, linkedid, did, caller, codec, state, lane, queue, arrived_at, ended_at,
    attempt, outcome
) SELECT 'c-' || n, 'n', 'x', n::text, n::text, '+48220000100', '+482' || lpad((1 + n % {customers})::text, 8, '0'),
    'alaw', 'ended', 'standard', 'support', {now} - n * {between} - 60, {now} - n * {between}, 0, 'answered'
FROM generate_series(1, {calls}) AS n;
INSERT INTO note SELECT 'c-' || n, 'anna', 'Klient pyta o fakturę i o router. ' || repeat('tekst ', 20),
    {now} - n * {between}, 1
FROM generate_series(1, {calls}) AS n"""


async def main(calls: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        url = await server.start()
        store = await Store.open(url)
        try:
            await _measure(url, store, Path(folder), calls)
        finally:
            await store.close()
            await server.stop()


async def _measure(url: str, store: Store, folder: Path, calls: int) -> None:
    now, customers = time.time(), min(CUSTOMERS, calls)
    connection = await asyncpg.connect(url)
    sql = FILL.format(customers=customers, calls=calls, now=now, between=366 * DAY_S / calls)
    await connection.execute(sql)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    house = House.of(Settings(data=folder, privacy=Privacy(calls_by_law_days=0)), store, time.time)
    assert house
    begun = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal begun
        done = time.perf_counter()
        print(f"{what:<44}{done - begun:8.2f} s")
        begun = done

    print(f"{calls:,} calls with a note each, {customers:,} customers")
    asked = told(["+48200000042"])
    await house.data.find(asked)
    lap("find a person")
    await house.eraser.preview(asked)
    lap("preview")
    await house.eraser.erase(asked, "benchmark")
    lap("erase, search through every text, receipt")
    print(await forget(house))
    lap("forget what is older than a year")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else CALLS))
