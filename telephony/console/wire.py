"""The words between server and page: JSON text messages over one WebSocket.

Server to page: `state` (everything), then `agent`, `phone`, `pop`, `card`, `handed`, `call`, `hide`, `ticket`, `owed`,
`disposition`, `refused`, each with the next `seq` of the agent's desk; and `board` without one, because only the latest
counts. Page to server: `painted`, `ready`, `pause`. Times are seconds since the epoch; `now` is the server's, so that a
page can count without trusting its own clock.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from telephony.console.board import LaneView
from telephony.console.handed import Handed
from telephony.console.trail import Trail
from telephony.core.card_fields import Shown
from telephony.core.commands import AgentChanged
from telephony.core.customer import Contact, Customer
from telephony.core.disposition import Disposition
from telephony.core.ids import QueueName
from telephony.core.views import CallView

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

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


def trail(titles: Trail) -> list[Body]:
    """By the languages of the console."""
    return [title.model_dump() for title in titles]


def handed(known: Handed | None) -> Body | None:
    return {"by": known.by, "note": known.note} if known else None


def owed(disposition: Disposition, titles: Mapping[QueueName, str]) -> Body:
    return {
        "interaction": disposition.interaction,
        "queue_name": disposition.queue,
        "queue": titles.get(disposition.queue, disposition.queue),
        "owed_at": disposition.owed_at,
    }


def card(shown: Shown, titles: Mapping[QueueName, str]) -> Body:
    """`fields` are the parts that this person may see; `closed` those that would open with a surer identity."""
    known = shown.card
    return {
        "available": known.available,
        "identity": known.identity,
        "fields": sorted(shown.fields),
        "closed": dict(sorted(shown.closed.items())),
        "customer": _customer(known.customer) if known.customer else None,
        "tickets": [_dated(each) for each in known.open_tickets],
        "history": [_contact(each, titles) for each in known.history],
        "contracts": [_dated(each) for each in known.contracts],
        "devices": [_dated(each) for each in known.devices],
        "invoices": [_dated(each) for each in known.invoices],
    }


def _customer(customer: Customer) -> Body:
    """Not the other numbers: nobody at a desk needs them."""
    return {name: each for name, each in _dated(customer).items() if name != "phones"}


def _dated(record: DataclassInstance) -> Body:
    """Its fields, with dates as in ISO 8601."""
    return {
        name: each.isoformat() if isinstance(each, date) else each for name, each in dataclasses.asdict(record).items()
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
        "mos": contact.mos,
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
