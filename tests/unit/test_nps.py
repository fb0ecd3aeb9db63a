"""The Net Promoter Score against figures from outside the code, and how often its interval holds the truth."""

from __future__ import annotations

from math import comb, sqrt

import pytest

from telephony.core.nps import Answers, nps, variance


def test_scores_and_variance_of_the_r_package_nps() -> None:
    """Expectations of the tests of the R package NPS 2 by B. Rocks, whose paper the interval is from."""
    found = nps(Answers.of({0: 1, 7: 2, 9: 3}))
    assert found
    assert found.score == pytest.approx(100 / 3)
    assert variance(promoters=3, detractors=1, count=6) == pytest.approx(5 / 9)
    assert [variance(*each) for each in ((0, 1, 1), (0, 0, 1), (1, 0, 1))] == [0, 0, 0]


def test_the_standard_error_of_a_paired_difference_in_agresti() -> None:
    """Approval of a prime minister: 150 of 1600 changed one way and 86 the other; 0.04 with a standard error of 0.0095
    [A. Agresti, Categorical Data Analysis, 2nd edition, section 10.1.2]: a difference of +1, 0 and -1, as the NPS is.
    """
    assert sqrt(variance(150, 86, 1600) / 1600) == pytest.approx(0.0095, abs=5e-5)


def test_the_interval_is_walds_after_three_more_answers() -> None:
    found = nps(Answers(detractors=10, passives=20, promoters=30))
    assert found
    plus, minus = 30.75 / 63, 10.75 / 63
    half = 1.959963984540054 * sqrt((plus + minus - (plus - minus) ** 2) / 63)
    assert (found.low, found.high) == pytest.approx((100 * (plus - minus - half), 100 * (plus - minus + half)))


def test_all_of_one_mind_leave_doubt_and_no_score_is_beyond_the_scale() -> None:
    found = nps(Answers(0, 0, 4))
    assert found
    assert found.score == 100
    assert found.low < 90
    assert found.high <= 100
    other = nps(Answers(4, 0, 0))
    assert other
    assert (other.low, other.high) == (-found.high, -found.low)
    assert nps(Answers(0, 0, 0)) is None


@pytest.mark.parametrize("truth", [(0.1, 0.3, 0.6), (0.5, 0.3, 0.2), (0.05, 0.15, 0.8), (0.3, 0.4, 0.3)])
@pytest.mark.parametrize("count", [10, 30, 80])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(truth: tuple[float, float, float], count: int) -> None:
    """Exactly, over every sample there can be; Rocks finds 92 to 98 % for samples like these."""
    minus, middle, plus = truth
    held = 0.0
    for detractors in range(count + 1):
        for promoters in range(count - detractors + 1):
            passives = count - detractors - promoters
            found = nps(Answers(detractors, passives, promoters))
            assert found
            if found.low <= 100 * (plus - minus) <= found.high:
                ways = comb(count, detractors) * comb(count - detractors, promoters)
                held += ways * minus**detractors * middle**passives * plus**promoters
    assert 0.92 <= held <= 0.985


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="11 is no answer"):
        Answers.of({11: 1})
