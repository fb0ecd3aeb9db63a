"""Who is told: each a name, an address, and how a body is sent there. Frozen, read from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.core.outbox import Message
from telephony.core.views import CallView
from telephony.outward import webhook, zammad


@dataclass(frozen=True, slots=True)
class Webhook:
    name: str
    url: str
    secret: str = field(repr=False)

    def offered(self, call: CallView, id_: str, at: float) -> str | None:
        return webhook.cloud_event("offered", id_, self.source, at, webhook.data_of(call))

    def answered(self, call: CallView, id_: str, at: float) -> str | None:
        return webhook.cloud_event("answered", id_, self.source, at, webhook.data_of(call))

    def ended(self, call: CallView, id_: str, at: float) -> str | None:
        return webhook.cloud_event("ended", id_, self.source, at, webhook.data_of(call))

    @property
    def source(self) -> str:
        return "/hotline"

    def headers(self, message: Message, now: float) -> dict[str, str]:
        return webhook.headers(self.secret, message.id, message.body, now)


@dataclass(frozen=True, slots=True)
class Zammad:
    """`url` holds the token, which Zammad shows in its settings: it belongs in no log."""

    name: str
    url: str = field(repr=False)

    def offered(self, call: CallView, _id: str, _at: float) -> str | None:
        """Once for a call: who is offered again is no new call."""
        return zammad.new_call(call) if call.attempt == 1 else None

    def answered(self, call: CallView, _id: str, _at: float) -> str | None:
        return zammad.answer(call)

    def ended(self, call: CallView, _id: str, _at: float) -> str | None:
        return zammad.hangup(call) if call.attempt else None  # of which Zammad has never heard

    def headers(self, _message: Message, _now: float) -> dict[str, str]:
        return {"Content-Type": "application/json; charset=utf-8"}


Receiver = Webhook | Zammad
