"""The real thing going away and coming back under the store, the recorder and the directory."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.core.commands import CallChanged, CallEnded
from telephony.core.customer import Card, Identity
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.ticket import OpenTicket
from telephony.core.views import CallState, CallView, Lane, Outcome
from telephony.crm.directory import Directory
from telephony.crm.seed import customers
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.errors import StoreError
from telephony.store.recorder import Recorder
from telephony.store.store import Store

CUSTOMERS = customers()
PHONE = CUSTOMERS[0].phones[0]


@pytest_asyncio.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "pg")
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def store(postgres: EmbeddedPostgres) -> AsyncIterator[Store]:
    opened = await Store.open(postgres.dsn)
    yield opened
    await opened.close()


def call(name: str) -> CallView:
    return CallView(
        InteractionId(name), "n1", "PJSIP/x", Uniqueid(f"u-{name}"), "l", "+48220000100", PHONE, "alaw",
        CallState.LINE, Lane.STANDARD, None, 5.0, None, None, None, None, 0, None,
    )  # fmt: skip


def ended(name: str) -> CallView:
    return replace(call(name), state=CallState.ENDED, outcome=Outcome.ABANDONED_LINE, ended_at=9.0)


class Listener:
    def __init__(self) -> None:
        self.tickets: list[InteractionId] = []

    def __call__(self, interaction: InteractionId, _number: str) -> None:
        self.tickets.append(interaction)


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_what_happens_during_an_outage_is_written_after_it(
    how: str, postgres: EmbeddedPostgres, store: Store
) -> None:
    opened = Listener()
    tried_in_vain = asyncio.Event()

    async def pause(_seconds: float) -> None:
        tried_in_vain.set()
        await asyncio.sleep(0.01)

    recorder = Recorder(store, opened, pause=pause)
    running = asyncio.create_task(recorder.run())
    recorder.put(CallChanged(call("before")), 1.0)
    assert await recorder.drain(10.0)

    if how == "killed":
        assert postgres.pid
        os.kill(postgres.pid, signal.SIGKILL)
        await postgres.wait()
    await postgres.stop()
    names = [f"during-{place}" for place in range(300)]
    for name in ["before", *names]:
        recorder.put(CallChanged(call(name)), 2.0)
        recorder.put(CallEnded(ended(name)), 3.0)
        recorder.put(OpenTicket(InteractionId(name), None, "Połączenie porzucone", "…"), 3.0)
    await asyncio.wait_for(tried_in_vain.wait(), 30.0)
    assert recorder.backlog == 2 * 301

    await postgres.start()
    assert await recorder.drain(30.0)
    found = {each.interaction: each.outcome for each in await store.recent_interactions(1000)}
    assert found == dict.fromkeys(["before", *names], Outcome.ABANDONED_LINE)
    assert len(set(opened.tickets)) == 301
    assert recorder.refused == recorder.lost == 0
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_the_directory_answers_without_the_database_and_again_with_it(
    postgres: EmbeddedPostgres, store: Store
) -> None:
    await store.customers.add(CUSTOMERS)
    directory = Directory(store.customers, store, budget_s=10.0)
    assert await directory.card(PHONE) == Card(CUSTOMERS[0], identity=Identity.NUMBER)
    await postgres.stop()
    assert await directory.card(PHONE) == Card(None, available=False)
    await postgres.start()
    assert await directory.card(PHONE) == Card(CUSTOMERS[0], identity=Identity.NUMBER)


async def test_a_statement_on_a_lost_database_is_a_store_error(postgres: EmbeddedPostgres, store: Store) -> None:
    await postgres.stop()
    with pytest.raises(StoreError, match="is it running"):
        await store.open_interactions()
    with pytest.raises(StoreError, match="is it running"):
        async with store.together():
            pytest.fail("there is nothing to be together with")
