"""Visits that customers are called about, in the store, each with its ticket."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import cast

from telephony.core.appointments import Appointment, VisitState, result_words, words
from telephony.core.ids import QueueName
from telephony.core.ticket import OpenTicket, TicketStatus, ticket_number
from telephony.store.connection import Connection, Row
from telephony.store.store import Store

_NAMES = tuple(each.name for each in dataclasses.fields(Appointment))
_STANDING = ("id", "attempts", "next_at", "call", "done_at")
CLOSED = frozenset({VisitState.CONFIRMED, VisitState.TALKED, VisitState.WITHDRAWN})  # nothing is left to be done


class AppointmentStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def _connection(self) -> Connection:
        return self._store.connection

    async def load(self, visits: tuple[Appointment, ...], queue: QueueName) -> int:
        """All or none, each with its ticket; how many were new: a reference that is known stays as it is."""
        loaded = 0
        async with self._store.together() as store:
            for visit in visits:
                values = {name: getattr(visit, name) for name in _NAMES} | {"state": str(visit.state)}
                if await store.connection.rows("load_appointment", **values):
                    loaded += 1
                    ticket = OpenTicket(visit.id, queue, *words(visit))
                    await store.open_ticket(ticket, visit.loaded_at)
                    await store.connection.run("give_ticket_a_customer", interaction=visit.id, number=visit.number)
        return loaded

    async def due(self, now: float, today: date, most: int) -> tuple[Appointment, ...]:
        rows = await self._connection.rows("due_appointments", now=now, today=today, most=most)
        return tuple(map(_visit, rows))

    async def keep(self, visit: Appointment, tried: int, at: float) -> bool:
        """Where it stands now, and what came of it in its ticket; `tried`: the tries that were known before.

        False where it has been settled or tried meanwhile.
        """
        standing = {name: getattr(visit, name) for name in _STANDING} | {"state": str(visit.state), "tried": tried}
        async with self._store.together() as store:
            if not await store.connection.rows("keep_appointment", **standing):
                return False
            if visit.state is not VisitState.OPEN:
                await _enter(store, visit, at)
        return True

    async def of_call(self, call: str) -> Appointment | None:
        rows = await self._connection.rows("appointment_of_call", call=call)
        return _visit(rows[0]) if rows else None

    async def by_reference(self, reference: str) -> Appointment | None:
        rows = await self._connection.rows("appointment_by_reference", reference=reference)
        return _visit(rows[0]) if rows else None

    async def all(self, most: int = 500) -> tuple[tuple[Appointment, str | None], ...]:
        """With their tickets' numbers: those to be called about first, the soonest first; then the latest settled."""
        rows = await self._connection.rows("appointments", most=most)
        return tuple((_visit(row), _number(row)) for row in rows)


async def _enter(store: Store, visit: Appointment, at: float) -> None:
    """The entry is that of the call, so that the ticket is found by it; without a call it has a name of its own."""
    subject, body = result_words(visit)
    entry = visit.call if visit.call and visit.state is not VisitState.NOT_REACHED else f"{visit.id}-{visit.state}"
    await store.connection.run(
        "enter_in_ticket_of", interaction=entry, of=visit.id, subject=subject, body=body, entered_at=at
    )
    if visit.state in CLOSED:
        await store.set_ticket_status(visit.id, TicketStatus.CLOSED)


def _visit(row: Row) -> Appointment:
    visit = Appointment(**{name: row[name] for name in _NAMES})  # type: ignore[arg-type]
    return dataclasses.replace(visit, state=VisitState(visit.state))


def _number(row: Row) -> str | None:
    sequence = cast(int | None, row["ticket"])
    return None if sequence is None else ticket_number(sequence)
