from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from telephony.core.complaint_letters import REMEDIES, Letter, NoLetterError, letter
from telephony.core.complaints import Act, Level, Step, standing

FILED = date(2026, 3, 20)
ABOUT = Letter(
    "MARSOFT S.A., Dział Reklamacji", "000013", "service_quality", FILED, date(2026, 3, 23), "Anna Wiśniewska",
    Level.CONSULTANT, {"name": "Jan Żak", "address": "ul. Cicha 5, Rzeszów", "grounds": "…"},
)  # fmt: skip
OPEN = standing("service_quality", FILED, [], FILED)


def test_the_confirmation_says_by_when_and_what_silence_means() -> None:
    assert letter(ABOUT, Act.CONFIRM, OPEN) == (
        "MARSOFT S.A., Dział Reklamacji\n23 marca 2026 r.\n\nJan Żak\nul. Cicha 5, Rzeszów\n\n"
        "Szanowni Państwo,\n\n"
        "potwierdzamy przyjęcie reklamacji numer 000013, złożonej 20 marca 2026 r. i dotyczącej jakości usług.\n\n"
        "Odpowiemy najpóźniej 3 kwietnia 2026 r. Jeśli nie odpowiemy do 19 kwietnia 2026 r., reklamacja będzie "
        "uważana za uznaną.\n\n"
        "Z poważaniem\nAnna Wiśniewska\nkonsultant"
    )


def test_the_request_has_its_limit_and_its_warning() -> None:
    asked = standing("billing", FILED, [Step(Act.ASK, date(2026, 3, 23), "anna")], date(2026, 3, 23))
    text = letter(replace(ABOUT, elements={}), Act.ASK, asked, "adres, numer konta")
    assert "wymaga uzupełnienia: adres, numer konta." in text
    assert "najpóźniej 30 marca 2026 r. Reklamację, która nie zostanie uzupełniona w tym terminie" in text
    assert text.startswith("MARSOFT S.A., Dział Reklamacji\n23 marca 2026 r.\n\nSzanowni")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            {"decision": "accepted", "compensation": "30 zł do 15 kwietnia", "reasons": "Nadajnik był wyłączony."},
            ["została uznana.", "Rekompensata: 30 zł do 15 kwietnia", "Uzasadnienie: Nadajnik był wyłączony."],
        ),
        ({"decision": "refused", "reasons": "Pomiar był dobry."}, ["nie została uznana.", "Uzasadnienie: Pomiar"]),
        ({"decision": "partly"}, ["uznana częściowo."]),
    ],
)
def test_the_answer_has_all_that_it_must_name(facts: dict[str, str], told: list[str]) -> None:
    steps = [Step(Act.PROPOSE, FILED, "anna", facts), Step(Act.APPROVE, FILED, "piotr")]
    text = letter(replace(ABOUT, level=Level.MANAGER), Act.ANSWER, standing("other", FILED, steps, FILED))
    for words in ("MARSOFT S.A.", "23 marca 2026 r.", *told, REMEDIES, "Anna Wiśniewska\nkierownik operacyjny"):
        assert words in text
    assert ("Rekompensata" in text) == ("compensation" in facts)


@pytest.mark.parametrize("act", [Act.ASK, Act.ANSWER, Act.PROPOSE])
def test_there_is_no_letter_before_its_time(act: Act) -> None:
    with pytest.raises(NoLetterError):
        letter(ABOUT, act, OPEN)


def test_a_kind_that_nobody_knows_is_about_our_services() -> None:
    assert "świadczonych usług" in letter(replace(ABOUT, kind="new"), Act.CONFIRM, OPEN)
