"""English as spoken in Britain: "one hundred and one", the day before the month, the clock with a.m. and p.m."""

from __future__ import annotations

from datetime import date, time

from ivr_flows.spoken.tongue import Gender, Lexicon, Noun, Tongue, cardinal, ordinal


def _noun(one: str, many: str = "") -> Noun:
    return Noun(one, many or one + "s", many or one + "s", one)


_LEXICON = Lexicon(
    code="en",
    digits=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    minus="minus",
    plus="plus",
    nouns={
        "second": _noun("second"), "minute": _noun("minute"), "hour": _noun("hour"), "day": _noun("day"),
        "week": _noun("week"), "month": _noun("month"), "person": _noun("person", "people"),
        "invoice": _noun("invoice"), "message": _noun("message"), "service": _noun("service"),
        "ticket": _noun("ticket"), "call": _noun("call"), "point": _noun("point"),
        "zloty": _noun("zloty"), "grosz": _noun("grosz", "groszy"),
    },
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    weekdays=("on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday"),
    today="today",
    tomorrow="tomorrow",
    under_a_minute="less than a minute",
    about="about",
)  # fmt: skip


class English(Tongue):
    lexicon = _LEXICON

    def counting(self, count: int, gender: Gender) -> str:
        """Without num2words' commas: a pause inside of a number would split it."""
        del gender  # English has none
        return cardinal(count, "en").replace(",", "")

    def of(self, count: int, noun: Noun) -> str:
        return self.counted(count, noun)

    def between(self, low: int, high: int, noun: Noun) -> str:
        return f"from {self.counting(low, noun.gender)} to {self.counted(high, noun)}"

    def day(self, day: date, *, year: bool) -> str:
        words = f"the {ordinal(day.day, 'en')} of {_LEXICON.months[day.month - 1]}"
        return f"{words} {_year(day.year)}" if year else words

    def clock(self, at: time) -> str:
        if at.minute == 0 and at.hour in {0, 12}:
            return "noon" if at.hour else "midnight"
        half = "a.m." if at.hour < 12 else "p.m."
        oh = "oh " if at.minute < 10 else ""
        minutes = f" {oh}{cardinal(at.minute, 'en')}" if at.minute else ""
        return f"{cardinal(at.hour % 12 or 12, 'en')}{minutes} {half}"

    def at(self, at: time) -> str:
        return f"at {self.clock(at)}"

    def hours(self, start: time, end: time) -> str:
        return f"from {self.clock(start)} to {self.clock(end)}"

    def money(self, whole: str, rest: str) -> str:
        return f"{whole} and {rest}"


def _year(year: int) -> str:
    """`nineteen ninety-nine`, `two thousand and nine`, `twenty twenty-six`."""
    century, rest = divmod(year, 100)
    if 2000 <= year < 2010:
        return cardinal(year, "en")
    if rest == 0:
        return f"{cardinal(century, 'en')} hundred"
    oh = "oh " if rest < 10 else ""
    return f"{cardinal(century, 'en')} {oh}{cardinal(rest, 'en')}"
