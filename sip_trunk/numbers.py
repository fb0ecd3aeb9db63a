"""Telephone numbers: E.164 inside, national and carriers' forms outside, and what kind each is.

Poland's numbering plan is closed: nine digits behind +48 [ITU-T E.164; Dz.U. 2017 poz. 2378]. Numbers of other
countries follow phonenumbers' metadata.
"""

from __future__ import annotations

import re
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
EMERGENCY = frozenset({"112", "997", "998", "999", "984", "985", "986", "991", "992", "993", "994", "995", "996"})
_OURS = "48"
_PREMIUM = re.compile(r"\+4870")
_SHORT_SERVICE = re.compile(r"\+48(?:19[0-9]{3}|118[0-9]{2,3})")  # 19xxx of the towns, 118xxx of the directories
_HARMONISED = re.compile(r"\+48116[0-9]{3}")
_FREEPHONE = re.compile(r"\+48800[0-9]{6}")
_SHARED_COST = re.compile(r"\+48801[0-9]{6}")
_VISUAL = re.compile(r"[\s()./-]+")


class Kind(StrEnum):
    """What a called number is, as far as guards care."""

    EMERGENCY = "emergency"
    HARMONISED = "harmonised"  # 116xxx, of social value
    PREMIUM = "premium"
    FREEPHONE = "freephone"
    SHARED_COST = "shared_cost"
    SHORT_SERVICE = "short_service"
    FIXED = "fixed"
    MOBILE = "mobile"
    OTHER_NATIONAL = "other_national"
    INTERNATIONAL = "international"
    INVALID = "invalid"


class NumberForm(StrEnum):
    """How a carrier writes numbers in SIP."""

    E164 = "e164"  # +48221234567
    BARE = "bare"  # 48221234567
    INTERNATIONAL = "international"  # 0048221234567
    NATIONAL = "national"  # 221234567, and 0049… abroad
    TRUNK_ZERO = "trunk-zero"  # 0221234567, and 0049… abroad


def from_carrier(text: str, form: NumberForm) -> str | None:
    """E.164 of what a carrier has sent in its form; None for what is no number in it. Nothing is guessed."""
    digits = _VISUAL.sub("", text)
    plus, digits = digits.startswith("+"), digits.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        return None
    if plus or form in {NumberForm.E164, NumberForm.BARE}:
        return _valid(digits.removeprefix("00") if not plus else digits)
    if digits.startswith("00"):
        return _valid(digits[2:])
    zero = "0" if form is NumberForm.TRUNK_ZERO else ""
    if form is NumberForm.INTERNATIONAL or not digits.startswith(zero):
        return None
    return _valid(_OURS + digits.removeprefix(zero))


def to_carrier(number: str, form: NumberForm) -> str:
    """The digits of an E.164 number in a carrier's form. Errors: ValueError for what is not E.164."""
    digits = digits_of(number)
    national = digits.removeprefix(_OURS) if digits.startswith(_OURS) else None
    match form:
        case NumberForm.E164:
            return f"+{digits}"
        case NumberForm.BARE:
            return digits
        case NumberForm.INTERNATIONAL:
            return f"00{digits}"
        case NumberForm.NATIONAL:
            return national if national is not None else f"00{digits}"
        case NumberForm.TRUNK_ZERO:
            return f"0{national}" if national is not None else f"00{digits}"


def digits_of(number: str) -> str:
    """The digits of an E.164 number. Errors: ValueError."""
    if not E164.fullmatch(number):
        raise ValueError(f"{number!r} is not E.164, such as +48221234567")
    return number[1:]


def national(number: str) -> str:
    """As people read it: `22 123 45 67`; of other countries with `+` and spaces."""
    parsed = phonenumbers.parse(number)
    ours = parsed.country_code == int(_OURS)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL if ours else PhoneNumberFormat.INTERNATIONAL)


def kind_of(number: str) -> Kind:
    """What is called. `number` is E.164, or an emergency number as it is dialled."""
    if number.removeprefix("+48") in EMERGENCY or number in EMERGENCY:
        return Kind.EMERGENCY
    for pattern, kind in _RULES:
        if pattern.match(number):
            return kind
    if not E164.fullmatch(number):
        return Kind.INVALID
    if not number.startswith(f"+{_OURS}"):
        return Kind.INTERNATIONAL
    return _national_kind(number)


_RULES = (
    (_PREMIUM, Kind.PREMIUM),
    (_HARMONISED, Kind.HARMONISED),
    (_FREEPHONE, Kind.FREEPHONE),
    (_SHARED_COST, Kind.SHARED_COST),
    (re.compile(_SHORT_SERVICE.pattern + "$"), Kind.SHORT_SERVICE),
)

_OF_METADATA = {
    PhoneNumberType.FIXED_LINE: Kind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.FIXED,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.PREMIUM_RATE: Kind.PREMIUM,
    PhoneNumberType.TOLL_FREE: Kind.FREEPHONE,
    PhoneNumberType.SHARED_COST: Kind.SHARED_COST,
}


def _national_kind(number: str) -> Kind:
    if len(number) != len("+48") + 9:
        return Kind.INVALID
    return _OF_METADATA.get(phonenumbers.number_type(phonenumbers.parse(number)), Kind.OTHER_NATIONAL)


def _valid(digits: str) -> str | None:
    """Poland's plan is closed, so that a digit more or less is found; elsewhere only the length of E.164 is asked."""
    number = f"+{digits}"
    if not E164.fullmatch(number):
        return None
    if not digits.startswith(_OURS) or _SHORT_SERVICE.fullmatch(number) or _HARMONISED.fullmatch(number):
        return number
    return number if len(digits) == len(_OURS) + 9 else None
