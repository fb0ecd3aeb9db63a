"""How others score the same loss, by their own formulas: for comparison alone, none of it is ours.

VoIPmonitor's formula is not public enough to be written down here; docs/quality.md quotes its figures.
"""

import pytest

from quality.emodel import effective_impairment, mos, rate


def rtpengine(loss_percent: float) -> float:
    """Its narrowband score: the E-model's R through a quadratic of its own, so that a perfect call is 4.3."""
    r = 93.2 - loss_percent
    return mos(0.18 * r**2 - 27.9 * r + 1126.62)


def asterisk_mes(loss_percent: float, packets_per_report: float = 250) -> float:
    """Its media experience score: two points of R for each packet lost since the last report; 10 ms at least."""
    effective_latency_ms = 10.0
    return mos(93.2 - effective_latency_ms / 40 - 2 * packets_per_report * loss_percent / 100)


def ours(loss_percent: float) -> float:
    return rate(effective_impairment(0, 25.1, loss_percent / 100)).mos


@pytest.mark.parametrize(
    ("loss_percent", "g107", "engine", "mes"), [(0, 4.41, 4.336, 4.404), (1, 4.33, 4.18, 4.29), (5, 3.92, 3.41, 3.50)]
)
def test_the_same_loss_by_each(loss_percent: float, g107: float, engine: float, mes: float) -> None:
    assert ours(loss_percent) == pytest.approx(g107, abs=5e-3)
    assert rtpengine(loss_percent) == pytest.approx(engine, abs=5e-3)
    assert asterisk_mes(loss_percent) == pytest.approx(mes, abs=5e-3)


def test_all_agree_on_what_is_worse() -> None:
    for score in (ours, rtpengine, asterisk_mes):
        assert score(0) > score(1) > score(5)
