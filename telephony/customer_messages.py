"""Puts messages to customers into the outbox: whom we may write to, and how often by ourselves.

A caller's number and an address in a form prove nothing: whoever is written to may never have asked for it.
"""

from __future__ import annotations

import structlog

from telephony.core.audit import pseudonym
from telephony.core.customer_message import CustomerMessage, Way, mail_address, sms_number, ticket_mail, ticket_sms
from telephony.message_settings import Messages
from telephony.store.store import Store

log = structlog.get_logger()

DAY_S, HOUR_S = 86_400.0, 3600.0


class CustomerMessages:
    """`key` makes pseudonyms, as in the audit. Every method may raise StoreError."""

    def __init__(self, rules: Messages, key: bytes) -> None:
        self.rules = rules
        self._key = key

    @property
    def mail(self) -> bool:
        """Whether e-mails are sent from here."""
        return self.rules.smtp is not None or self.rules.folder is not None

    @property
    def sms(self) -> bool:
        return self.rules.sms is not None or self.rules.folder is not None

    def recipient(self, address: str) -> str:
        """Its pseudonym: the same for the same address, whatever its capitals."""
        return pseudonym(address.casefold(), self._key)

    async def send(
        self, store: Store, id_: str, way: Way, message: CustomerMessage, now: float, *, by_itself: bool
    ) -> bool:
        """Once for each id. False, where we act by ourselves and the address has had enough for today."""
        recipient = self.recipient(message.to)
        if by_itself and not await self._may(store, way, recipient, now):
            log.warning("message.too_many", way=str(way))
            return False
        await store.outbox.keep_messages([message.as_message(id_, way, recipient, now)])
        return True

    async def ticket_by_sms(self, store: Store, caller: str | None, number: str, language: str, now: float) -> bool:
        """Tell a caller the number of a ticket; False for whom no SMS may be sent to."""
        to = sms_number(caller, self.rules.sms_countries)
        if to is None or not (self.sms and self.rules.ticket_sms):
            return False
        return await self.send(
            store, f"ticket-{number}", Way.SMS, ticket_sms(to, number, language), now, by_itself=True
        )

    async def ticket_by_mail(self, store: Store, address: str | None, number: str, now: float) -> bool:
        """Likewise, whoever has written."""
        to = mail_address(address)
        if to is None or not (self.mail and self.rules.ticket_mail):
            return False
        return await self.send(store, f"ticket-{number}", Way.MAIL, ticket_mail(to, number), now, by_itself=True)

    async def _may(self, store: Store, way: Way, recipient: str, now: float) -> bool:
        """Two servers that ask in the same moment may go one beyond it."""
        to_one, to_all = await store.outbox.lately(str(way), recipient, since=now - DAY_S, all_since=now - HOUR_S)
        return to_one < self.rules.most_a_day and to_all < self.rules.most_an_hour
