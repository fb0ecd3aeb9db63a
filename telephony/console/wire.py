"""The words between server and page: JSON text messages over one WebSocket.

Server to page: `state` (everything), then `agent`, `phone`, `pop`, `card`, `call`, `hide`, `ticket`, `owed`,
`disposition`, `refused`, each with the next `seq` of the agent's desk; and `board` without one, because only the latest
counts. Page to server: `painted`, `ready`, `pause`. Times are seconds since the epoch; `now` is the server's, so that a
page can count without trusting its own clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from telephony.console.board import LaneView
from telephony.core.commands import AgentChanged
from telephony.core.customer import Card, Contact, TicketSummary
from telephony.core.disposition import Disposition
from telephony.core.ids import QueueName
from telephony.core.views import CallView

Body = Mapping[str, object]


class _FromPage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Painted(_FromPage):
    type: Literal["painted"]
    interaction: str = Field(max_length=100)
    attempt: int = Field(ge=1, le=1_000_000)
    visible: bool = True


class Ready(_FromPage):
    type: Literal["ready"]


class Pause(_FromPage):
    type: Literal["pause"]
    reason: Literal["break", "meal", "training", "paperwork"]


FromPage = Painted | Ready | Pause
_from_page: TypeAdapter[FromPage] = TypeAdapter(Annotated[FromPage, Field(discriminator="type")])


def parse(text: str) -> FromPage:
    """Read what a page sent. Errors: ValueError, with a reason fit for a close frame (no more than 123 bytes)."""
    try:
        return _from_page.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "message"
        raise ValueError(f"{place[:40]}: {first['type']}") from None


def text(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def agent(changed: AgentChanged) -> Body:
    return {"state": changed.state, "reason": changed.reason, "since": changed.since}


def call(view: CallView, titles: Mapping[QueueName, str]) -> Body:
    return {
        "interaction": view.interaction,
        "attempt": view.attempt,
        "state": view.state,
        "caller": shown_number(view.caller),
        "did": shown_number(view.did),
        "direction": view.direction,
        "lane": view.lane,
        "queue": titles.get(view.queue, view.queue) if view.queue else "",
        "queue_name": view.queue or "",
        "arrived_at": view.arrived_at,
        "queued_at": view.queued_at,
        "answered_at": view.answered_at,
        "ended_at": view.ended_at,
        "outcome": view.outcome,
        "spans": [{"kind": each.kind, "from_at": each.from_at, "to_at": each.to_at} for each in view.spans],
    }


def owed(disposition: Disposition, titles: Mapping[QueueName, str]) -> Body:
    return {
        "interaction": disposition.interaction,
        "queue_name": disposition.queue,
        "queue": titles.get(disposition.queue, disposition.queue),
        "owed_at": disposition.owed_at,
    }


def card(known: Card | None, titles: Mapping[QueueName, str]) -> Body | None:
    """None: on its way."""
    if known is None:
        return None
    return {
        "available": known.available,
        "customer": _customer(known),
        "tickets": [_ticket(each) for each in known.open_tickets],
        "history": [_contact(each, titles) for each in known.history],
    }


def _customer(known: Card) -> Body | None:
    customer = known.customer
    if customer is None:
        return None
    return {
        "number": customer.number,
        "name": customer.name,
        "address": customer.address,
        "services": list(customer.services),
        "since": date.isoformat(customer.since),
        "accessibility": customer.accessibility,
    }


def _contact(contact: Contact, titles: Mapping[QueueName, str]) -> Body:
    return {
        "at": contact.at,
        "direction": contact.direction,
        "queue": titles.get(QueueName(contact.queue), contact.queue) if contact.queue else "",
        "outcome": contact.outcome,
        "agent": contact.agent,
        "ticket": contact.ticket,
        "note": contact.note,
        "queue_name": contact.queue or "",
        "dispositions": list(contact.dispositions),
    }


def _ticket(summary: TicketSummary) -> Body:
    return {
        "number": summary.number,
        "subject": summary.subject,
        "status": summary.status,
        "opened_at": summary.opened_at,
    }


def board(lanes: tuple[LaneView, ...]) -> Body:
    return {"lanes": [{"lane": each.lane, "waiting": each.waiting, "since": each.oldest_queued_at} for each in lanes]}


def shown_number(number: str | None) -> str | None:
    """E.164 in groups for reading; what is no number stays as it is (the page shows it as text only)."""
    if number is None:
        return None
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
