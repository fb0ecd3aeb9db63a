"""Polish: counted nouns by gender, the genitive after "od", "do" and "około", dates in the genitive, hours as ordinals.

The cases follow the PWN dictionary of correct Polish: of compound numbers "jeden" alone stays as it is.
"""

from __future__ import annotations

from datetime import date, time

from ivr_flows.spoken.tongue import Gender, Lexicon, Noun, Tongue, cardinal, ordinal

_F, _N = Gender.FEMININE, Gender.NEUTER

_LEXICON = Lexicon(
    code="pl",
    digits=("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć"),
    minus="minus",
    plus="plus",
    nouns={
        "second": Noun("sekunda", "sekundy", "sekund", "sekundy", _F),
        "minute": Noun("minuta", "minuty", "minut", "minuty", _F),
        "hour": Noun("godzina", "godziny", "godzin", "godziny", _F),
        "day": Noun("dzień", "dni", "dni", "dnia"),
        "week": Noun("tydzień", "tygodnie", "tygodni", "tygodnia"),
        "month": Noun("miesiąc", "miesiące", "miesięcy", "miesiąca"),
        "person": Noun("osoba", "osoby", "osób", "osoby", _F),
        "invoice": Noun("faktura", "faktury", "faktur", "faktury", _F),
        "message": Noun("wiadomość", "wiadomości", "wiadomości", "wiadomości", _F),
        "service": Noun("usługa", "usługi", "usług", "usługi", _F),
        "ticket": Noun("zgłoszenie", "zgłoszenia", "zgłoszeń", "zgłoszenia", _N),
        "call": Noun("połączenie", "połączenia", "połączeń", "połączenia", _N),
        "point": Noun("punkt", "punkty", "punktów", "punktu"),
        "zloty": Noun("złoty", "złote", "złotych", "złotego"),
        "grosz": Noun("grosz", "grosze", "groszy", "grosza"),
    },
    months=(
        "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
        "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
    ),
    weekdays=("w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"),
    today="dzisiaj",
    tomorrow="jutro",
    under_a_minute="mniej niż minutę",
    about="około",
)  # fmt: skip

_UNITS = ("", "jeden", "dwóch", "trzech", "czterech", "pięciu", "sześciu", "siedmiu", "ośmiu", "dziewięciu")
_TEENS = (
    "dziesięciu", "jedenastu", "dwunastu", "trzynastu", "czternastu",
    "piętnastu", "szesnastu", "siedemnastu", "osiemnastu", "dziewiętnastu",
)  # fmt: skip
_TENS = (
    "", "", "dwudziestu", "trzydziestu", "czterdziestu",
    "pięćdziesięciu", "sześćdziesięciu", "siedemdziesięciu", "osiemdziesięciu", "dziewięćdziesięciu",
)  # fmt: skip
_HUNDREDS = (
    "", "stu", "dwustu", "trzystu", "czterystu", "pięciuset", "sześciuset", "siedmiuset", "ośmiuset", "dziewięciuset",
)  # fmt: skip


class Polish(Tongue):
    lexicon = _LEXICON

    def counting(self, count: int, gender: Gender) -> str:
        """num2words counts in the masculine; Polish changes one and two by gender: jedna, jedno, dwie."""
        words = cardinal(count, "pl")
        if count == 1:
            return {_F: "jedna", _N: "jedno"}.get(gender, words)
        return words.removesuffix("dwa") + "dwie" if gender is _F and words.split()[-1] == "dwa" else words

    def of(self, count: int, noun: Noun) -> str:
        return f"{genitive(count, noun.gender)} {noun.genitive if count == 1 else noun.many}"

    def between(self, low: int, high: int, noun: Noun) -> str:
        return f"od {genitive(low, noun.gender)} do {self.of(high, noun)}"

    def day(self, day: date, *, year: bool) -> str:
        words = f"{_of_ordinal(ordinal(day.day, 'pl'))} {_LEXICON.months[day.month - 1]}"
        return f"{words} {_of_ordinal(ordinal(day.year, 'pl'))} roku" if year else words

    def clock(self, at: time) -> str:
        if at.hour == at.minute == 0:
            return "północ"
        hour = "zero" if at.hour == 0 else _feminine(ordinal(at.hour, "pl"), "a")
        return f"{hour}{self._minutes(at)}"

    def at(self, at: time) -> str:
        return f"o {self._oblique(at)}"

    def hours(self, start: time, end: time) -> str:
        return f"od {self._oblique(start)} do {self._oblique(end)}"

    def money(self, whole: str, rest: str) -> str:
        return f"{whole} {rest}"

    def _oblique(self, at: time) -> str:
        """Genitive and locative of the hour are the same: od ósmej, o ósmej."""
        if at.hour == at.minute == 0:
            return "północy"
        hour = "zero" if at.hour == 0 else _feminine(ordinal(at.hour, "pl"), "ej")
        return f"{hour}{self._minutes(at)}"

    @staticmethod
    def _minutes(at: time) -> str:
        zero = "zero " if at.minute < 10 else ""
        return f" {zero}{cardinal(at.minute, 'pl')}" if at.minute else (" zero zero" if at.hour == 0 else "")


def genitive(count: int, gender: Gender) -> str:
    """`dwudziestu jeden`, `jednej`, `dwóch tysięcy pięciuset`."""
    if count == 0:
        return "zera"
    if count == 1:
        return "jednej" if gender is _F else "jednego"
    millions, rest = divmod(count, 1_000_000)
    thousands, units = divmod(rest, 1000)
    parts = [
        _scale(millions, "miliona", "milionów"),
        _scale(thousands, "tysiąca", "tysięcy"),
        _below_thousand(units),
    ]
    return " ".join(filter(None, parts))


def _scale(count: int, one: str, many: str) -> str:
    return f"{_below_thousand(count)} {many}" if count > 1 else one if count else ""


def _below_thousand(count: int) -> str:
    hundreds, rest = divmod(count, 100)
    tens, units = divmod(rest, 10)
    low = (_TEENS[units],) if tens == 1 else (_TENS[tens], _UNITS[units])
    return " ".join(filter(None, (_HUNDREDS[hundreds], *low)))


def _of_ordinal(words: str) -> str:
    """The genitive of a masculine ordinal; its last words alone are ordinals: dwa tysiące dwudziestego szóstego."""
    return " ".join(word + "ego" if word.endswith("i") else _hard(word) for word in words.split())


def _hard(word: str) -> str:
    return word.removesuffix("y") + "ego" if word.endswith("y") else word


def _feminine(words: str, ending: str) -> str:
    """`drugi` as `druga` or `drugiej`, `trzeci` as `trzecia`, `pierwszy` as `pierwsza`."""
    return " ".join(_feminine_word(word, ending) for word in words.split())


def _feminine_word(word: str, ending: str) -> str:
    if word.endswith("gi") and ending == "a":
        return word.removesuffix("i") + ending
    return word.removesuffix("y") + ending
