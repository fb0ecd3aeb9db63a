"""The words of waiting announcements in three languages, and when they are said."""

import pytest

from telephony.asterisk.announcing import EVERY_S, FIRST_S, Announcing, words
from telephony.core.estimate import Minutes


@pytest.mark.parametrize(
    ("said", "language", "expected"),
    [
        (Minutes(0, 1), "pl", "Przewidywany czas oczekiwania: mniej niż minutę."),
        (Minutes(0, 2), "pl", "Przewidywany czas oczekiwania: do dwóch minut."),
        (Minutes(1, 2), "pl", "Przewidywany czas oczekiwania: od jednej do dwóch minut."),
        (Minutes(3, 5), "pl", "Przewidywany czas oczekiwania: od trzech do pięciu minut."),
        (Minutes(21, 25), "pl", "Przewidywany czas oczekiwania: od dwudziestu jeden do dwudziestu pięciu minut."),
        (Minutes(0, 2), "en", "Expected waiting time: up to two minutes."),
        (Minutes(3, 5), "en", "Expected waiting time: from three to five minutes."),
        (Minutes(0, 5), "uk", "Орієнтовний час очікування: до п'яти хвилин."),
        (Minutes(3, 5), "uk", "Орієнтовний час очікування: від трьох до п'яти хвилин."),
    ],
)
def test_a_range_is_said_in_good_words(said: Minutes, language: str, expected: str) -> None:
    assert words(said, language) == expected


def test_it_is_said_soon_and_then_once_a_minute() -> None:
    now = 100.0
    announcing = Announcing(lambda: Minutes(3, 5), lambda: now, "pl", slow=True)
    said = []
    for second in range(200):
        now = 100.0 + second
        if prompt := announcing.due():
            said.append(second)
            assert (prompt.language, prompt.slow) == ("pl", True)
    assert said == [FIRST_S, FIRST_S + EVERY_S, FIRST_S + 2 * EVERY_S, FIRST_S + 3 * EVERY_S]


def test_silence_counts_as_said() -> None:
    asked = []
    now = 0.0

    def ask() -> None:
        asked.append(now)

    announcing = Announcing(ask, lambda: now, "pl", slow=False)
    for second in range(80):
        now = float(second)
        assert announcing.due() is None
    assert asked == [FIRST_S, FIRST_S + EVERY_S]
