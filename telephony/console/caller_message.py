"""What somebody wrote in the form for callers: checked and cleaned, or refused with a word per field.

Everything in it is hostile until it is text: control characters and marks that turn the direction of what follows go.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import phonenumbers

from telephony.core.ids import QueueName
from telephony.core.promises import callable_number

NAME, PHONE, EMAIL, TEXT = 100, 30, 254, 4000  # characters
_DIRECTION = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]\\]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_GROUPING = str.maketrans("", "", " -\u2013()./\u00a0")


class CallBack(StrEnum):
    """What became of the wish to be called."""

    NOT_WISHED = "not_wished"
    PROMISED = "promised"
    PROMISED_BEFORE = "promised_before"  # the earlier promise keeps its place
    NEVER_CALLED = "never_called"


@dataclass(frozen=True, slots=True)
class CallerMessage:
    """`once` names the sending: a second one with the same name is the same message. `phone` is E.164."""

    once: str
    name: str
    phone: str | None
    email: str | None
    queue: QueueName
    text: str
    call_back: bool
    complaint: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """`answer_by` is the last day for the answer to a complaint."""

    ticket: str
    call_back: CallBack
    answer_by: date | None = None


class NotFiledError(Exception):
    """The message could not be stored now; whoever wrote it keeps it and tries again."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Field → the key of a word in form.json."""

    problems: Mapping[str, str]


def read(fields: Mapping[str, str], queues: Collection[str]) -> CallerMessage | Refused:
    """`fields` as the browser sent them; `once` among them was made by us."""
    name, text = clean(fields.get("name", ""), lines=False), clean(fields.get("text", ""), lines=True)
    phone, email = clean(fields.get("phone", ""), lines=False), clean(fields.get("email", ""), lines=False)
    wished = fields.get("call_back") == "yes"
    number = _number(phone)
    problems = {
        "name": "error_name" if not 0 < len(name) <= NAME else "",
        "phone": _phone_problem(phone, number, email, wished=wished),
        "email": "error_email" if email and (len(email) > EMAIL or not _EMAIL.fullmatch(email)) else "",
        "queue": "error_queue" if fields.get("queue") not in queues else "",
        "text": "error_text" if not 0 < len(text) <= TEXT else "",
        "website": "error_trap" if fields.get("website") else "",
    }
    if found := {field: problem for field, problem in problems.items() if problem}:
        return Refused(found)
    return CallerMessage(
        fields["once"], name, number, email or None, QueueName(fields["queue"]), text, call_back=wished,
        complaint=fields.get("complaint") == "yes",
    )  # fmt: skip


def clean(text: str, *, lines: bool) -> str:
    """NFC, without control characters (but line ends, where `lines`) and marks of direction."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(
        each
        for each in text
        if (each == "\n" and lines) or (unicodedata.category(each) not in {"Cc", "Cs", "Cn"} and each not in _DIRECTION)
    )
    return kept.strip()


def _number(phone: str) -> str | None:
    """E.164; None for what is no number."""
    digits = phone.translate(_GROUPING)
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    if called := callable_number(digits):
        return called
    try:
        parsed = phonenumbers.parse(digits, "PL")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed) or parsed.extension:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _phone_problem(phone: str, number: str | None, email: str, *, wished: bool) -> str:
    if wished and callable_number(number) is None:
        return "error_phone_call"
    if phone and number is None:
        return "error_phone"
    return "" if phone or email else "error_reach"
