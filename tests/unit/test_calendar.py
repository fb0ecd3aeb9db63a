"""When a department is open; the instants are checked in UTC, which knows no clock changes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_flows import FlowError, calendar_file
from ivr_flows.calendar import Calendar, Closed, Closure, Open, Status, Why, holidays_of, opening_words, status

HOUSE = """
departments:
  sales:
    hours: {mon-fri: "08:00-20:00", sat: "09:00-12:00, 13:00-15:00"}
    exceptions:
      - {first: 2026-12-31, hours: "08:00-14:00", reason: Sylwester}
      - {first: 2026-07-06, last: 2026-07-10, hours: closed, reason: Remont}
      - {first: 2026-12-25, hours: "10:00-12:00", reason: Dyżur}
  support:
    hours: {mon-sun: "00:00-24:00"}
    holidays: as usual
  duty:
    hours: {mon-sat: "00:00-02:30, 22:00-24:00", sun: "02:30-05:00"}
    holidays: "09:00-10:00"
  never:
    hours: {mon: closed}
"""


@pytest.fixture(scope="session")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> Calendar:
    file = tmp_path_factory.mktemp("calendar") / "calendar.yaml"
    file.write_text(HOUSE)
    return calendar_file.load(file)


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("department", "now", "expected"),
    [
        # Monday 23 November 2026, UTC+1
        ("sales", "2026-11-23T06:59:59", Closed(Why.HOURS, "", utc("2026-11-23T07:00"))),
        ("sales", "2026-11-23T07:00", Open(utc("2026-11-23T19:00"))),
        ("sales", "2026-11-23T18:59:59", Open(utc("2026-11-23T19:00"))),
        ("sales", "2026-11-23T19:00", Closed(Why.HOURS, "", utc("2026-11-24T07:00"))),
        # midnight
        ("sales", "2026-11-23T22:59:59", Closed(Why.HOURS, "", utc("2026-11-24T07:00"))),
        ("sales", "2026-11-23T23:00", Closed(Why.HOURS, "", utc("2026-11-24T07:00"))),
        ("duty", "2026-11-23T22:00", Open(utc("2026-11-24T01:30"))),  # 24:00 and 00:00 are one opening
        # a break on Saturday, then the weekend
        ("sales", "2026-11-28T11:30", Closed(Why.HOURS, "", utc("2026-11-28T12:00"))),
        ("sales", "2026-11-28T14:00", Closed(Why.HOURS, "", utc("2026-11-30T07:00"))),
        # holidays: Christmas Eve from 2025 on, three days and a weekend; an exception wins
        ("sales", "2024-12-24T10:00", Open(utc("2024-12-24T19:00"))),
        ("sales", "2025-12-24T10:00", Closed(Why.HOLIDAY, "Wigilia Bożego Narodzenia", utc("2025-12-27T08:00"))),
        ("sales", "2026-12-24T10:00", Closed(Why.HOLIDAY, "Wigilia Bożego Narodzenia", utc("2026-12-25T09:00"))),
        ("sales", "2026-12-25T09:30", Open(utc("2026-12-25T11:00"))),
        ("sales", "2026-12-25T12:00", Closed(Why.EXCEPTION, "Dyżur", utc("2026-12-28T07:00"))),
        ("duty", "2026-11-11T08:30", Open(utc("2026-11-11T09:00"))),
        ("support", "2026-12-25T10:00", Open(None)),
        # exceptions, over several days and in summer time, UTC+2
        ("sales", "2026-12-31T13:00", Closed(Why.EXCEPTION, "Sylwester", utc("2027-01-02T08:00"))),
        ("sales", "2026-07-07T08:00", Closed(Why.EXCEPTION, "Remont", utc("2026-07-11T07:00"))),
        # a leap day is a day like any other
        ("sales", "2028-02-29T10:00", Open(utc("2028-02-29T19:00"))),
        ("sales", "2028-02-28T20:00", Closed(Why.HOURS, "", utc("2028-02-29T07:00"))),
        ("never", "2026-11-23T10:00", Closed(Why.HOURS, "", None)),
        # spring: 02:00 is followed by 03:00 on Sunday 29 March 2026; 02:30 is the leap itself
        ("duty", "2026-03-29T00:59:59", Closed(Why.HOURS, "", utc("2026-03-29T01:00"))),
        ("duty", "2026-03-29T01:00", Open(utc("2026-03-29T03:00"))),
        ("sales", "2026-03-28T20:00", Closed(Why.HOURS, "", utc("2026-03-30T06:00"))),
        # autumn: 02:30 comes twice on Sunday 25 October 2026; open from the first, 00:30 UTC
        ("duty", "2026-10-25T00:29:59", Closed(Why.HOURS, "", utc("2026-10-25T00:30"))),
        ("duty", "2026-10-25T00:30", Open(utc("2026-10-25T04:00"))),
        ("duty", "2026-10-25T01:15", Open(utc("2026-10-25T04:00"))),
        ("sales", "2026-10-24T20:00", Closed(Why.HOURS, "", utc("2026-10-26T07:00"))),
    ],
)
def test_open_or_closed(calendar: Calendar, department: str, now: str, expected: Status) -> None:
    assert status(calendar, department, utc(now)) == expected


NOW = utc("2026-11-23T10:00")


@pytest.mark.parametrize(
    ("until_at", "opens_at"),
    [
        (None, None),
        (utc("2026-11-23T12:00"), utc("2026-11-23T12:00")),  # within hours: as soon as it ends
        (utc("2026-11-23T19:00"), utc("2026-11-24T07:00")),  # at closing time: the next morning
        (utc("2026-11-28T20:00"), utc("2026-11-30T07:00")),
    ],
)
def test_an_emergency_closes_whatever_the_hours_are(
    calendar: Calendar, until_at: float | None, opens_at: float | None
) -> None:
    closed = Calendar(calendar.departments, {"sales": Closure("Ewakuacja", until_at)})
    assert status(closed, "sales", NOW) == Closed(Why.EMERGENCY, "Ewakuacja", opens_at)
    assert status(closed, "support", NOW) == Open(None)


def test_an_emergency_ends_by_itself(calendar: Calendar) -> None:
    closed = Calendar(calendar.departments, {"sales": Closure("Ewakuacja", NOW)})
    assert isinstance(status(closed, "sales", NOW), Open)
    assert isinstance(status(closed, "sales", NOW - 1), Closed)


@pytest.mark.parametrize(
    ("opens", "language", "words"),
    [
        ("2026-11-24T07:00", "pl", "jutro o ósmej"),
        ("2026-11-23T11:30", "pl", "dzisiaj o dwunastej trzydzieści"),
        ("2026-11-30T07:00", "pl", "trzydziestego listopada o ósmej"),
        ("2026-11-28T08:00", "en", "on Saturday at nine a.m."),
        ("2026-11-23T23:00", "pl", "jutro o północy"),
    ],
)
def test_the_next_opening_can_be_said(opens: str, language: str, words: str) -> None:
    assert opening_words(utc(opens), NOW, language) == words


def test_an_unknown_department_is_named(calendar: Calendar) -> None:
    with pytest.raises(FlowError, match="no department `sail`; it has duty, never, sales, support"):
        status(calendar, "sail", NOW)


def test_the_holidays_are_polands() -> None:
    assert len(holidays_of(2024)) == 13
    assert len(holidays_of(2025)) == len(holidays_of(2026)) == 14


@given(st.floats(utc("2024-01-01T00:00"), utc("2030-01-01T00:00")), st.sampled_from(["sales", "support", "duty"]))
def test_what_is_promised_comes_true(calendar: Calendar, now: float, department: str) -> None:
    now = round(now)
    match status(calendar, department, now):
        case Open(closes_at) if closes_at is not None:
            assert closes_at > now
            assert isinstance(status(calendar, department, closes_at - 1), Open)
            assert isinstance(status(calendar, department, closes_at), Closed)
        case Closed(opens_at=opens_at):
            assert opens_at is not None
            assert opens_at > now
            assert isinstance(status(calendar, department, opens_at), Open)
            assert isinstance(status(calendar, department, opens_at - 1), Closed)


A = "departments:\n  a:\n    hours: {"
EXCEPTION = A + "mon: closed}\n    exceptions:\n    - {"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("departments: {}", r"1:14: departments: Dictionary should have at least 1 item"),
        (A + "mon: 8-16}", r"3:18: departments\.a\.hours\.mon: hours are written like"),
        (A + "mon: '16:00-08:00'}", r"3:18: .*hours end later on the same day"),
        (A + "mon: '20:00-24:30'}", r"3:18: .*hours end later on the same day"),
        (A + "mon: '8:00-16:00'}", r"3:18: .*hours are written like"),
        (A + "mon: '08:00-12:00, 11:00-16:00'}", r"3:18: .*overlap"),
        (A + "fri-mon: closed}", r"3:13: .*days are written like"),
        (A + "monday: closed}", r"3:13: .*days are written like"),
        (A + "mon-tue: closed, tue: closed}", r"3:5: .*twice"),
        (A + "mon: closed}\n    colour: red", r"4:5: departments\.a\.colour: Extra inputs"),
        (EXCEPTION + "first: 2026-02-29, hours: closed, reason: x}", r"5:15: departments\.a\.exceptions\.0\.first: "),
        (EXCEPTION + "first: 2026-02-02, last: 2026-02-01, hours: closed, reason: x}", r"5:7: .*lies before `first`"),
        (EXCEPTION + 'first: 2026-02-02, hours: closed, reason: "\\a"}', r"control character"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "calendar.yaml"
    file.write_text(text)
    with pytest.raises(FlowError, match=rf"^calendar\.yaml:.*{message}"):
        calendar_file.load(file)


def test_the_shipped_calendar_is_right() -> None:
    shipped = calendar_file.load(Path(__file__).parents[2] / "config" / "calendar.yaml")
    assert set(shipped.departments) == {"sales", "support", "billing"}
