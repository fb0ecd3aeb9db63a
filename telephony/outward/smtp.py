"""A mail server takes our e-mails [RFC 5321], over TLS from the start or by STARTTLS [RFC 3207], never without."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from telephony.core.outbox import Message
from telephony.outward.carrying import NotCarriedError
from telephony.outward.mail import Letterhead

ANSWER_S = 15.0
# The server's state, or our own log-in, and not this message [RFC 5321 section 4.2.3, RFC 4954 section 6].
_NOT_THIS_MESSAGE = frozenset({421, 454, 530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class MailServer:
    """`security` "none" is for this machine alone; `authority` a PEM file of those who are trusted."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    authority: Path | None = None


class SmtpCarrier:
    def __init__(self, server: MailServer, letterhead: Letterhead) -> None:
        self._server = server
        self._letterhead = letterhead

    async def carry(self, message: Message) -> None:
        """Errors: NotCarriedError."""
        await asyncio.to_thread(self._carry, message)

    def _carry(self, message: Message) -> None:
        mail = self._letterhead.mail_of(message)
        with _told(), self._connected() as smtp:
            smtp.send_message(mail)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        context = ssl.create_default_context(cafile=server.authority) if server.security != "none" else None
        with _opened(server, context) as smtp:
            if server.security == "starttls":
                smtp.starttls(context=context)  # a server that does not offer it is an error, never a way without
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp


def _opened(server: MailServer, context: ssl.SSLContext | None) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=ANSWER_S, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=ANSWER_S)


@contextmanager
def _told() -> Iterator[None]:
    """Errors: NotCarriedError; the server's own words may name the customer, and are left out."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        raise _refused(code) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotCarriedError(type(error).__name__) from None


def _refused(code: int) -> NotCarriedError:
    return NotCarriedError(f"SMTP {code}", final=code >= 500 and code not in _NOT_THIS_MESSAGE)
