"""The Net Promoter Score with its confidence interval [F. Reichheld, The One Number You Need to Grow, 2003].

Who answers 9 or 10 is a promoter, 0 to 6 a detractor; NPS = 100 * (plus - minus), both as shares of all answers. Each
answer is +1, 0 or -1, so that the variance of one is that of a trinomial: plus + minus - (plus - minus)^2. The interval
is the adjusted Wald one, the best of six for the NPS [B. Rocks, Interval Estimation for the "Net Promoter Score", The
American Statistician 70(4), 2016]: 3/4 of a promoter, 3/4 of a detractor and 1.5 passives are added before
NPS +- z * sqrt(variance / n) is taken. Wald's own interval has no width where all say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054  # of a two-sided interval at 95 %
DETRACTORS, PROMOTERS = range(7), range(9, 11)
PSEUDO = 0.75  # promoters, and as many detractors
PSEUDO_ANSWERS = 3.0


@dataclass(frozen=True, slots=True)
class Answers:
    """How many have answered what."""

    detractors: int
    passives: int
    promoters: int

    @classmethod
    def of(cls, by_value: Mapping[int, int]) -> Answers:
        """`by_value`: answer, 0 to 10 → how often. Errors: ValueError for another answer."""
        if wrong := [value for value in by_value if not 0 <= value <= 10]:
            raise ValueError(f"{wrong[0]} is no answer from 0 to 10")
        detractors = sum(by_value.get(value, 0) for value in DETRACTORS)
        promoters = sum(by_value.get(value, 0) for value in PROMOTERS)
        return cls(detractors, sum(by_value.values()) - detractors - promoters, promoters)

    @property
    def count(self) -> int:
        return self.detractors + self.passives + self.promoters


@dataclass(frozen=True, slots=True)
class Nps:
    """In points from -100 to 100; `low` and `high` bound the interval, which need not have `score` in the middle."""

    score: float
    low: float
    high: float
    answers: Answers


def variance(promoters: float, detractors: float, count: float) -> float:
    """Of one answer that is +1, 0 or -1."""
    plus, minus = promoters / count, detractors / count
    return plus + minus - (plus - minus) ** 2


def nps(answers: Answers, z: float = Z_95) -> Nps | None:
    """None: nobody has answered."""
    if not answers.count:
        return None
    promoters, detractors = answers.promoters + PSEUDO, answers.detractors + PSEUDO
    count = answers.count + PSEUDO_ANSWERS
    middle = (promoters - detractors) / count
    half = z * sqrt(variance(promoters, detractors, count) / count)
    score = (answers.promoters - answers.detractors) / answers.count
    return Nps(100 * score, 100 * max(-1.0, middle - half), 100 * min(1.0, middle + half), answers)
