"""Trunks that stay bad: one incident and one ticket, whatever flaps, and nothing lost over a restart."""

from __future__ import annotations

import itertools

import pytest

from sip_trunk.failover import Health
from sip_trunk.incidents import SETTLED_AFTER_S, TICKET_AFTER_S, Incident, Step, after, words
from sip_trunk.state import TrunkState
from telephony.core.ticket import TicketStatus
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.store.trunk_incidents import TrunkIncidents
from telephony.trunk_incidents import IncidentDesk

ILL, WELL = Health(ill=True, reason="options", since=0.0), Health(since=0.0)


def state(health: Health) -> TrunkState:
    return TrunkState("node-1", "north", "polnoc", health=health, seen_at=1.0)


def played(*story: tuple[float, Health]) -> tuple[list[tuple[float, Step]], Incident | None]:
    """What the ticket is told and when, and the incident at the end."""
    incident: Incident | None = None
    told: list[tuple[float, Step]] = []
    for now, health in story:
        incident, step = after(incident, state(health), now, lambda: "t-1")
        if step:
            told.append((now, step))
        if incident and incident.ended_at is not None:
            incident = None
    return told, incident


def test_a_trunk_that_stays_bad_gets_one_ticket_and_a_good_one_none() -> None:
    assert played((0, WELL), (900, WELL)) == ([], None)
    told, incident = played((0, ILL), (TICKET_AFTER_S - 1, ILL), (TICKET_AFTER_S, ILL), (5000, ILL))
    assert told == [(TICKET_AFTER_S, Step.OPENED)]
    assert incident == Incident("t-1", "node-1", "north", "polnoc", "options", 0.0, ticket_at=TICKET_AFTER_S)


def test_what_is_soon_well_again_leaves_no_ticket() -> None:
    assert played((0, ILL), (60, WELL), (60 + SETTLED_AFTER_S, WELL)) == ([], None)


def test_who_flaps_keeps_one_incident() -> None:
    told, incident = played((0, ILL), (60, WELL), (300, ILL), (400, WELL), (TICKET_AFTER_S, ILL))
    assert told == [(TICKET_AFTER_S, Step.OPENED)]
    told, incident = played((0, ILL), (700, ILL), (800, WELL), (900, ILL), (1000, WELL), (1000 + SETTLED_AFTER_S, WELL))
    assert told == [
        (700, Step.OPENED), (800, Step.WELL), (900, Step.AGAIN), (1000, Step.WELL), (2800, Step.CLOSED),
    ]  # fmt: skip
    assert incident is None


@pytest.mark.parametrize("step", Step)
def test_the_ticket_names_trunk_node_and_carrier(step: Step) -> None:
    incident = Incident("t-1", "node-1", "north", "polnoc", "quality", 0.0)
    subject, body = words(incident, step, "2026-11-30 12:00")
    assert "Łącze north" in subject
    assert all(each in body for each in ("node-1", "polnoc", "2026-11-30 12:00"))
    assert ("jakość" in body) is (step in {Step.OPENED, Step.AGAIN})


class House:
    def __init__(self) -> None:
        self.store = Store(Memory())
        self.health = ILL
        self.now = 0.0
        self.ids = itertools.count(1)
        self.judged: list[tuple[str, str, Health]] = []
        self.desk = self.another()

    def another(self) -> IncidentDesk:
        return IncidentDesk(
            TrunkIncidents(self.store),
            lambda: [state(self.health)],
            lambda *told: self.judged.append(told),
            lambda: f"t-{next(self.ids)}",
            lambda: self.now,
        )

    async def at(self, now: float, health: Health) -> None:
        self.now, self.health = now, health
        await self.desk.look()


async def test_a_server_after_us_goes_on_with_the_same_incident() -> None:
    house = House()
    await house.at(0, ILL)
    await house.at(700, ILL)
    house.desk = house.another()
    await house.at(800, ILL)
    assert house.judged == [("node-1", "north", Health(ill=True, reason="options", since=0.0))]
    ticket = await house.store.ticket_of("t-1")
    assert ticket
    assert (ticket.status, ticket.subject) == (TicketStatus.OPEN, "Łącze north: operator nie odpowiada na OPTIONS")
    await house.at(900, WELL)
    await house.at(900 + SETTLED_AFTER_S, WELL)
    entries = await house.store.ticket_entries("t-1")
    assert [each.subject for each in entries] == [ticket.subject, "Łącze north: działa ponownie"]
    closed = await house.store.ticket_of("t-1")
    assert closed
    assert closed.status == TicketStatus.CLOSED
    assert await house.store.surveys.undecided(0) == (), "nobody is asked how that was"
    await house.at(5000, ILL)
    assert [each.id for each in await TrunkIncidents(house.store).open()] == ["t-2"]


async def test_what_the_store_could_not_take_is_told_when_it_is_back() -> None:
    class Away(TrunkIncidents):
        there = False

        async def keep(self, incident: Incident, step: Step | None, now: float) -> None:
            if not self.there:
                raise StoreError("away")
            await super().keep(incident, step, now)

    class Stop(Exception): ...  # noqa: N818

    house, pauses = House(), itertools.count(1)
    kept = Away(house.store)
    house.now = 5000.0

    async def pause(_: float) -> None:
        kept.there = True
        if next(pauses) == 2:
            raise Stop

    states = lambda: [state(ILL), TrunkState("node-1", "south", "x", health=ILL)]  # noqa: E731
    desk = IncidentDesk(kept, states, lambda *_: None, lambda: "t-9", lambda: house.now, pause)
    with pytest.raises(Stop):
        await desk.run()
    assert [(each.id, each.trunk) for each in await kept.open()] == [("t-9", "north")]
    assert await house.store.ticket_of("t-9")
