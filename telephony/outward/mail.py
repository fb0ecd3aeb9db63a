"""E-mails to customers as they go over the wire [RFC 5322, RFC 2045]: text, and the same as a PDF where it is a letter.

Nothing that a customer has chosen becomes a header as it is: the address is checked, and what the standard library
cannot write down on one line it refuses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ivr_flows.calendar import local
from telephony.core.customer_message import CustomerMessage, mail_address
from telephony.core.outbox import Message
from telephony.outward.carrying import NotCarriedError, content

Render = Callable[[CustomerMessage, float], bytes]  # a letter as PDF; the time in seconds since the epoch
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_NO_NAME = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whom e-mails come from, and what makes a PDF of a letter."""

    sender: str
    sender_name: str
    render: Render

    def mail_of(self, message: Message) -> EmailMessage:
        """The same message gives the same e-mail. Errors: NotCarriedError for what can be sent to nobody."""
        told = content(message)
        if (to := mail_address(told.to)) is None:
            raise NotCarriedError("no address", final=True)
        mail = EmailMessage(policy=SMTP)
        try:
            mail["From"] = Address(self.sender_name, addr_spec=self.sender)
            mail["To"] = Address(addr_spec=to)
            mail["Subject"] = _CONTROL.sub(" ", told.subject)
            mail["Date"] = format_datetime(local(message.created_at))
            mail["Message-ID"] = f"<{name_of(message)}@{self.sender.rpartition('@')[2]}>"
            mail["Auto-Submitted"] = "auto-generated"  # whoever answers by machine does not answer us [RFC 3834]
            mail.set_content(told.text)
        except ValueError:
            raise NotCarriedError("unwritable", final=True) from None
        if told.title:
            pdf = self.render(told, message.created_at)
            name = f"{_NO_NAME.sub('-', told.title).strip('-')}.pdf"
            mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
        return mail


def name_of(message: Message) -> str:
    """Of a message, for headers and files: it tells nothing, and is the same at each try."""
    return hashlib.sha256(message.id.encode()).hexdigest()[:32]
