"""What a caller left with the flow: a number to call back, a complaint, an answer to a survey. Frozen records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType

from telephony.core.ids import InteractionId, QueueName
from telephony.core.views import Lane

_NINE_DIGITS = re.compile(r"(?:\+48)?([1-9][0-9]{8})", re.ASCII)
# Calls that cost their receiver's customer extra, reach nobody, or are somebody else's business.
_NEVER_CALLED = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.UAN,
    }
)


class CallBackState(StrEnum):
    OPEN = "open"
    DONE = "done"  # somebody has talked with the customer
    NOT_REACHED = "not_reached"
    REFUSED = "refused"  # a number that may not be called
    WITHDRAWN = "withdrawn"
    CALLED_IN = "called_in"  # the customer has called meanwhile, and somebody has answered
    BY_HAND = "by_hand"  # from the time before the line called by itself


@dataclass(frozen=True, slots=True)
class CallBackRequest:
    """Call `number` (E.164) and keep the place of `first_arrival`, seconds since the epoch.

    `interaction` is where it was asked for, `call_back` the interaction that the call itself will be.
    """

    interaction: InteractionId
    queue: QueueName
    lane: Lane
    number: str
    shown: str  # the number to be shown as the caller
    first_arrival: float
    requested_at: float
    call_back: InteractionId
    purpose: str = "talk"  # or test_call
    state: CallBackState = CallBackState.OPEN
    attempts: int = 0  # how often the customer's phone was called in vain
    next_at: float = 0.0  # not before
    done_at: float | None = None


COMPLAINT_SUBJECTS = {
    "service_quality": "Reklamacja: jakość usług",
    "billing": "Reklamacja: rozliczenia",
    "contract": "Reklamacja: umowa",
    "other": "Reklamacja",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it was filed; `elements` by the names of RULES: subject, period, grounds, …"""

    interaction: InteractionId
    kind: str
    customer: str | None
    elements: Mapping[str, object] = field(default_factory=dict)
    filed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """`csat` 1 to 5, `nps` 0 to 10."""

    interaction: InteractionId
    survey: str
    value: int
    answered_at: float


def callable_number(text: str | None) -> str | None:
    """The number in E.164, if we may call it: Poland's closed plan, nine digits, no premium, shared or free number."""
    found = _NINE_DIGITS.fullmatch(text or "")
    if not found:
        return None
    e164 = f"+48{found[1]}"
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return None if kind in _NEVER_CALLED else e164
