"""What is old enough is forgotten by the catalogue, and nothing else: neither what is held nor what the law keeps."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.core.ids import InteractionId
from telephony.core.note import Note
from telephony.core.outbox import Message
from telephony.core.promises import Complaint, SurveyAnswer
from telephony.office_settings import Privacy
from telephony.privacy.desk import PrivacyDesk
from telephony.privacy.erasing import DAY_S
from telephony.privacy.forgetting import forget
from telephony.privacy.house import House
from telephony.retention import EVERY_S, Forgetting
from telephony.settings import Settings
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from tests.integration.test_store import CUSTOMER, ENDED

NOW = 2_000 * DAY_S
OLD = "0000000a-0000-4000-8000-000000000001"


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(database_url)
    known = House.of(Settings(data=tmp_path, privacy=Privacy(calls_by_law_days=100)), store, lambda: NOW)
    assert known
    yield known
    await store.close()


def message(name: str, at: float) -> Message:
    return Message(name, "crm", "{}", at, next_at=at)


async def a_call(house: House, name: str, days: float, caller: str = "+48600100297") -> None:
    """It ended so many days ago."""
    ended = NOW - days * DAY_S
    call = replace(ENDED, interaction=InteractionId(name), caller=caller, arrived_at=ended - 60, ended_at=ended)
    await house.store.record_call(call)


def recorded(house: House, call: str, days: float) -> Path:
    file = house.settings.recording_folder / f"{call}-caller.sln16"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"\0" * 32)
    os.utime(file, (NOW - days * DAY_S,) * 2)
    return file


async def test_old_notes_and_old_news_are_forgotten(house: House) -> None:
    store = house.store
    for call, days in (("old", 366), ("young", 364)):
        await store.notes.keep(call, "anna", Note("dioda", 1, NOW - days * DAY_S))
    await store.outbox.keep_messages([message(each, NOW - 31 * DAY_S) for each in ("sent", "dead", "open")])
    await store.outbox.message_sent("sent", NOW - 30.5 * DAY_S)
    await store.outbox.message_failed("dead", 0.0, "HTTP 400", NOW - 30.5 * DAY_S)
    await store.outbox.keep_messages([message("lately", NOW - 31 * DAY_S)])
    await store.outbox.message_sent("lately", NOW - 29 * DAY_S)
    for call, days in (("old", 731), ("young", 729)):
        await store.record_survey_answers([SurveyAnswer(InteractionId(call), "nps", 9, NOW - days * DAY_S)])
    old = {"note": 1, "outbox": 2, "survey_answer": 1}
    assert await forget(house, only_count=True) == old
    forgetting = Forgetting(house)
    await forgetting.look()
    assert forgetting.forgotten == old
    assert await store.notes.of("old", "anna") is None
    assert await store.notes.of("young", "anna") is not None
    assert [each.id for each in await store.outbox.open_messages("crm")] == ["open"]
    assert await store.outbox.dead_messages() == ()


async def test_calls_and_recordings_go_in_time_unless_they_are_held_or_complained_of(house: House) -> None:
    await house.store.customers.add([CUSTOMER])
    held, complained = f"{OLD[:-1]}2", f"{OLD[:-1]}3"
    await a_call(house, OLD, 366)
    await a_call(house, "young", 364)
    await a_call(house, held, 400, CUSTOMER.phones[0])
    await a_call(house, complained, 400)
    await house.store.file_complaint(Complaint(InteractionId(complained), "billing", None, {}, NOW - 400 * DAY_S))
    files = {each: recorded(house, each, 93) for each in (OLD, held, complained)}
    fresh = recorded(house, "0000000a-0000-4000-8000-000000000009", 91)
    await PrivacyDesk(house).hold(CUSTOMER.number, "ewa", "a court asks", None)
    assert await forget(house) == {"interaction": 1, "recordings": 1}
    assert {each.interaction for each in await house.store.recent_interactions()} == {"young", held, complained}
    assert [each.exists() for each in (*files.values(), fresh)] == [False, True, True, True]
    (released,) = await PrivacyDesk(house).release(CUSTOMER.number, "ewa")
    assert released.reason == "a court asks"
    assert await forget(house) == {"interaction": 1, "recordings": 1}, "the hold is over"


async def test_the_law_keeps_call_records_longer_than_the_settings(house: House) -> None:
    settings = house.settings.model_copy(
        update={"retention": house.settings.retention.model_copy(update={"calls_days": 50})}
    )
    await a_call(house, "c-60", 60)
    await a_call(house, "c-101", 101)
    assert await forget(replace(house, settings=settings)) == {"interaction": 1}
    assert [each.interaction for each in await house.store.recent_interactions()] == ["c-60"]


async def test_an_outage_is_waited_out_and_without_a_database_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    looked = asyncio.Event()

    async def away(*_: object) -> None:
        raise StoreError("away")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            looked.set()
            await asyncio.Event().wait()

    forgetting = Forgetting(House.of(Settings(), Store(Memory()), lambda: NOW), pause)
    await forgetting.look()
    monkeypatch.setattr(forgetting, "look", away)
    running = asyncio.create_task(forgetting.run())
    await asyncio.wait_for(looked.wait(), 5)
    running.cancel()
    assert pauses == [EVERY_S, EVERY_S]
