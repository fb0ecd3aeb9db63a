"""A message to a customer, as the outbox keeps it; who may have one; and what says the number of a ticket.

Addresses come from strangers: whatever is no plain address, or not the kind of number an SMS may go to, is nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType

from telephony.core.outbox import Message

LONGEST_ADDRESS = 254  # [RFC 5321 section 4.5.3.1.3]
POLAND = 48
# ASCII, unquoted [RFC 5322 section 3.2.3]: what has quotes, comments or spaces is not needed by anybody real.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


class Way(StrEnum):
    """The names of their receivers in the outbox: with a colon, which no other receiver has."""

    SMS = "customer:sms"
    MAIL = "customer:mail"


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """`title` names the PDF that holds the text, too; empty: there is none."""

    to: str
    text: str
    subject: str = ""
    title: str = ""

    def as_message(self, id_: str, way: Way, recipient: str, now: float) -> Message:
        """`recipient` is a pseudonym of the address."""
        body = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))
        return Message(id_, str(way), body, now, next_at=now, recipient=recipient)

    @classmethod
    def of(cls, message: Message) -> CustomerMessage:
        """Errors: ValueError for what is none of ours."""
        try:
            return cls(**{name: str(value) for name, value in json.loads(message.body).items()})
        except (TypeError, AttributeError):
            raise ValueError("that is no message to a customer") from None


def mail_address(text: str | None) -> str | None:
    """The address as a mail server takes it, its domain in ASCII; None for what is none."""
    local, at, domain = (text or "").strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return None
    fits = at and len(local) <= 64 and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(ascii_domain)
    address = f"{local}@{ascii_domain}"
    return address if fits and len(address) <= LONGEST_ADDRESS else None


def sms_number(text: str | None, countries: Collection[int] = (POLAND,)) -> str | None:
    """The number in E.164 if it is a mobile one of these countries (calling codes); None for every other."""
    if text is None or not _E164.fullmatch(text):
        return None
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    good = parsed.country_code in countries and phonenumbers.is_valid_number(parsed)
    return text if good and phonenumbers.number_type(parsed) in _MOBILE else None


# Each fits one SMS: 70 characters where letters beyond GSM 03.38 are among them [3GPP TS 23.040].
_TICKET_SMS = {
    "pl": "MARSOFT: numer zgłoszenia to {number}.",
    "en": "MARSOFT: your ticket number is {number}.",
    "uk": "MARSOFT: номер звернення {number}.",
}
_TICKET_SUBJECT = {
    "pl": "Zgłoszenie {number}",
    "en": "Ticket {number}",
    "uk": "Звернення {number}",
}
_TICKET_MAIL = {
    "pl": "Dzień dobry,\n\nprzyjęliśmy zgłoszenie. Jego numer to {number}. Prosimy podać go, kontaktując się z nami.",
    "en": "Hello,\n\nwe have received your request. Its number is {number}. Please quote it when you contact us.",
    "uk": "Добрий день!\n\nМи прийняли звернення. Його номер {number}. Вказуйте його, звертаючись до нас.",
}
SIGNED = "\n\nMARSOFT S.A."


def ticket_sms(to: str, number: str, language: str) -> CustomerMessage:
    return CustomerMessage(to, _TICKET_SMS.get(language, _TICKET_SMS["pl"]).format(number=number))


def ticket_mail(to: str, number: str, language: str = "pl") -> CustomerMessage:
    subject = _TICKET_SUBJECT.get(language, _TICKET_SUBJECT["pl"]).format(number=number)
    text = _TICKET_MAIL.get(language, _TICKET_MAIL["pl"]).format(number=number)
    return CustomerMessage(to, f"{text}{SIGNED}", subject)
