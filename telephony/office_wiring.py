"""What is worked on in the office, put together: complaints, messages of the form, what is forgotten, how
calls sounded.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator

from telephony.audit import AuditTrail, audit_key
from telephony.call_back_desk import CallBackDesk
from telephony.complaint_api import ComplaintApi
from telephony.complaint_letter_api import ComplaintLetterApi
from telephony.complaint_post import ComplaintPost
from telephony.complaints import Complaints
from telephony.console.api.endpoint import ENGINEERS, STAFF, Endpoint
from telephony.console.floor import SUPERVISORS
from telephony.console.more_pages import StaffPage
from telephony.console.texts import PageTemplate
from telephony.core.ids import InteractionId
from telephony.customer_messages import CustomerMessages
from telephony.guidance import card_fields_file
from telephony.messages_wiring import Post
from telephony.outbox_api import OutboxApi
from telephony.privacy.desk import PrivacyDesk
from telephony.privacy.house import House
from telephony.privacy_api import PrivacyApi
from telephony.quality_api import Ladder, QualityApi
from telephony.retention import Forgetting
from telephony.settings import Settings
from telephony.store.store import Store
from telephony.ticket_api import TicketApi
from telephony.tickets_wiring import TicketExchange
from telephony.web_messages import WebMessages


class Office:
    """`clock` gives seconds since the epoch; `ladder` knows the SIP of a call."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        desk: CallBackDesk,
        audit: AuditTrail,
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
        ladder: Ladder,
    ) -> None:
        titles = {name: queue.title for name, queue in settings.queues.items()}
        house = House.of(settings, store, clock)
        self.forgetting = Forgetting(house)
        self._privacy_desk = PrivacyDesk(house) if house else None
        self.written = CustomerMessages(settings.messages, audit_key(settings))
        letters = ComplaintPost(settings.complaints.unit, self.written)
        self._complaints = Complaints(settings.complaints.rules, store, clock, letters, audit.complaint_step)
        self._complaint_api = ComplaintApi(self._complaints, audit.complaint_read, new_id)
        self._letter_api = ComplaintLetterApi(self._complaints, audit.complaint_read)
        self._quality_api = QualityApi(store, audit.quality_shown, clock, ladder)
        self.tickets = TicketExchange(settings.ticket_system, store, audit, clock)
        self._ticket_api = TicketApi(store, titles, card_fields_file.load(settings.card_fields), audit, clock)
        self._outbox_api = OutboxApi(store, clock)
        self.post = Post(settings, store, self.written, clock, self._complaints.look_soon)
        self.messages = WebMessages(store, desk, self._complaints, titles, clock, self.written)

    def for_pages(self) -> Iterator[Endpoint]:
        """What people ask in the console."""
        yield from self._complaint_api.endpoints()
        yield from self._ticket_api.endpoints()
        yield from self._outbox_api.endpoints()
        yield from self._quality_api.endpoints()
        if self._privacy_desk:
            yield from PrivacyApi(self._privacy_desk).endpoints()
        yield from self._letter_api.endpoints()

    def more_pages(self) -> Iterator[StaffPage]:
        yield StaffPage("/tickets", PageTemplate("tickets.html"), STAFF)
        yield StaffPage("/outbox", PageTemplate("outbox.html"), SUPERVISORS)
        yield StaffPage("/quality", PageTemplate("quality.html"), ENGINEERS)

    def for_programs(self) -> Iterator[Endpoint]:
        """What other programs of the house ask."""
        yield from self._complaint_api.filing()

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs as long as the server does."""
        yield from self.post.works()
        yield from self.tickets.works()
        yield self.forgetting.run()
        yield self._complaints.run()
