"""Incidents of trunks and their tickets: contract of the real store and its twin in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from sip_trunk.incidents import Incident, Step
from telephony.core.ticket import TicketStatus
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.store.trunk_incidents import TrunkIncidents

BEGUN = Incident("t-1", "node-1", "north", "polnoc", "options", 100.0)
TICKETED = replace(BEGUN, ticket_at=700.0)


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


async def test_an_incident_has_one_ticket_which_is_told_what_comes_of_it(store: Store) -> None:
    incidents = TrunkIncidents(store)
    await store.tickets_there.tell("tracker")
    await incidents.keep(BEGUN, None, 100.0)
    assert await store.ticket_of("t-1") is None
    for _ in range(2):  # kept again, it is the same
        await incidents.keep(TICKETED, Step.OPENED, 700.0)
    well = replace(TICKETED, well_at=900.0, steps=1)
    for _ in range(2):
        await incidents.keep(well, Step.WELL, 900.0)
    assert await incidents.open() == (well,)
    entries = await store.ticket_entries("t-1")
    assert [(each.interaction, each.subject) for each in entries] == [
        ("t-1", "Łącze north: operator nie odpowiada na OPTIONS"),
        ("t-1-1", "Łącze north: działa ponownie"),
    ]
    ended = replace(well, ended_at=3000.0)
    await incidents.keep(ended, Step.CLOSED, 3000.0)
    assert await incidents.open() == ()
    ticket = await store.ticket_of("t-1")
    assert ticket
    assert ticket.status == TicketStatus.CLOSED
    waiting = {each.target: each.waiting for each in await store.tickets_there.waiting()}
    assert waiting == {"tracker": 3}, "the ticket, what was added, and that it is closed"
    assert await store.surveys.undecided(0.0) == ()
    assert (await store.tellings.untold(0.0, 9000.0, 10))[0].caller is None, "nobody is sent its number"


async def test_a_trunk_has_one_incident_at_a_time(store: Store) -> None:
    incidents = TrunkIncidents(store)
    await incidents.keep(BEGUN, None, 100.0)
    with pytest.raises(StoreError):
        await incidents.keep(replace(BEGUN, id="t-2"), None, 200.0)
    await incidents.keep(replace(BEGUN, id="t-3", node="node-2", began_at=50.0), None, 200.0)
    assert [each.id for each in await incidents.open()] == ["t-3", "t-1"]
    await incidents.keep(replace(BEGUN, ended_at=300.0), None, 300.0)
    await incidents.keep(replace(BEGUN, id="t-2", began_at=400.0), None, 400.0)
    assert [each.id for each in await incidents.open()] == ["t-3", "t-2"]
