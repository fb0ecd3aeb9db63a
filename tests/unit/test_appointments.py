"""Visits that customers are called about: lists that are read, and when the phone rings again or no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from telephony.core.appointments import (
    Appointment,
    AppointmentRules,
    Next,
    VisitState,
    next_of,
    read,
    result_words,
    settled,
    tried,
    words,
)
from telephony.core.hours import POLAND
from telephony.core.ids import InteractionId

RULES = AppointmentRules(attempts=2, pause_s=3600, ahead_days=2)
ROW = {"reference": "Z-17", "number": "600 100 200", "date": "2026-12-03", "time": "10:30", "place": "Polna 5, Radom"}
ID = InteractionId("v-1")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=POLAND).timestamp()


NOW = at("2026-11-30T12:00")


def visit(**changes: str) -> Appointment:
    return read({**ROW, **changes}, ID, RULES, NOW)


def test_a_line_of_a_list_is_read() -> None:
    assert visit() == Appointment(
        ID, "Z-17", "+48600100200", date(2026, 12, 3), time(10, 30), "Polna 5, Radom", NOW,
        next_at=at("2026-12-01T00:00"),
    )  # fmt: skip
    assert visit(language="uk").language == "uk"


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("number", "112", "nine Polish digits"),
        ("number", "700123456", "none of a special service"),
        ("number", "+4915112345678", "nine Polish digits"),
        ("number", "", "number: missing"),
        ("date", "0001-01-02", "date: the year is none of a visit"),
        ("date", "9999-12-31", "date: the year is none of a visit"),
        ("date", "3.12.2026", "date: it is written like"),
        ("date", "2026-11-30", "date: it is over"),
        ("time", "25:00", "time: it is written like"),
        ("place", "x" * 151, "at most 150 letters"),
        ("place", "Polna\n5", "a line of"),
        ("reference", "x" * 61, "reference: a line"),
        ("language", "de", "language: one of"),
    ],
)
def test_what_is_wrong_is_told_without_telling_the_number(column: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        visit(**{column: value, **({"time": "11:59"} if value == "2026-11-30" else {})})
    assert "700123456" not in str(caught.value)


def test_nobody_is_called_too_early_at_night_or_once_the_visit_has_begun() -> None:
    known = visit()
    assert next_of(known, RULES, at("2026-11-30T12:00")) is Next.WAIT
    assert next_of(known, RULES, at("2026-12-01T07:59")) is Next.WAIT
    assert next_of(known, RULES, at("2026-12-01T08:00")) is Next.CALL
    assert next_of(known, RULES, at("2026-12-01T20:00")) is Next.WAIT
    assert next_of(known, RULES, at("2026-12-03T10:29")) is Next.CALL
    assert next_of(known, RULES, at("2026-12-03T10:30")) is Next.GIVE_UP


def test_it_is_tried_so_often_with_pauses_and_then_given_up() -> None:
    first = tried(visit(), InteractionId("c-1"), RULES, at("2026-12-01T08:00"))
    assert (first.attempts, first.call) == (1, "c-1")
    assert next_of(first, RULES, at("2026-12-01T08:59")) is Next.WAIT
    assert next_of(first, RULES, at("2026-12-01T09:00")) is Next.CALL
    second = tried(first, InteractionId("c-2"), RULES, at("2026-12-01T19:30"))
    assert next_of(second, RULES, at("2026-12-01T20:00")) is Next.WAIT, "the last try is under way"
    assert next_of(second, RULES, at("2026-12-01T20:30")) is Next.GIVE_UP


def test_what_is_settled_is_settled() -> None:
    done = settled(visit(), VisitState.CONFIRMED, NOW)
    assert next_of(done, RULES, at("2026-12-01T08:00")) is Next.WAIT
    assert (done.state, done.done_at) == (VisitState.CONFIRMED, NOW)


def test_the_ticket_says_when_and_where_and_what_came_of_it() -> None:
    assert words(visit()) == (
        "Wizyta Z-17: 2026-12-03 10:30",
        "Termin: 2026-12-03 10:30\nMiejsce: Polna 5, Radom\nNumer: +48600100200",
    )
    for state in set(VisitState) - {VisitState.OPEN}:
        assert result_words(replace(visit(), state=state, attempts=2))[1].endswith("Połączenia: 2")
