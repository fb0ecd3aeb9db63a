"""Polish numbers as they are said; the cases follow the rules of the PWN dictionary of correct Polish."""

import pytest

from ivr_flows.polish import DAY, HOUR, MAX_COUNT, PERSON, Noun, counted, digit_by_digit, minutes

WINDOW = Noun("okno", "okna", "okien", neuter=True)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "zero minut"),
        (1, "jedna minuta"),
        (2, "dwie minuty"),
        (3, "trzy minuty"),
        (5, "pięć minut"),
        (11, "jedenaście minut"),
        (12, "dwanaście minut"),
        (14, "czternaście minut"),
        (21, "dwadzieścia jeden minut"),
        (22, "dwadzieścia dwie minuty"),
        (25, "dwadzieścia pięć minut"),
        (101, "sto jeden minut"),
        (102, "sto dwie minuty"),
        (112, "sto dwanaście minut"),
    ],
)
def test_minutes(count: int, words: str) -> None:
    assert minutes(count) == words


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, DAY, "jeden dzień"),
        (2, DAY, "dwa dni"),
        (5, DAY, "pięć dni"),
        (2, PERSON, "dwie osoby"),
        (5, PERSON, "pięć osób"),
        (22, HOUR, "dwadzieścia dwie godziny"),
        (1, WINDOW, "jedno okno"),
        (2, WINDOW, "dwa okna"),
    ],
)
def test_a_noun_takes_the_case_and_the_number_its_gender(count: int, noun: Noun, words: str) -> None:
    assert counted(count, noun) == words


@pytest.mark.parametrize("count", [-1, MAX_COUNT + 1])
def test_a_count_beyond_reason_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 999999999"):
        minutes(count)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("40217", "cztery zero dwa, jeden siedem"),
        ("HL-2026-000183", "dwa zero dwa, sześć zero zero, zero jeden osiem, trzy"),
        ("٣9", "dziewięć"),  # only the ten digits of a keypad are read
    ],
)
def test_a_ticket_number_is_read_digit_by_digit(number: str, words: str) -> None:
    assert digit_by_digit(number) == words


def test_a_number_without_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="no digit"):
        digit_by_digit("brak")
