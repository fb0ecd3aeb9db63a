"""Visits that customers are called about: when the next call is, and what came of it.

A try is entered before the phone rings, with the moment of the next one: whoever has answered nothing by then (nobody
at home, an answering machine, a server that died) is called again, or no more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from telephony.core.hours import POLAND, Hours
from telephony.core.ids import InteractionId
from telephony.core.periods import midnight
from telephony.core.promises import callable_number

REFERENCE, PLACE = 60, 150  # characters
LANGUAGES = ("pl", "en", "uk")
COLUMNS = ("reference", "number", "date", "time", "place")  # of a list; `language` may stand beside them


class VisitState(StrEnum):
    OPEN = "open"  # to be called about
    CONFIRMED = "confirmed"
    MOVE = "move"  # another day is wanted
    TALKED = "talked"  # a consultant has talked about it
    NOT_REACHED = "not_reached"
    WITHDRAWN = "withdrawn"


ANSWERS = frozenset({VisitState.CONFIRMED, VisitState.MOVE})  # what a key can say


@dataclass(frozen=True, slots=True)
class AppointmentRules:
    """`ahead_days` before the day of the visit the calls begin; `pause_s` lies between two tries."""

    hours: Hours = field(default_factory=Hours)
    attempts: int = 3
    pause_s: float = 7200.0
    ring_s: float = 30.0
    ahead_days: int = 3


@dataclass(frozen=True, slots=True)
class Appointment:
    """`reference` is the word of whoever sends the list for it: one visit for each. `number` in E.164."""

    id: InteractionId  # of its ticket
    reference: str
    number: str
    day: date
    begins: time
    place: str
    loaded_at: float  # seconds since the epoch
    language: str = "pl"
    state: VisitState = VisitState.OPEN
    attempts: int = 0
    next_at: float = 0.0  # no call before
    call: InteractionId | None = None  # the last try
    done_at: float | None = None

    @property
    def begins_at(self) -> float:
        return datetime.combine(self.day, self.begins, POLAND).timestamp()


class Next(StrEnum):
    """What is to be done about a visit now."""

    CALL = "call"
    WAIT = "wait"
    GIVE_UP = "give_up"


def read(row: Mapping[str, str], id_: InteractionId, rules: AppointmentRules, now: float) -> Appointment:
    """A visit from a line of a list. Errors: ValueError with what is wrong, without the number and the place."""
    known = {name: unicodedata.normalize("NFC", (row.get(name) or "").strip()) for name in (*COLUMNS, "language")}
    if missing := [name for name in COLUMNS if not known[name]]:
        raise ValueError(f"{', '.join(missing)}: missing")
    for name, most in (("reference", REFERENCE), ("place", PLACE)):
        if len(known[name]) > most or not known[name].isprintable():
            raise ValueError(f"{name}: a line of at most {most} letters is expected")
    number = callable_number("".join(known["number"].split()))
    if number is None:
        raise ValueError("number: nine Polish digits are expected, and none of a special service")
    day, begins = _day(known["date"]), _time(known["time"])
    if (language := known["language"] or "pl") not in LANGUAGES:
        raise ValueError(f"language: one of {', '.join(LANGUAGES)}")
    first = midnight(day - timedelta(days=rules.ahead_days))
    visit = Appointment(id_, known["reference"], number, day, begins, known["place"], now, language, next_at=first)
    if visit.begins_at <= now:
        raise ValueError("date: it is over")
    return visit


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("date: it is written like 2026-12-03") from None
    if not 2000 <= day.year < 2200:  # near the ends of the calendar nothing can be reckoned
        raise ValueError("date: the year is none of a visit")
    return day


def _time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time on a wall alone
    except ValueError:
        raise ValueError("time: it is written like 10:30") from None


def next_of(visit: Appointment, rules: AppointmentRules, now: float) -> Next:
    """Nobody is called outside the hours, nor once the visit has begun."""
    if visit.state is not VisitState.OPEN:
        return Next.WAIT
    if now >= visit.begins_at:
        return Next.GIVE_UP
    if now < visit.next_at:
        return Next.WAIT
    if visit.attempts >= rules.attempts:
        return Next.GIVE_UP
    return Next.CALL if rules.hours.allow(now) else Next.WAIT


def tried(visit: Appointment, call: InteractionId, rules: AppointmentRules, now: float) -> Appointment:
    """The phone is going to ring."""
    return replace(visit, attempts=visit.attempts + 1, next_at=now + rules.pause_s, call=call)


def settled(visit: Appointment, state: VisitState, now: float) -> Appointment:
    return replace(visit, state=state, done_at=now)


def words(visit: Appointment) -> tuple[str, str]:
    """Subject and text of the ticket."""
    when = f"{visit.day.isoformat()} {visit.begins:%H:%M}"
    return f"Wizyta {visit.reference}: {when}", f"Termin: {when}\nMiejsce: {visit.place}\nNumer: {visit.number}"


_RESULTS = {
    VisitState.CONFIRMED: "Wizyta potwierdzona",
    VisitState.MOVE: "Klient prosi o inny termin wizyty",
    VisitState.TALKED: "Klient rozmawiał o wizycie z konsultantem",
    VisitState.NOT_REACHED: "Nie udało się dodzwonić w sprawie wizyty",
    VisitState.WITHDRAWN: "Wizyta odwołana: nie dzwonimy",
}


def result_words(visit: Appointment) -> tuple[str, str]:
    """Subject and text of what is entered in the ticket once it is settled. Errors: KeyError for one that is open."""
    when = f"{visit.day.isoformat()} {visit.begins:%H:%M}"
    return _RESULTS[visit.state], f"Termin: {when}\nPołączenia: {visit.attempts}"
