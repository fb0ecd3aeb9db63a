"""Quarters and weeks of the Polish calendar, over both changes of the clock and the turn of the year."""

from __future__ import annotations

from datetime import date

import pytest

from telephony.core.periods import before, day_of, midnight, quarter, quarter_of, week, week_of

HOUR_S = 3600.0


def test_a_quarter_begins_and_ends_at_polish_midnight() -> None:
    found = quarter("2026Q4")
    assert (found.first, found.after) == (date(2026, 10, 1), date(2027, 1, 1))
    assert found.begins_at == 1790805600.0  # 2026-09-30T22:00Z, summer time
    assert found.ends_at == 1798758000.0  # 2026-12-31T23:00Z
    assert quarter_of(date(2026, 12, 31)) == found
    assert before(quarter("2026Q1")).name == "2025Q4"


@pytest.mark.parametrize("name", ["2026Q5", "2026-Q4", "26Q4", "0000Q1", "2026Q4 ", "\uff12\uff10\uff12\uff16Q4"])
def test_what_is_no_quarter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no quarter such as"):
        quarter(name)


def test_weeks_are_those_of_iso_8601() -> None:
    assert week("2026-W48").first == date(2026, 11, 23)
    assert week_of(date(2027, 1, 3)).name == "2026-W53"
    assert week_of(date(2027, 1, 4)).name == "2027-W01"
    for name in ("2026-W54", "2025-W53", "2026-W00", "2026W48", "0000-W01"):
        with pytest.raises(ValueError, match="no week such as"):
            week(name)


def test_weeks_in_which_the_clock_changes_have_another_length() -> None:
    spring, autumn = week_of(date(2026, 3, 29)), week_of(date(2026, 10, 25))
    assert spring.ends_at - spring.begins_at == (7 * 24 - 1) * HOUR_S
    assert autumn.ends_at - autumn.begins_at == (7 * 24 + 1) * HOUR_S
    assert day_of(midnight(date(2026, 10, 25))) == date(2026, 10, 25)
