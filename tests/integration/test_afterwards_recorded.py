"""Logs of a real Asterisk, recorded by tests/acceptance/test_fallback_read_in.py, read into a real PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from telephony.after_call import AfterCall
from telephony.call_quality import CallQuality
from telephony.core.engine import Engine
from telephony.core.events import Event
from telephony.core.rules import Rules
from telephony.core.views import CallView, Lane, Outcome
from telephony.guidance.ticket_rules_file import load
from telephony.metrics import Metrics
from telephony.pump import Pump
from telephony.read_in import ReadIn
from telephony.shipped import CONFIG_FOLDER
from telephony.store.recorder import Recorder
from telephony.store.store import Store

RECORDED = Path(__file__).parents[1] / "fixtures/asterisk_logs"
NOW = 1_800_000_000.0  # long after the recording


async def server(store: Store, folder: Path) -> None:
    """A server's life without its sockets: it reads until all is settled, and stops."""

    def submit(event: Event) -> None:
        pump.submit(event)

    recorder = Recorder(store)
    reader = ReadIn(
        "node-1", folder, store, submit=submit, lane_of=lambda _did: Lane.STANDARD,
        clock=lambda: NOW,
    )  # fmt: skip
    after_call = AfterCall(
        load(CONFIG_FOLDER / "ticket-rules.yaml", ["sales", "support", "billing"]),
        CallQuality(),
        recorder,
        Metrics([]),
        flows=tuple,
        recordings=folder,
    )
    pump = Pump(Engine(Rules({}, 0.25)), lambda: NOW, [recorder.publish, after_call.publish, reader.publish])
    running = [asyncio.create_task(pump.run()), asyncio.create_task(recorder.run())]
    end = (folder / "cel-custom/hotline.csv").stat().st_size
    async with asyncio.timeout(20):
        while (position := (await store.log_positions("node-1")).get("cel")) is None or position.bytes < end:
            await reader.round()
            await asyncio.sleep(0.01)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED, tmp_path / "log")
    return tmp_path / "log"


def told(calls: tuple[CallView, ...]) -> list[tuple[str | None, str | None, str | None]]:
    return [(call.caller, call.outcome, call.agent) for call in reversed(calls)]


EXPECTED = [
    ("+48500000201", Outcome.FALLBACK_ANSWERED, "anna"),
    ("+48500000202", Outcome.ABANDONED_LINE, None),
    ("+48500000203", Outcome.FALLBACK_ANSWERED, "anna"),
]


async def test_recorded_calls_are_taken_in_once_over_several_lives(logs: Path, database_url: str) -> None:
    store = await Store.open(database_url)
    await server(store, logs)
    first = await store.recent_interactions()
    assert told(first) == EXPECTED
    assert all([await store.ticket_of(call.interaction) for call in first])
    await server(store, logs)
    assert await store.recent_interactions() == first
    await store.close()


async def test_a_lost_position_changes_nothing(logs: Path, database_url: str) -> None:
    store = await Store.open(database_url)
    await server(store, logs)
    first = await store.recent_interactions()
    rows = (logs / "cel-custom/hotline.csv").read_bytes()
    (logs / "cel-custom/hotline.csv").write_bytes(b"damaged\n" + rows)  # another first line: another file
    await server(store, logs)
    assert await store.recent_interactions() == first
    await store.close()


async def test_a_file_cut_anywhere_is_read_on_from_there(logs: Path, database_url: str) -> None:
    store = await Store.open(database_url)
    path = logs / "cel-custom/hotline.csv"
    rows = path.read_bytes()
    reader = ReadIn(
        "node-1", logs, store, submit=lambda _event: None, lane_of=lambda _did: Lane.STANDARD, clock=lambda: NOW
    )
    for cut in range(0, len(rows), 97):
        path.write_bytes(rows[:cut])
        await reader.round()
    assert (reader.counters.malformed, reader.counters.impossible, reader.counters.gaps) == (0, 0, 0)
    path.write_bytes(rows)
    await server(store, logs)
    assert told(await store.recent_interactions()) == EXPECTED
    await store.close()
