"""Values as a caller hears them, in Polish, English and Ukrainian: `render("amount", 12350, "pl")`.

Everything is words in the end, so that a synthesiser has nothing left to guess at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from types import MappingProxyType

from ivr_flows.spoken.english import English
from ivr_flows.spoken.polish import Polish
from ivr_flows.spoken.tongue import Noun, SpokenError, Tongue
from ivr_flows.spoken.ukrainian import Ukrainian

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "NOUNS",
    "Noun",
    "SpokenError",
    "Tongue",
    "Value",
    "known_format",
    "render",
    "tongue",
]

Value = str | int | float | date | time | tuple[object, object]

LANGUAGES = MappingProxyType({"pl": Polish(), "en": English(), "uk": Ukrainian()})
NOUNS = frozenset(Polish.lexicon.nouns)
_YEARS = range(1900, 2100)  # beyond them the languages name years in ways nobody has checked


def render(form: str, value: Value, language: str) -> str:
    """The value in words. Raises SpokenError for an unknown format or language and for a value that does not fit.

    `form` is one of FORMATS or `count:NOUN` (NOUNS). Values: `number`, `minutes`, `seconds`, `count:…` a whole number
    or its digits; `amount` whole grosze; `digits`, `ticket`, `phone` text; `date`, `date_year` a date or ISO 8601;
    `time`, `at_time` a time or `HH:MM`; `wait` seconds; `minutes_range` two whole numbers; `hours` two times; `moment`
    two local datetimes, now and then; `text` is said as it is.
    """
    voice = tongue(language)
    name, colon, noun = form.partition(":")
    if name == "count" and colon:
        return voice.counted(_whole(value), voice.noun(noun))
    try:
        return _FORMATS[form](voice, value)
    except KeyError:
        raise SpokenError(f"no format `{form}`; there are {', '.join(FORMATS)}, count:NOUN") from None


def tongue(language: str) -> Tongue:
    try:
        return LANGUAGES[language]
    except KeyError:
        raise SpokenError(f"nothing can be said in `{language}`; there are {', '.join(LANGUAGES)}") from None


def known_format(form: str) -> bool:
    return form in _FORMATS or (form.startswith("count:") and form.removeprefix("count:") in NOUNS)


def _whole(value: Value) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 12:
        return int(value)
    raise SpokenError("a whole number is needed here")


def _seconds(value: Value) -> float:
    return value if isinstance(value, float) else float(_whole(value))


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    return str(_whole(value))


def _date(value: Value) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise SpokenError("a date such as 2026-12-24 is needed here") from None
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date) or value.year not in _YEARS:
        raise SpokenError(f"a date between {_YEARS[0]} and {_YEARS[-1]} is needed here")
    return value


def _time(value: Value) -> time:
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value)
        except ValueError:
            raise SpokenError("a time such as 10:30 is needed here") from None
    if not isinstance(value, time):
        raise SpokenError("a time is needed here")
    return value


def _pair(value: Value) -> tuple[int, int]:
    match value:
        case (int(low), int(high)):
            return low, high
    raise SpokenError("two whole numbers are needed here")


def _hours(value: Value) -> tuple[time, time]:
    match value:
        case (time() as start, time() as end):
            return start, end
    raise SpokenError("two times are needed here")


def _moments(value: Value) -> tuple[datetime, datetime]:
    match value:
        case (datetime() as now, datetime() as then):
            return now, then
    raise SpokenError("two datetimes are needed here")


_FORMATS: MappingProxyType[str, Callable[[Tongue, Value], str]] = MappingProxyType(
    {
        "text": lambda _, value: _text(value),
        "number": lambda voice, value: voice.number(_whole(value)),
        "digits": lambda voice, value: voice.digits(_text(value)),
        "ticket": lambda voice, value: voice.digits(_text(value)),
        "phone": lambda voice, value: voice.phone(_text(value)),
        "date": lambda voice, value: voice.day(_date(value), year=False),
        "date_year": lambda voice, value: voice.day(_date(value), year=True),
        "time": lambda voice, value: voice.clock(_time(value)),
        "at_time": lambda voice, value: voice.at(_time(value)),
        "hours": lambda voice, value: voice.hours(*_hours(value)),
        "amount": lambda voice, value: voice.amount(_whole(value)),
        "minutes": lambda voice, value: voice.counted(_whole(value), voice.noun("minute")),
        "seconds": lambda voice, value: voice.counted(_whole(value), voice.noun("second")),
        "minutes_range": lambda voice, value: voice.span(*_pair(value), voice.noun("minute")),
        "wait": lambda voice, value: voice.wait(_seconds(value)),
        "moment": lambda voice, value: voice.moment(*_moments(value)),
    }
)
FORMATS = tuple(_FORMATS)
