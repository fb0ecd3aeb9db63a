"""What is typed to find a customer: digits or words, and how a name is compared without its marks."""

from __future__ import annotations

import re

import pytest

from telephony.core.sought import Sought, patterns, sought, words_of


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("100 200", Sought(digits="100200")),
        ("+48 600-100-200", Sought(digits="48600100200")),
        ("Żak Łucja", Sought(words=("lucja", "zak"))),
        ("Żółkiewska-Brzęczyszczykiewicz", Sought(words=("brzeczyszczykiewicz", "zolkiewska"))),
        ("123", None),
        ("ul. 3", None),
        ("  ", None),
        ("' % _", None),
        ("١٢٣٤", Sought(words=("١٢٣٤",))),
    ],
)
def test_digits_are_the_end_of_a_number_and_anything_else_a_name(text: str, meant: Sought | None) -> None:
    assert sought(text) == meant


@pytest.mark.parametrize(
    ("text", "name", "fits"),
    [
        ("zak", "Anna Żak", True),
        ("an za", "Anna Żak", True),
        ("żak", "Anna Zakrzewska", True),
        ("nna", "Anna Żak", False),
        ("anna nowak", "Anna Żak", False),
        ("muller", "Jürgen Müller", True),
        ("swietej", "Święta-Świętej", True),
    ],
)
def test_each_word_begins_one_of_the_name(text: str, name: str, *, fits: bool) -> None:
    wanted = sought(text)
    assert wanted
    assert wanted.fits(name) is fits
    assert not Sought(digits="1234").fits(name)


@pytest.mark.parametrize(
    "name", ["Łucja", "Żółkiewska", "Gżegżółka", "Müller", "D'Angelo", "Ań", "Łoś", "Zosia", "100%", "Józia Żak-Łań"]
)
def test_a_pattern_finds_every_name_that_fits(name: str) -> None:
    """`_` is any one letter, `%` any letters [SQL, LIKE]; nothing else in it is special."""
    for word in words_of(name):
        known = patterns(word)
        assert 0 < len(known) <= 54
        assert all(re.fullmatch(r"%\w+%", each) for each in known)
        read = [re.compile(each.replace("%", ".*").replace("_", "."), re.IGNORECASE) for each in known]
        assert any(each.fullmatch(name) for each in read), known
