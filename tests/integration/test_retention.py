"""What is old enough is forgotten, and nothing else; what is still to be sent is never old enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telephony.core.note import Note
from telephony.core.outbox import Message
from telephony.office_settings import Retention
from telephony.retention import DAY_S, EVERY_S, Forgetting
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store

NOW = 400 * DAY_S
RULES = Retention(notes_days=365, messages_days=30)


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


def message(name: str, at: float) -> Message:
    return Message(name, "crm", "{}", at, next_at=at)


async def test_old_notes_and_old_news_are_forgotten(store: Store) -> None:
    for call, days in (("old", 366), ("young", 364)):
        await store.notes.keep(call, "anna", Note("dioda", 1, NOW - days * DAY_S))
    await store.outbox.keep_messages([message(each, NOW - 31 * DAY_S) for each in ("sent", "dead", "open")])
    await store.outbox.message_sent("sent", NOW - 30.5 * DAY_S)
    await store.outbox.message_failed("dead", 0.0, "HTTP 400", NOW - 30.5 * DAY_S)
    await store.outbox.keep_messages([message("lately", NOW - 31 * DAY_S)])
    await store.outbox.message_sent("lately", NOW - 29 * DAY_S)
    await Forgetting(RULES, store, lambda: NOW).look()
    assert await store.notes.of("old", "anna") is None
    assert await store.notes.of("young", "anna") is not None
    assert [each.id for each in await store.outbox.open_messages("crm")] == ["open"]
    assert await store.outbox.dead_messages() == ()
    assert await store.outbox.forget(NOW) == 1, "what was sent lately was still there"


async def test_an_outage_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    looked = asyncio.Event()

    async def away(*_: object) -> None:
        raise StoreError("away")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            looked.set()
            await asyncio.Event().wait()

    forgetting = Forgetting(RULES, Store(Memory()), lambda: NOW, pause)
    monkeypatch.setattr(forgetting, "look", away)
    running = asyncio.create_task(forgetting.run())
    await asyncio.wait_for(looked.wait(), 5)
    running.cancel()
    assert pauses == [EVERY_S, EVERY_S]
