"""Trunks that stay bad: one incident from the first judgement until the trunk has been well for a while.

Whoever flaps keeps one incident, and its ticket is opened once: a page of engineers at night is for what lasts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from sip_trunk.state import TrunkState

TICKET_AFTER_S = 600.0  # from the first judgement on, while the trunk is ill
SETTLED_AFTER_S = 1800.0  # well for so long, the incident is over


class Step(StrEnum):
    """What is to be written down of an incident."""

    OPENED = "opened"
    WELL = "well"
    AGAIN = "again"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Incident:
    """`id` is that of its ticket; times are seconds since the epoch. `steps` is how often something was told there."""

    id: str
    node: str
    trunk: str
    carrier: str
    reason: str
    began_at: float
    well_at: float | None = None  # since when the trunk is well again
    ticket_at: float | None = None
    steps: int = 0
    ended_at: float | None = None


def after(
    incident: Incident | None, state: TrunkState, now: float, new_id: Callable[[], str]
) -> tuple[Incident | None, Step | None]:
    """The incident of this trunk as it stands now, the same where nothing is new; and what its ticket is to be told."""
    health = state.health
    if incident is None:
        if not health.ill:
            return None, None
        begun = Incident(new_id(), state.node, state.trunk, state.carrier, health.reason, health.since)
        return after(begun, state, now, new_id)
    if health.ill:
        return _ill(replace(incident, reason=health.reason), now)
    return _well(incident, now)


def _ill(incident: Incident, now: float) -> tuple[Incident, Step | None]:
    if incident.ticket_at is None:
        incident = replace(incident, well_at=None)
        due = now - incident.began_at >= TICKET_AFTER_S
        return (replace(incident, ticket_at=now), Step.OPENED) if due else (incident, None)
    if incident.well_at is not None:
        return replace(incident, well_at=None, steps=incident.steps + 1), Step.AGAIN
    return incident, None


def _well(incident: Incident, now: float) -> tuple[Incident, Step | None]:
    has_ticket = incident.ticket_at is not None
    if incident.well_at is None:
        told = replace(incident, well_at=now, steps=incident.steps + has_ticket)
        return told, Step.WELL if has_ticket else None
    if now - incident.well_at >= SETTLED_AFTER_S:
        return replace(incident, ended_at=now), Step.CLOSED if has_ticket else None
    return incident, None


REASONS = {"options": "operator nie odpowiada na OPTIONS", "quality": "jakość rozmów poniżej progu (mos_threshold)"}


def words(incident: Incident, step: Step, at: str) -> tuple[str, str]:
    """Subject and text of the ticket's entry; `at` is the time as people read it."""
    where = f"Łącze {incident.trunk} (węzeł {incident.node}, operator {incident.carrier})"
    why = REASONS.get(incident.reason, incident.reason)
    match step:
        case Step.OPENED:
            text = f"{where}: {why}. Od: {at}. Połączenia wychodzące idą najpierw innymi łączami."
            return f"Łącze {incident.trunk}: {why}", f"Dla inżynierów sieci.\n{text}"
        case Step.AGAIN:
            return f"Łącze {incident.trunk}: ponownie, {why}", f"{where}: {why}. Od: {at}."
    return f"Łącze {incident.trunk}: działa ponownie", f"{where}: działa ponownie. Od: {at}."
