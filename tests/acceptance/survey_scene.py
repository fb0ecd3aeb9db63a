"""Surveys and visits as the scene of the console has them: over its store, with answers to show."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from telephony.appointment_api import AppointmentApi
from telephony.appointments import AppointmentDesk
from telephony.console.api.endpoint import STAFF, Endpoint
from telephony.console.floor import SUPERVISORS
from telephony.console.more_pages import MorePages, StaffPage
from telephony.console.survey_form import SurveyForm
from telephony.console.texts import PageTemplate
from telephony.core.ids import InteractionId
from telephony.core.periods import day_of, quarter_of
from telephony.core.promises import SurveyAnswer
from telephony.core.survey import Invitation, LinkAnswer, Why, key_of
from telephony.core.ticket import OpenTicket, TicketStatus, ticket_sequence
from telephony.customer_messages import CustomerMessages
from telephony.message_settings import Messages
from telephony.outreach_wiring import Letters, SurveyAnswers
from telephony.store.appointments import AppointmentStore
from telephony.store.store import Store
from telephony.survey_api import SurveyApi
from telephony.survey_settings import Appointments
from telephony.survey_settings import Surveys as Rules
from telephony.surveys import Surveys

HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
LETTERS = Letters(CustomerMessages(Messages(folder=Path("outbox")), b"a key of the tests"))
DAY_S = 86_400.0


class Outreach:
    """Surveys and visits over the store of the scene."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.surveys = Surveys(Rules(), store, LETTERS, time.time, takes_sms=LETTERS.takes_sms, rng=random.Random(1))
        self.desk = AppointmentDesk(
            Appointments(), AppointmentStore(store), own=(), receive_only=tuple, ways=lambda: iter(()),
            flow=lambda: None, new_id=lambda: InteractionId("x"), clock=time.time,
        )  # fmt: skip

    def endpoints(self) -> Iterator[Endpoint]:
        yield from SurveyApi(self.store, lambda: {"support": "Pomoc techniczna"}, time.time).endpoints()
        yield from AppointmentApi(self.desk, time.time).endpoints()

    def pages(self, *others: StaffPage) -> MorePages:
        form = SurveyForm(SurveyAnswers(self.surveys), "iod@example.pl", time.time)
        staff = (
            StaffPage("/surveys", PageTemplate("surveys.html"), SUPERVISORS),
            StaffPage("/appointments", PageTemplate("appointments.html"), STAFF),
        )
        return MorePages(tuple(form.routes()), (*staff, *others))

    async def asked(self, name: str, token: str) -> None:
        """A link for a ticket of its own."""
        ticket = OpenTicket(InteractionId(name), None, "Sprawa", "…", status=TicketStatus.CLOSED)
        sequence = ticket_sequence(await self.store.open_ticket(ticket, time.time()))
        now = time.time()
        await self.store.surveys.decide(
            Invitation(sequence, "1", "", "support", Why.ASKED, now, key_of(token), now + DAY_S)
        )

    async def answered(self) -> None:
        """Some answers of this quarter, and what a week's digest would hold."""
        now = time.time()
        for place, value in enumerate((9, 10, 10, 8, 3)):
            token = str(place) * 43
            await self.asked(f"s-{place}", token)
            comment = HOSTILE if place == 0 else "Proszę dzwonić: 600 100 200" if place == 1 else ""
            await self.store.surveys.answer(key_of(token) or "", LinkAnswer(value, 4, comment), now)
        earlier = quarter_of(day_of(now)).begins_at - DAY_S
        for place, value in enumerate((2, 9, 9)):
            await self.store.record_survey_answers([SurveyAnswer(InteractionId(f"k-{place}"), "nps", value, earlier)])
