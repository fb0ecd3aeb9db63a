"""How customers are written to, put together from the settings: carriers, and what hands them the outbox's messages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator

from telephony.core.customer_message import Way
from telephony.customer_messages import CustomerMessages
from telephony.message_settings import Messages, SmsGateway, SmtpServer
from telephony.outward.carrying import Carrier
from telephony.outward.folder import FolderCarrier
from telephony.outward.mail import Letterhead
from telephony.outward.pdf import rendered
from telephony.outward.posting import Posting
from telephony.outward.sms import Gateway, SmsCarrier
from telephony.outward.smtp import MailServer, SmtpCarrier
from telephony.settings import Settings
from telephony.store.store import Store
from telephony.ticket_notices import TicketNotices


def carriers(rules: Messages) -> Iterator[tuple[Way, Carrier]]:
    """For each way that leads anywhere."""
    letterhead = Letterhead(rules.sender, rules.sender_name, rendered)
    folder = FolderCarrier(rules.folder, letterhead) if rules.folder else None
    mail = SmtpCarrier(_server(rules.smtp), letterhead) if rules.smtp else folder
    sms = SmsCarrier(_gateway(rules.sms)) if rules.sms else folder
    if mail:
        yield Way.MAIL, mail
    if sms:
        yield Way.SMS, sms


def _server(smtp: SmtpServer) -> MailServer:
    password = smtp.password.get_secret_value()
    return MailServer(smtp.host, smtp.port, smtp.security, smtp.user, password, smtp.authority)


def _gateway(sms: SmsGateway) -> Gateway:
    return Gateway(str(sms.url), sms.template, sms.form, sms.token.get_secret_value(), sms.sender)


class Post:
    """All that writes to customers. `sent_one` is told after each message that was taken."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        messages: CustomerMessages,
        clock: Callable[[], float],
        sent_one: Callable[[], None],
    ) -> None:
        known = dict(carriers(settings.messages))
        self._ways = {way: Posting(str(way), each, store.outbox, clock, sent_one) for way, each in known.items()}

        def language_of(did: str | None) -> str:
            number = settings.numbers.get(did or "")
            return number.language if number else "pl"

        tells = settings.messages.ticket_sms and Way.SMS in known
        self._notices = TicketNotices(messages, store, language_of, clock) if tells else None

    def figures(self) -> dict[tuple[str, ...], float]:
        """By way and what became of it, since the start."""
        figures: dict[tuple[str, ...], float] = {}
        for way, each in self._ways.items():
            name = way.removeprefix("customer:")
            figures |= {(name, "taken"): float(each.sent), (name, "not_taken"): float(each.failed)}
        return figures

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs as long as the server does."""
        for each in self._ways.values():
            yield each.run()
        if self._notices:
            yield self._notices.run()
