"""What we ask customers by ourselves, put together from the settings: surveys and their digest, calls about visits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager

from ivr_flows import FlowSet
from telephony.appointment_api import AppointmentApi
from telephony.appointments import AppointmentDesk
from telephony.console.api.endpoint import STAFF, Endpoint
from telephony.console.floor import SUPERVISORS
from telephony.console.more_pages import MorePages, StaffPage
from telephony.console.survey_form import AwayError, SurveyForm
from telephony.console.texts import PageTemplate
from telephony.core.customer import Customer
from telephony.core.customer_message import CustomerMessage, Way, sms_number
from telephony.core.outbox import Message
from telephony.core.survey import LinkAnswer
from telephony.customer_messages import CustomerMessages
from telephony.digest import DigestPost
from telephony.during_call import DuringCall
from telephony.settings import Settings
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.survey_api import SurveyApi
from telephony.survey_titles import titles
from telephony.surveys import Surveys


class Outreach:
    """`clock` gives seconds since the epoch; `flows` are those that are served, `visits` those who are called."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        written: CustomerMessages,
        during_call: DuringCall,
        visits: AppointmentDesk,
        flows: Callable[[], FlowSet],
        clock: Callable[[], float],
    ) -> None:
        def named() -> Mapping[str, str]:
            return titles(settings, during_call.dispositions, flows().flows.values())

        letters = Letters(written)
        self.surveys = Surveys(settings.surveys, store, letters, clock, takes_sms=letters.takes_sms)
        self._digest = DigestPost(settings.surveys, store, letters, named, clock)
        self._survey_api = SurveyApi(store, named, clock)
        self._visits = visits
        self._visit_api = AppointmentApi(visits, clock)
        site = settings.console
        proxies = tuple(map(str, site.proxies))
        self._form = SurveyForm(SurveyAnswers(self.surveys), site.privacy_contact, clock, proxies)

    def pages(self, *others: StaffPage) -> MorePages:
        surveys = StaffPage("/surveys", PageTemplate("surveys.html"), SUPERVISORS)
        visits = StaffPage("/appointments", PageTemplate("appointments.html"), STAFF)
        return MorePages(tuple(self._form.routes()), (surveys, visits, *others))

    def for_pages(self) -> Iterator[Endpoint]:
        yield from self._survey_api.endpoints()
        yield from self.for_programs()

    def for_programs(self) -> Iterator[Endpoint]:
        """What other programs of the house ask."""
        yield from self._visit_api.endpoints()

    async def asks_after_call(self, customer: Customer | None, caller: str | None) -> bool:
        """Whether this caller is asked on the keypad; nobody is while it is not known who objected."""
        people = [*([customer.number, *customer.phones] if customer else []), *([caller] if caller else [])]
        try:
            return await self.surveys.after_call(people)
        except StoreError:
            return False

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs as long as the server does."""
        yield self.surveys.run()
        yield self._digest.run()
        yield self._visits.run()


class Letters:
    """`telephony.core.survey.Messenger`: messages as the outbox has them for those who carry them."""

    def __init__(self, written: CustomerMessages) -> None:
        self._written = written

    def takes_sms(self, phone: str) -> bool:
        return self._written.sms and sms_number(phone, self._written.rules.sms_countries) is not None

    def sms(self, id_: str, to: str, text: str, at: float) -> Message:
        return CustomerMessage(to, text).as_message(id_, Way.SMS, self._written.recipient(to), at)

    def mail(self, id_: str, to: str, subject: str, text: str, at: float) -> Message:
        return CustomerMessage(to, text, subject).as_message(id_, Way.MAIL, self._written.recipient(to), at)


class SurveyAnswers:
    """Surveys for the public page, which knows no store."""

    def __init__(self, surveys: Surveys) -> None:
        self._surveys = surveys

    async def known(self, token: str) -> bool:
        async with _told():
            return await self._surveys.known(token)

    async def answer(self, token: str, answer: LinkAnswer) -> bool:
        async with _told():
            return await self._surveys.answer(token, answer)

    async def object(self, token: str) -> bool:
        async with _told():
            return await self._surveys.object(token)


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    try:
        yield
    except StoreError:
        raise AwayError from None
