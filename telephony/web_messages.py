"""Files what somebody wrote in the web form: a ticket and, if wished, a call-back in the accessibility lane."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

from telephony.call_back_desk import CallBackDesk, Wish
from telephony.console.caller_message import CallBack, CallerMessage, Filed, NotFiledError
from telephony.core.ids import InteractionId
from telephony.core.ticket import OpenTicket
from telephony.core.views import Lane
from telephony.customer_messages import CustomerMessages
from telephony.store.errors import StoreError
from telephony.store.store import Store

KINDS = {"support": "service_quality", "billing": "billing", "sales": "contract"}  # of a complaint, by queue


class Office(Protocol):
    """What is asked of complaints."""

    async def file(
        self, interaction: InteractionId, kind: str, customer: str | None, elements: Mapping[str, str]
    ) -> str: ...

    def answer_due(self, kind: str) -> date: ...


class WebMessages:
    """`titles`: queue → its title. The same message sent twice makes one ticket."""

    def __init__(
        self,
        store: Store,
        desk: CallBackDesk,
        complaints: Office,
        titles: Mapping[str, str],
        clock: Callable[[], float],
        written: CustomerMessages,
    ) -> None:
        """`written` writes to whoever has given an e-mail address."""
        self._store = store
        self._written = written
        self._desk = desk
        self._complaints = complaints
        self._titles = titles
        self._clock = clock

    async def file(self, message: CallerMessage) -> Filed:
        """Errors: NotFiledError while the database is away."""
        interaction = interaction_of(message.once)
        try:
            if message.complaint:
                return await self._complaint(interaction, message)
            title = self._titles.get(message.queue, message.queue)
            ticket = OpenTicket(interaction, message.queue, f"Wiadomość z formularza: {title}", _body(message))
            async with self._store.together() as store:
                number = await store.open_ticket(ticket, self._clock())
                await self._written.ticket_by_mail(store, message.email, number, self._clock())
            return Filed(number, await self._call_back(interaction, message))
        except StoreError:
            raise NotFiledError from None

    async def _complaint(self, interaction: InteractionId, message: CallerMessage) -> Filed:
        """Nobody has proven to be a customer here: whose it is, is found out by who works on it."""
        kind = KINDS.get(message.queue, "other")
        given = {"name": message.name, "phone": message.phone, "email": message.email, "grounds": message.text}
        elements = {name: value for name, value in given.items() if value}
        elements["answer_by"] = "e-mail" if message.email else "letter"
        number = await self._complaints.file(interaction, kind, None, elements)
        return Filed(number, await self._call_back(interaction, message), self._complaints.answer_due(kind))

    async def _call_back(self, interaction: InteractionId, message: CallerMessage) -> CallBack:
        if not message.call_back:
            return CallBack.NOT_WISHED
        wish = Wish(interaction, message.queue, Lane.ACCESSIBILITY, message.phone, None, self._clock())
        taken = await self._desk.take(wish)
        if taken is None:
            return CallBack.NEVER_CALLED
        # The same sending again, after an answer that was lost on the way, is no earlier promise.
        before = taken.again and taken.request.interaction != interaction
        return CallBack.PROMISED_BEFORE if before else CallBack.PROMISED


def interaction_of(once: str) -> InteractionId:
    """Its interaction: the same for the same sending, and not to be guessed."""
    return InteractionId(str(uuid.UUID(bytes=hashlib.sha256(once.encode()).digest()[:16], version=4)))


def _body(message: CallerMessage) -> str:
    told = [f"Imię i nazwisko: {message.name}"]
    told += [f"Telefon: {message.phone}"] if message.phone else []
    told += [f"E-mail: {message.email}"] if message.email else []
    told += ["Prosi o telefon."] if message.call_back else []
    return "\n".join([*told, "", message.text])
