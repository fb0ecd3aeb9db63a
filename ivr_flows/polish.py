"""Numbers as a Polish caller hears them: counted nouns in the right case and gender, ticket numbers digit by digit.

The plural forms follow the Unicode plural rules for Polish (CLDR: one, few, many) through babel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from babel import Locale
from num2words import num2words  # type: ignore[import-untyped]

_DIGITS = ("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć")
MAX_COUNT = 999_999_999


@dataclass(frozen=True, slots=True)
class Noun:
    """The three forms a counted noun takes: 1 minuta, 2 minuty, 5 minut."""

    one: str
    few: str
    many: str
    feminine: bool = False
    neuter: bool = False


MINUTE = Noun("minuta", "minuty", "minut", feminine=True)
SECOND = Noun("sekunda", "sekundy", "sekund", feminine=True)
HOUR = Noun("godzina", "godziny", "godzin", feminine=True)
PERSON = Noun("osoba", "osoby", "osób", feminine=True)
DAY = Noun("dzień", "dni", "dni")


def counted(count: int, noun: Noun) -> str:
    """`dwie minuty`, `pięć minut`, `dwadzieścia dwie minuty`; raises ValueError outside 0 to 999,999,999."""
    if not 0 <= count <= MAX_COUNT:
        raise ValueError(f"{count} is not between 0 and {MAX_COUNT}")
    form = {"one": noun.one, "few": noun.few}.get(_plural_rule(count), noun.many)
    return f"{_cardinal(count, noun)} {form}"


def minutes(count: int) -> str:
    return counted(count, MINUTE)


def digit_by_digit(number: str, group: int = 3) -> str:
    """`40217` as `cztery zero dwa, jeden siedem`; groups are set apart by a comma, which is heard as a short pause.

    Everything but digits (the letters and dashes of a ticket number) is left out; raises ValueError without any digit.
    """
    digits = [_DIGITS[int(sign)] for sign in number if sign.isascii() and sign.isdigit()]
    if not digits:
        raise ValueError("there is no digit to read")
    return ", ".join(" ".join(digits[start : start + group]) for start in range(0, len(digits), group))


def _cardinal(count: int, noun: Noun) -> str:
    """num2words counts in the masculine; Polish changes one and two by gender: jedna, jedno, dwie."""
    words = str(num2words(count, lang="pl"))
    if count == 1:
        return "jedna" if noun.feminine else "jedno" if noun.neuter else words
    if noun.feminine and words.endswith("dwa"):
        return words.removesuffix("dwa") + "dwie"
    return words


@cache
def _polish() -> Locale:
    return Locale("pl")


def _plural_rule(count: int) -> str:
    return str(_polish().plural_form(count))
