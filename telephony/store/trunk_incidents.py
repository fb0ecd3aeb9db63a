"""Incidents of trunks in the store, each with the ticket of those that last."""

from __future__ import annotations

import dataclasses

from ivr_flows.calendar import local
from sip_trunk.incidents import Incident, Step, words
from telephony.core.ids import InteractionId
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.store.store import Store

_NAMES = tuple(each.name for each in dataclasses.fields(Incident))


class TrunkIncidents:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self) -> tuple[Incident, ...]:
        """Those that are not over."""
        rows = await self._store.connection.rows("open_trunk_incidents")
        return tuple(Incident(**{name: row[name] for name in _NAMES}) for row in rows)  # type: ignore[arg-type]

    async def keep(self, incident: Incident, step: Step | None, now: float) -> None:
        """As it stands now, and what its ticket is told, both or neither; kept again, it is the same."""
        async with self._store.together() as store:
            await store.connection.run("keep_trunk_incident", **{name: getattr(incident, name) for name in _NAMES})
            if step is not None:
                await _tell(store, incident, step, now)


async def _tell(store: Store, incident: Incident, step: Step, now: float) -> None:
    interaction = InteractionId(incident.id)
    at = incident.began_at if step is Step.OPENED else now
    subject, body = words(incident, step, f"{local(at):%Y-%m-%d %H:%M}")
    match step:
        case Step.OPENED:
            await store.open_ticket(OpenTicket(interaction, None, subject, body), now)
        case Step.CLOSED:
            await store.set_ticket_status(interaction, TicketStatus.CLOSED)
        case _:
            await store.connection.run(
                "enter_in_ticket_of", interaction=f"{interaction}-{incident.steps}", of=interaction, subject=subject,
                body=body, entered_at=now,
            )  # fmt: skip
