"""The house's answers to what flows ask: who somebody is, what is owed, what is broken; and what it takes down for
them: call-backs and complaints. Everything here is bounded in time by whoever asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Protocol

import structlog

from ivr_flows import (
    AnswerAppointment,
    CheckIdentity,
    FindOutages,
    HearEcho,
    LookUp,
    OpenComplaint,
    Question,
    RequestCallBack,
    Result,
    Status,
)
from ivr_flows.variables import Value
from telephony.asterisk.asking import Asker
from telephony.call_back_desk import CallBackDesk, Wish, words
from telephony.core.customer import CustomerAccount, TicketSummary
from telephony.core.ids import InteractionId, QueueName
from telephony.core.promises import COMPLAINT_SUBJECTS, Complaint
from telephony.core.ticket import OpenTicket
from telephony.core.views import CallView, Lane
from telephony.identity import IdentityCheck, Verdict
from telephony.outages import Outages

log = structlog.get_logger()

Visits = Callable[[InteractionId, LookUp | AnswerAppointment], Awaitable[Result]]

REFUSED = Result(Status.REFUSED)
UNAVAILABLE = Result(Status.UNAVAILABLE)


class Records(Protocol):
    """What is asked of the store."""

    async def interaction(self, interaction: str) -> CallView | None: ...

    async def open_tickets_of(self, customer: str) -> tuple[TicketSummary, ...]: ...

    async def file_complaint(self, complaint: Complaint) -> None: ...

    async def open_ticket(self, ticket: OpenTicket, opened_at: float) -> str: ...


class House:
    """`day` turns a moment into the date on the wall."""

    def __init__(
        self,
        records: Records,
        identity: IdentityCheck,
        outages: Outages,
        clock: Callable[[], float],
        day: Callable[[float], date],
        call_backs: CallBackDesk,
        account_of: Callable[[str], Awaitable[CustomerAccount | None]],
        verified: Callable[[InteractionId, str], None] = lambda _interaction, _customer: None,
        visits: Visits | None = None,
        sounds: Callable[[InteractionId], str | None] = lambda _interaction: None,
    ) -> None:
        """`account_of` knows what a customer owes; `verified` hears who has proven to be which customer; `visits` are
        those that customers are called about; `sounds` knows how the caller's own leg has sounded: good, fair, bad.
        """
        self._records = records
        self._identity = identity
        self._outages = outages
        self._clock = clock
        self._day = day
        self._call_backs = call_backs
        self._account_of = account_of
        self._verified = verified
        self._visits = visits
        self._sounds = sounds

    async def answer(self, asker: Asker, question: Question) -> Result:  # noqa: PLR0911 - one for each question
        """Errors: StoreError. UNAVAILABLE for what only the caller's own channel can do."""
        match question:
            case CheckIdentity():
                return await self._check(asker, question)
            case LookUp(what="appointment") | AnswerAppointment() if self._visits:
                return await self._visits(asker.interaction, question)
            case LookUp():
                return await self._look_up(question)
            case HearEcho():
                verdict = self._sounds(asker.interaction)
                return Result(Status.OK, {"verdict": verdict}) if verdict else UNAVAILABLE
            case FindOutages(customer):
                return Result(Status.OK, texts=await self._outages.find(customer))
            case RequestCallBack():
                return await self._call_back(asker, question)
            case OpenComplaint():
                return await self._complaint(asker, question)
            case _:
                return UNAVAILABLE

    async def _check(self, asker: Asker, question: CheckIdentity) -> Result:
        verdict = await self._identity.check(asker.caller, question.customer, question.pin.get_secret_value())
        if verdict is Verdict.RIGHT:
            self._verified(asker.interaction, question.customer)
            return Result(Status.OK)
        return Result(Status.REFUSED, {"blocked": verdict is Verdict.BLOCKED})

    async def _look_up(self, question: LookUp) -> Result:
        if question.what == "open_ticket":
            tickets = await self._records.open_tickets_of(question.customer)
            values = self._ticket(tickets[0]) if tickets else {}
        else:
            account = await self._account_of(question.customer)
            values = _told(question.what, account) if account else {}
        known = {name: value for name, value in values.items() if value is not None}
        return Result(Status.OK, known) if known else REFUSED

    def _ticket(self, ticket: TicketSummary) -> Mapping[str, Value | None]:
        return {"number": ticket.number, "kind": ticket.subject, "opened": self._day(ticket.opened_at).isoformat()}

    async def _call_back(self, asker: Asker, question: RequestCallBack) -> Result:
        call = await self._records.interaction(asker.interaction)
        wish = Wish(
            asker.interaction,
            QueueName(question.queue),
            Lane.ACCESSIBILITY if question.accessibility else Lane.STANDARD,
            question.number if question.number is not None else asker.caller,
            question.caller_id or asker.did,
            call.arrived_at if call else self._clock(),
            question.purpose,
            f"Numer dzwoniącego: {asker.caller or 'nieznany'}",
        )
        taken = await self._call_backs.take(wish)
        if taken is None:
            return REFUSED
        return Result(Status.OK, texts=(words(taken, self._clock()),) if taken.again else ())

    async def _complaint(self, asker: Asker, question: OpenComplaint) -> Result:
        now = self._clock()
        elements = dict(question.elements)
        await self._records.file_complaint(
            Complaint(asker.interaction, question.complaint, question.customer, elements, now)
        )
        told = [f"{name}: {value}" for name, value in sorted(elements.items())]
        body = "\n".join(
            [f"Numer dzwoniącego: {asker.caller or 'nieznany'}", f"Złożono: {self._day(now).isoformat()}", *told]
        )
        subject = COMPLAINT_SUBJECTS[question.complaint]
        number = await self._records.open_ticket(OpenTicket(asker.interaction, None, subject, body), now)
        return Result(Status.OK, {"number": number})


def _told(what: str, account: CustomerAccount) -> Mapping[str, Value | None]:
    match what:
        case "balance":
            return {"amount": account.balance, "due": _iso(account.balance_due)}
        case "last_invoice" if account.invoice:
            return {
                "number": account.invoice,
                "amount": account.invoice_amount,
                "due": _iso(account.invoice_due),
                "paid": account.invoice_paid,
            }
        case "line_diagnosis":
            since, repair = _iso(account.line_since), _iso(account.line_repair)
            return {"state": account.line_state, "since": since, "repair": repair}
        case _:
            return {}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
