"""Ukrainian: counted nouns by gender, the genitive after "від", "до" and "близько", dates and hours as ordinals.

num2words counts and orders correctly in the nominative masculine; genders and the genitive are ours.
"""

from __future__ import annotations

from datetime import date, time

from ivr_flows.spoken.tongue import Gender, Lexicon, Noun, Tongue, cardinal, ordinal, plural_rule

_F, _N = Gender.FEMININE, Gender.NEUTER

_LEXICON = Lexicon(
    code="uk",
    digits=("нуль", "один", "два", "три", "чотири", "п'ять", "шість", "сім", "вісім", "дев'ять"),
    minus="мінус",
    plus="плюс",
    nouns={
        "second": Noun("секунда", "секунди", "секунд", "секунди", _F),
        "minute": Noun("хвилина", "хвилини", "хвилин", "хвилини", _F),
        "hour": Noun("година", "години", "годин", "години", _F),
        "day": Noun("день", "дні", "днів", "дня"),
        "week": Noun("тиждень", "тижні", "тижнів", "тижня"),
        "month": Noun("місяць", "місяці", "місяців", "місяця"),
        "person": Noun("особа", "особи", "осіб", "особи", _F),
        "invoice": Noun("рахунок", "рахунки", "рахунків", "рахунка"),
        "message": Noun("повідомлення", "повідомлення", "повідомлень", "повідомлення", _N),
        "service": Noun("послуга", "послуги", "послуг", "послуги", _F),
        "ticket": Noun("звернення", "звернення", "звернень", "звернення", _N),
        "call": Noun("дзвінок", "дзвінки", "дзвінків", "дзвінка"),
        "point": Noun("бал", "бали", "балів", "бала"),
        "zloty": Noun("злотий", "злоті", "злотих", "злотого"),
        "grosz": Noun("грош", "гроші", "грошів", "гроша"),
    },
    months=(
        "січня", "лютого", "березня", "квітня", "травня", "червня",
        "липня", "серпня", "вересня", "жовтня", "листопада", "грудня",
    ),
    weekdays=("у понеділок", "у вівторок", "у середу", "у четвер", "у п'ятницю", "у суботу", "у неділю"),
    today="сьогодні",
    tomorrow="завтра",
    under_a_minute="менше хвилини",
    about="близько",
)  # fmt: skip

_UNITS = ("", "одного", "двох", "трьох", "чотирьох", "п'яти", "шести", "семи", "восьми", "дев'яти")
_TEENS = (
    "десяти", "одинадцяти", "дванадцяти", "тринадцяти", "чотирнадцяти",
    "п'ятнадцяти", "шістнадцяти", "сімнадцяти", "вісімнадцяти", "дев'ятнадцяти",
)  # fmt: skip
_TENS = (
    "", "", "двадцяти", "тридцяти", "сорока",
    "п'ятдесяти", "шістдесяти", "сімдесяти", "вісімдесяти", "дев'яноста",
)  # fmt: skip
_HUNDREDS = (
    "", "ста", "двохсот", "трьохсот", "чотирьохсот", "п'ятисот", "шестисот", "семисот", "восьмисот", "дев'ятисот",
)  # fmt: skip


class Ukrainian(Tongue):
    lexicon = _LEXICON

    def counting(self, count: int, gender: Gender) -> str:
        """One and two follow the gender at the end of every compound number too: двадцять одна, двадцять дві."""
        head, _, last = cardinal(count, "uk").rpartition(" ")
        changed = {("один", _F): "одна", ("один", _N): "одне", ("два", _F): "дві"}.get((last, gender), last)
        return f"{head} {changed}".strip()

    def of(self, count: int, noun: Noun) -> str:
        singular = plural_rule("uk", count) == "one"
        return f"{genitive(count, noun.gender)} {noun.genitive if singular else noun.many}"

    def between(self, low: int, high: int, noun: Noun) -> str:
        return f"від {genitive(low, noun.gender)} до {self.of(high, noun)}"

    def day(self, day: date, *, year: bool) -> str:
        words = f"{_inflected(ordinal(day.day, 'uk'), 'ого')} {_LEXICON.months[day.month - 1]}"
        if not year:
            return words
        return f"{words} {_inflected(ordinal(day.year, 'uk').removeprefix('одна '), 'ого')} року"

    def clock(self, at: time) -> str:
        return "північ" if at.hour == at.minute == 0 else _clock(at, "а")

    def at(self, at: time) -> str:
        if at.hour == at.minute == 0:
            return "опівночі"
        return f"{'об' if at.hour == 11 else 'о'} {_clock(at, 'ій')}"

    def hours(self, start: time, end: time) -> str:
        first, last = ("півночі" if each.hour == each.minute == 0 else _clock(each, "ої") for each in (start, end))
        return f"з {first} до {last}"

    def money(self, whole: str, rest: str) -> str:
        return f"{whole} {rest}"


def genitive(count: int, gender: Gender) -> str:
    """`двадцяти однієї`, `двох тисяч п'ятисот`."""
    if count == 0:
        return "нуля"
    millions, rest = divmod(count, 1_000_000)
    thousands, units = divmod(rest, 1000)
    parts = [
        _scale(millions, Gender.MASCULINE, "мільйона", "мільйонів"),
        _scale(thousands, Gender.FEMININE, "тисячі", "тисяч"),
        _below_thousand(units, gender),
    ]
    return " ".join(filter(None, parts))


def _scale(count: int, gender: Gender, one: str, many: str) -> str:
    if count in {0, 1}:
        return one if count else ""
    return f"{_below_thousand(count, gender)} {one if plural_rule('uk', count) == 'one' else many}"


def _below_thousand(count: int, gender: Gender) -> str:
    hundreds, rest = divmod(count, 100)
    tens, units = divmod(rest, 10)
    one = "однієї" if units == 1 and gender is _F else _UNITS[units]
    low = (_TEENS[units],) if tens == 1 else (_TENS[tens], one)
    return " ".join(filter(None, (_HUNDREDS[hundreds], *low)))


def _clock(at: time, ending: str) -> str:
    """The hour as a feminine ordinal; num2words names no noughth hour."""
    hour = _inflected("нульовий" if at.hour == 0 else ordinal(at.hour, "uk"), ending)
    if not at.minute:
        return hour
    zero = "нуль " if at.minute < 10 else ""
    return f"{hour} {zero}{cardinal(at.minute, 'uk')}"


def _inflected(words: str, ending: str) -> str:
    """An ordinal in another form: only its last word changes; `третій` alone is soft."""
    head, _, last = words.rpartition(" ")
    if last == "третій":
        soft = {"а": "третя", "ій": "третій", "ої": "третьої", "ого": "третього"}[ending]
        return f"{head} {soft}".strip()
    return f"{head} {last.removesuffix('ий')}{ending}".strip()
