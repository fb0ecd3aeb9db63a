"""What the languages share: counted nouns by the Unicode plural rules (CLDR), digits in groups, amounts, waiting times.

Each language adds its own cases and genders; the words themselves are num2words' where those are right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from itertools import pairwise

from babel import Locale
from num2words import num2words  # type: ignore[import-untyped]

MAX_NUMBER = 999_999_999
MAX_DIGITS = 40
_GROUP = 3


class SpokenError(ValueError):
    """The value cannot be said in the way asked for; the message never repeats the value."""


class Gender(Enum):
    MASCULINE = "masculine"
    FEMININE = "feminine"
    NEUTER = "neuter"


@dataclass(frozen=True, slots=True)
class Noun:
    """The forms a counted noun takes: 1 minuta, 2 minuty, 5 minut; `genitive` is "of one": jednej minuty."""

    one: str
    few: str
    many: str
    genitive: str
    gender: Gender = Gender.MASCULINE


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A language's fixed words. `weekdays` say when ("w poniedziałek"), `months` stand after the day."""

    code: str  # ISO 639-1
    digits: tuple[str, ...]
    minus: str
    plus: str
    nouns: Mapping[str, Noun]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    today: str
    tomorrow: str
    under_a_minute: str
    about: str


class Tongue(ABC):
    """One language. Numbers are whole; times are local, of 24 hours."""

    lexicon: Lexicon

    @abstractmethod
    def counting(self, count: int, gender: Gender) -> str:
        """The number as it stands before a noun of that gender, in the nominative."""

    @abstractmethod
    def of(self, count: int, noun: Noun) -> str:
        """Number and noun after "about" or "up to": in the genitive where the language has one."""

    @abstractmethod
    def between(self, low: int, high: int, noun: Noun) -> str:
        """`od trzech do pięciu minut`; low < high."""

    @abstractmethod
    def day(self, day: date, *, year: bool) -> str:
        """The day as the answer to "when": `dwudziestego czwartego grudnia`."""

    @abstractmethod
    def clock(self, at: time) -> str:
        """`dziesiąta trzydzieści`."""

    @abstractmethod
    def at(self, at: time) -> str:
        """`o dziesiątej trzydzieści`."""

    @abstractmethod
    def hours(self, start: time, end: time) -> str:
        """`od ósmej do dwudziestej`."""

    @abstractmethod
    def money(self, whole: str, rest: str) -> str:
        """Złote and grosze side by side."""

    def number(self, value: int) -> str:
        _bounded(value)
        words = self.counting(abs(value), Gender.MASCULINE)
        return f"{self.lexicon.minus} {words}" if value < 0 else words

    def counted(self, count: int, noun: Noun) -> str:
        """`dwie minuty`; raises SpokenError outside 0 to MAX_NUMBER."""
        if not 0 <= count <= MAX_NUMBER:
            raise SpokenError(f"a count is between 0 and {MAX_NUMBER}")
        return f"{self.counting(count, noun.gender)} {self.form(count, noun)}"

    def form(self, count: int, noun: Noun) -> str:
        return {"one": noun.one, "few": noun.few}.get(plural_rule(self.lexicon.code, count), noun.many)

    def noun(self, name: str) -> Noun:
        try:
            return self.lexicon.nouns[name]
        except KeyError:
            raise SpokenError(f"no noun `{name}`; there are {', '.join(sorted(self.lexicon.nouns))}") from None

    def span(self, low: int, high: int, noun: Noun) -> str:
        """A range of counts; where both ends are the same, that count alone."""
        if not 0 <= low <= high <= MAX_NUMBER:
            raise SpokenError("a range goes from a smaller count to a larger one")
        return self.counted(low, noun) if low == high else self.between(low, high, noun)

    def digits(self, text: str) -> str:
        """`40217` as `cztery zero dwa, jeden siedem`; a comma is heard as a short pause. Other signs end a group."""
        runs = list(_runs(text))
        if not runs or sum(map(len, runs)) > MAX_DIGITS:
            raise SpokenError(f"between 1 and {MAX_DIGITS} digits can be read")
        return ", ".join(
            " ".join(self.lexicon.digits[int(sign)] for sign in each) for run in runs for each in group(run)
        )

    def phone(self, number: str) -> str:
        """A number as it is dialled in Poland: without the country code where it is Poland's, else with its plus."""
        if number.startswith("+48") and len(number) == len("+48") + 9:
            return self.digits(number.removeprefix("+48"))
        words = self.digits(number)
        return f"{self.lexicon.plus} {words}" if number.startswith("+") else words

    def amount(self, grosze: int) -> str:
        """Polish money, given in whole grosze; no grosze are said where there are none."""
        _bounded(grosze)
        zlote, rest = divmod(abs(grosze), 100)
        whole = self.counted(zlote, self.noun("zloty"))
        part = self.counted(rest, self.noun("grosz"))
        words = self.money(whole, part) if zlote and rest else part if rest else whole
        return f"{self.lexicon.minus} {words}" if grosze < 0 else words

    def wait(self, wait_s: float) -> str:
        """A waiting time, never said shorter than it is: whole minutes rounded up, from an hour on in fives."""
        if not 0 <= wait_s <= 86_400:
            raise SpokenError("a waiting time is between nothing and a day")
        if wait_s < 60:
            return self.lexicon.under_a_minute
        minutes = -int(-wait_s // 60)
        if minutes < 60:
            return f"{self.lexicon.about} {self.of(minutes, self.noun('minute'))}"
        hours, rest = divmod(-(-minutes // 5) * 5, 60)
        parts = [self.of(hours, self.noun("hour"))] + ([self.of(rest, self.noun("minute"))] if rest else [])
        return " ".join([self.lexicon.about, *parts])

    def moment(self, now: datetime, then: datetime) -> str:
        """When something is, seen from `now`: today, tomorrow, a weekday within six days, or a date; and the hour."""
        days = (then.date() - now.date()).days
        if days < 0:
            raise SpokenError("the moment lies in the past")
        near = (self.lexicon.today, self.lexicon.tomorrow)
        day = near[days] if days < 2 else self.lexicon.weekdays[then.weekday()]
        if days > 6:
            day = self.day(then.date(), year=days > 300)
        return f"{day} {self.at(then.time())}"


def group(run: str) -> list[str]:
    """Digits in threes, the rest in twos, so that none stands alone: 7 digits are 3, 2, 2."""
    if len(run) <= _GROUP:
        return [run]
    ends = [0]
    while (left := len(run) - ends[-1]) > 0:
        ends.append(ends[-1] + (2 if left in {2, 4} else _GROUP))
    return [run[start:end] for start, end in pairwise(ends)]


@cache
def _locale(code: str) -> Locale:
    return Locale(code)


def plural_rule(code: str, count: int) -> str:
    """`one`, `few`, `many` or `other` [CLDR plural rules]."""
    return str(_locale(code).plural_form(count))


def cardinal(count: int, code: str) -> str:
    return str(num2words(count, lang=code))


def ordinal(count: int, code: str) -> str:
    return str(num2words(count, lang=code, to="ordinal"))


def _bounded(value: int) -> None:
    if abs(value) > MAX_NUMBER:
        raise SpokenError(f"a number is between {-MAX_NUMBER} and {MAX_NUMBER}")


def _runs(text: str) -> Iterator[str]:
    """Runs of the ten digits of a keypad; digits of other scripts are not read."""
    kept = "".join(sign if sign.isascii() and sign.isdigit() else " " for sign in text)
    yield from kept.split()
