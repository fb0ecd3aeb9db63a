"""Carriers of messages to customers, behind one interface: a mail server, an SMS gateway, a folder.

Each takes a message whole or says why not, in a word that tells nothing of the customer.
"""

from __future__ import annotations

from typing import Protocol

from telephony.core.customer_message import CustomerMessage
from telephony.core.outbox import Message


class NotCarriedError(Exception):
    """Why, such as `SMTP 550`; `final`: another try would be refused, too."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.final = final


class Carrier(Protocol):
    async def carry(self, message: Message) -> None:
        """Whoever gets the same message twice can tell by its id. Errors: NotCarriedError."""


def content(message: Message) -> CustomerMessage:
    """Errors: NotCarriedError for what is no message to a customer."""
    try:
        return CustomerMessage.of(message)
    except ValueError:
        raise NotCarriedError("unreadable", final=True) from None
