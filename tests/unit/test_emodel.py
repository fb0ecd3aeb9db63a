"""The E-model against values computed independently from the recommendations."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.emodel import (
    Scale,
    Transmission,
    absolute_delay_impairment,
    basic_ratio,
    delay_impairment,
    effective_impairment,
    mos,
    noise_sum,
    on_narrowband,
    rate,
    simultaneous_impairment,
)

NARROW, WIDE, FULL = Scale


def test_default_values() -> None:
    default = Transmission()
    assert noise_sum(default) == pytest.approx(-61.1792, abs=5e-5)
    assert basic_ratio(default) == pytest.approx(94.7688, abs=5e-5)
    assert simultaneous_impairment(default) == pytest.approx(1.4136, abs=5e-5)
    assert delay_impairment(default) == pytest.approx(0.149, abs=5e-4)
    assert rate().r == pytest.approx(93.2062, abs=5e-5)
    assert rate().mos == pytest.approx(4.4094, abs=5e-5)


@pytest.mark.parametrize(
    ("r", "expected"), [(50, 2.575), (60, 3.1), (70, 3.597), (80, 4.024), (90, 4.339), (100, 4.5), (0, 1), (-3, 1)]
)
def test_mos_of_r(r: float, expected: float) -> None:
    assert mos(r) == pytest.approx(expected, abs=5e-4)


def test_mos_never_dips_below_one_where_the_polynomial_does() -> None:
    assert mos(3.2) == 1.0


@pytest.mark.parametrize(
    ("delay_ms", "id_", "r"), [(50, 1.60, 91.76), (100, 2.69, 90.66), (150, 3.82, 89.54), (200, 7.55, 85.80)]
)
def test_delay(delay_ms: float, id_: float, r: float) -> None:
    rating = rate(one_way_delay_ms=delay_ms)
    assert rating.id_ == pytest.approx(id_, abs=5e-3)
    assert rating.r == pytest.approx(r, abs=5e-3)


def test_g729_with_loss_and_delay() -> None:
    ie_eff = effective_impairment(11, 19.0, 0.02)
    rating = rate(ie_eff, one_way_delay_ms=150)
    assert ie_eff == pytest.approx(19.0, abs=5e-2)
    assert rating.r == pytest.approx(70.54, abs=5e-3)
    assert rating.mos == pytest.approx(3.622, abs=5e-4)


@pytest.mark.parametrize(
    ("loss_ratio", "ie_eff", "expected"),
    [(0.01, 3.64, 4.328), (0.02, 7.01, 4.235), (0.05, 15.78, 3.923), (0.10, 27.07, 3.411)],
)
def test_g711_with_concealment(loss_ratio: float, ie_eff: float, expected: float) -> None:
    assert effective_impairment(0, 25.1, loss_ratio) == pytest.approx(ie_eff, abs=5e-3)
    assert rate(effective_impairment(0, 25.1, loss_ratio)).mos == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(("loss_ratio", "expected"), [(0.01, 3.834), (0.02, 3.256), (0.05, 2.170)])
def test_g711_without_concealment(loss_ratio: float, expected: float) -> None:
    assert rate(effective_impairment(0, 4.3, loss_ratio)).mos == pytest.approx(expected, abs=5e-4)


def test_loss_in_bursts_weighs_more() -> None:
    assert effective_impairment(0, 4.3, 0.02, burst_ratio=2) == pytest.approx(35.85, abs=5e-3)
    assert effective_impairment(0, 25.1, 0.02, burst_ratio=2) == pytest.approx(7.28, abs=5e-3)


@pytest.mark.parametrize(("ie", "expected"), [(0, 4.5), (8, 4.4206), (41, 3.5123)])
def test_wideband(ie: float, expected: float) -> None:
    assert rate(ie, scale=WIDE).mos == pytest.approx(expected, abs=5e-5)


def test_fullband_constants() -> None:
    """[G.107.2]: 148 at best, loss grows towards 132, delay weighs 1.48 times as much."""
    assert rate(scale=FULL).r == 148
    assert effective_impairment(0, 10, 0.1, scale=FULL) == pytest.approx(132 / 2)
    assert rate(one_way_delay_ms=300, scale=FULL).id_ == pytest.approx(
        1.48 * absolute_delay_impairment(Transmission(ta=300))
    )
    assert rate(one_way_delay_ms=100, scale=FULL).id_ == 0


@pytest.mark.parametrize(("delay_ms", "id_"), [(0, 0), (50, 0.0929), (150, 0.3554 + 0.2110)])
def test_wideband_delay(delay_ms: float, id_: float) -> None:
    """Talker echo and absolute delay [G.107.1 eq. 7-5 to 7-10, 7-13], computed apart from this code."""
    assert rate(one_way_delay_ms=delay_ms, scale=WIDE).id_ == pytest.approx(id_, abs=6e-5)


def test_an_advantage_is_added() -> None:
    assert rate(advantage=10).r == pytest.approx(rate().r + 10)


def test_low_sidetone_masks_less_echo_than_high() -> None:
    """The corrections of [G.107 eq. 7-23, 7-24] for STMR under 9 and over 20 dB both cost rating."""
    echo = Transmission(t=50, ta=50, tr=100, telr=40)
    assert delay_impairment(replace(echo, stmr=25)) > delay_impairment(echo)
    assert delay_impairment(replace(echo, stmr=5)) != delay_impairment(replace(echo, stmr=9))


def test_thresholds_are_compared_on_one_scale() -> None:
    assert on_narrowband(129, WIDE) == pytest.approx(100)
    assert on_narrowband(50, NARROW) == 50


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 50), st.floats(1, 40), st.sampled_from(Scale))
def test_more_loss_is_never_better(a: float, b: float, ie: float, bpl: float, scale: Scale) -> None:
    low, high = sorted((a, b))
    better = effective_impairment(ie, bpl, low, scale=scale)
    assert ie <= better <= effective_impairment(ie, bpl, high, scale=scale) + 1e-9


@given(st.floats(-200, 400), st.sampled_from(Scale))
def test_mos_stays_within_its_scale(r: float, scale: Scale) -> None:
    assert 1.0 <= mos(r, scale) <= 4.5


@given(st.floats(1, 2000), st.floats(1, 2000))
def test_more_delay_is_never_better(a: float, b: float) -> None:
    """From 1 ms on: below it echo counts as sidetone [G.107 §7.4], and the formula has a step there."""
    low, high = sorted((a, b))
    assert rate(one_way_delay_ms=high).r <= rate(one_way_delay_ms=low).r + 1e-3
