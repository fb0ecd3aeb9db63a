"""What would tell whose a text is, is masked, however it is written; what a comment is about stays."""

from __future__ import annotations

import pytest

from telephony.core.digest import SHOWN, Comment, without_people
from telephony.core.masking import MASK, masked


@pytest.mark.parametrize(
    "secret",
    [
        "600100200", "+48 600 100 200", "600-100-200", "(22) 000.01.00", "600\u00a0100\u00a0200", "6 0 0 1 0 0 2 0 0",
        "\uff16\uff10\uff10\uff11\uff10\uff10\uff12\uff10\uff10",
        "PL61 1090 1014 0000 0712 1981 2874", "44051401359", "00-950", "600\u2013100\u2013200", "100/200/300",
        "jan@example.pl", "jan.kowalski+x@poczta.example.com.pl", "jan (at) example.pl", "jan @ example.pl",
        "JAN@EXAMPLE.PL",
        "https://example.pl/jan", "www.example.pl/600",
    ],
)  # fmt: skip
def test_numbers_addresses_and_links_are_masked(secret: str) -> None:
    told = masked(f"Proszę o kontakt: {secret}. Dziękuję")
    assert MASK in told
    for part in ("600", "100", "1090", "4405", "950", "jan", "example", "JAN"):
        assert part not in told
    assert told.startswith("Proszę o kontakt: ")
    assert told.endswith("Dziękuję")


@pytest.mark.parametrize("plain", ["Czekałem 45 minut", "Od 2024 roku, 12 razy", "Ocena 10/10", "Umowa na 24 miesiące"])
def test_what_it_is_about_stays(plain: str) -> None:
    assert masked(plain) == plain


def test_a_comment_is_one_line_and_short() -> None:
    told = without_people(Comment("support", "Nie działa\r\n\tod 600 100 200 " + "x" * 2000))
    assert told.comment.startswith(f"Nie działa od {MASK} x")
    assert len(told.comment) == SHOWN
    assert told.comment.endswith("…")


def test_hostile_text_of_the_longest_kind_is_read_at_once() -> None:
    for text in ("1" * 2000, "1 " * 1000, "a" * 2000, "a@" * 1000, "(at)" * 500):
        assert len(masked(text)) <= 2000
