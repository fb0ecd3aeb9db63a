"""Types of variables: what an author writes, a caller keys in and a system answers."""

import pytest

from ivr_flows.variables import Kind, Value, fits, format_fits, keyed, written


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.TEXT, "Ala", "Ala"),
        (Kind.NUMBER, "-12", -12),
        (Kind.MINUTES, "5", 5),
        (Kind.AMOUNT, "12.50", 1250),
        (Kind.AMOUNT, "-12.50", -1250),
        (Kind.AMOUNT, "7", 700),
        (Kind.DATE, "2026-12-24", "2026-12-24"),
        (Kind.TIME, "08:30", "08:30"),
        (Kind.DIGITS, "0012", "0012"),
        (Kind.TICKET, "471", "471"),
        (Kind.BOOLEAN, "no", False),
        (Kind.RECORDING, "r-1", "r-1"),
    ],
)
def test_what_is_written_means_what_it_says(kind: Kind, text: str, value: Value) -> None:
    assert written(kind, text) == value
    assert fits(kind, value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.TEXT, "a" * 201),
        (Kind.TEXT, "\x07"),
        (Kind.NUMBER, "²"),
        (Kind.NUMBER, "1" * 13),
        (Kind.AMOUNT, "1.5"),
        (Kind.AMOUNT, "1.\u0665\u0665"),
        (Kind.AMOUNT, "1,50"),
        (Kind.DATE, "24.12.2026"),
        (Kind.TIME, "25:00"),
        (Kind.DIGITS, ""),
        (Kind.DIGITS, "1" * 33),
        (Kind.BOOLEAN, "1"),
        (Kind.SECRET, "1234"),
    ],
)
def test_what_is_not_of_the_type_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|written like|cannot be set"):
        written(kind, text)


@pytest.mark.parametrize(
    ("kind", "digits", "value"),
    [
        (Kind.DATE, "24122026", "2026-12-24"),
        (Kind.TIME, "0830", "08:30"),
        (Kind.AMOUNT, "120", 12000),
        (Kind.NUMBER, "007", 7),
        (Kind.DIGITS, "007", "007"),
    ],
)
def test_what_is_keyed_in_becomes_a_value(kind: Kind, digits: str, value: Value) -> None:
    assert keyed(kind, digits) == value


@pytest.mark.parametrize(
    ("kind", "digits"),
    [
        (Kind.DATE, "31022026"),
        (Kind.DATE, "2412"),
        (Kind.TIME, "2460"),
        (Kind.DIGITS, "12#"),
        (Kind.BOOLEAN, "1"),
        (Kind.SECRET, "1234"),
        (Kind.RECORDING, "1"),
    ],
)
def test_what_cannot_be_keyed_in_is_refused(kind: Kind, digits: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        keyed(kind, digits)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.AMOUNT, True),
        (Kind.AMOUNT, 10**12),
        (Kind.AMOUNT, "12"),
        (Kind.BOOLEAN, 1),
        (Kind.TEXT, None),
        (Kind.TEXT, "a\nb"),
        (Kind.DATE, "20261224"),
        (Kind.SECRET, "1234"),
    ],
)
def test_an_answer_of_another_type_is_none(kind: Kind, value: object) -> None:
    assert not fits(kind, value)


def test_values_are_said_in_formats_of_their_type() -> None:
    assert format_fits(Kind.NUMBER, "count:person")
    assert not format_fits(Kind.NUMBER, "count:unicorn")
    assert not format_fits(Kind.NUMBER, "amount")
    assert not format_fits(Kind.SECRET, "text")
