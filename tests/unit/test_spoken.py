"""What is refused, and what holds in every language."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_flows.spoken import FORMATS, LANGUAGES, NOUNS, SpokenError, Value, known_format, render
from ivr_flows.spoken.tongue import MAX_NUMBER, group

NOON = datetime.fromisoformat("2026-11-23T12:00")


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        ("colour", 1, "no format `colour`; there are text, number"),
        ("count:cat", 1, "no noun `cat`"),
        ("count", 1, "no format `count`"),
        ("number", "1.5", "a whole number"),
        ("number", "٣", "a whole number"),
        ("number", True, "a whole number"),
        ("number", 1.5, "a whole number"),
        ("number", MAX_NUMBER + 1, "a number is between"),
        ("amount", -MAX_NUMBER - 1, "a number is between"),
        ("minutes", -1, "a count is between 0"),
        ("count:person", MAX_NUMBER + 1, "a count is between 0"),
        ("digits", "brak", "between 1 and 40 digits"),
        ("digits", "1" * 41, "between 1 and 40 digits"),
        ("date", "2026-02-29", "a date such as"),
        ("date", date(1899, 12, 31), "a date between 1900 and 2099"),
        ("date", 20261224, "a date between"),
        ("time", "25:00", "a time such as"),
        ("time", 10, "a time is needed"),
        ("wait", -1, "a waiting time"),
        ("wait", float("nan"), "a waiting time"),
        ("wait", 86_401, "a waiting time"),
        ("minutes_range", (5, 3), "from a smaller count"),
        ("minutes_range", 5, "two whole numbers"),
        ("hours", (8, 20), "two times"),
        ("moment", (NOON, "later"), "two datetimes"),
        ("moment", (NOON, NOON - timedelta(days=1)), "lies in the past"),
        ("text", 1.5, "a whole number"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_said_is_refused(form: str, value: Value, message: str, language: str) -> None:
    with pytest.raises(SpokenError, match=message):
        render(form, value, language)


def test_an_error_never_repeats_the_value() -> None:
    with pytest.raises(SpokenError) as refused:
        render("number", "90010112345x", "pl")
    assert "90010112345" not in str(refused.value)


def test_a_language_nobody_speaks_is_refused() -> None:
    with pytest.raises(SpokenError, match="nothing can be said in `fr`; there are pl, en, uk"):
        render("number", 1, "fr")


def test_the_formats_are_known_by_name() -> None:
    assert all(map(known_format, FORMATS))
    assert known_format("count:person")
    assert not known_format("count:cat")
    assert not known_format("person")


def test_a_foreign_number_keeps_its_country_and_a_text_stays() -> None:
    assert render("phone", "+4930123456", "pl") == (
        "plus cztery dziewięć trzy, zero jeden dwa, trzy cztery, pięć sześć"
    )
    assert render("text", "Kwiatowa 5", "pl") == "Kwiatowa 5"
    assert render("date", NOON, "en") == "the twenty-third of November"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_counts_the_same_nouns(language: str) -> None:
    assert set(LANGUAGES[language].lexicon.nouns) == NOUNS
    assert all(render(f"count:{noun}", 5, language) for noun in NOUNS)


@given(st.integers(-MAX_NUMBER, MAX_NUMBER), st.sampled_from(sorted(LANGUAGES)))
def test_every_number_and_amount_is_words_alone(number: int, language: str) -> None:
    for form in ("number", "amount"):
        words = render(form, number, language)
        assert words == " ".join(words.split())
        assert not any(sign.isdigit() for sign in words)


@given(st.integers(0, MAX_NUMBER), st.integers(0, MAX_NUMBER), st.sampled_from(sorted(LANGUAGES)))
def test_every_range_is_words_alone(one: int, other: int, language: str) -> None:
    words = render("minutes_range", (min(one, other), max(one, other)), language)
    assert words == " ".join(words.split())
    assert not any(sign.isdigit() for sign in words)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.times(), st.sampled_from(sorted(LANGUAGES)))
def test_every_day_and_time_is_words_alone(day: date, at: time, language: str) -> None:
    for form, value in (("date_year", day), ("at_time", at), ("time", at), ("hours", (at, at))):
        words = render(form, value, language)
        assert words == " ".join(words.split())
        assert not any(sign.isdigit() for sign in words)


@given(st.text("0123456789", min_size=1, max_size=40))
def test_groups_lose_no_digit_and_leave_none_alone(run: str) -> None:
    parts = group(run)
    assert "".join(parts) == run
    assert all(len(part) in {2, 3} for part in parts) or len(run) == 1
