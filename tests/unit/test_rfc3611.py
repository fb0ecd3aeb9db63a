"""Bursts and gaps by both definitions of RFC 3611, on its own example and at the edges."""

import pytest

from quality.rfc3611 import Burst, Counters, burst_ratio, counted, fates, mean_run, prose

EXAMPLE = fates("11110111111111111111111X111X1011110111111111111111111X1111111111")  # [RFC 3611 §4.7.2]


def test_the_prose_on_the_rfcs_example() -> None:
    found = prose(EXAMPLE, 10)
    assert (found.loss_rate, found.discard_rate) == (12, 12)
    assert found.burst_duration_ms == 120
    assert (found.burst_density, found.gap_density) == (85, 9)
    assert found.gap_duration_ms == (230 + 290) / 2
    assert found.bursts == (Burst(23, 35, 4),)


def test_the_counters_on_the_rfcs_example() -> None:
    found = counted(EXAMPLE, 10)
    assert (found.burst_duration_ms, found.gap_duration_ms) == (170, 380)
    assert found.burst_density == pytest.approx(0.294, abs=5e-4)
    assert found.gap_density == pytest.approx(1 / 37)


def test_nothing_gone() -> None:
    found = prose(fates("1" * 40), 20)
    assert (found.bursts, found.burst_duration_ms, found.gap_duration_ms) == ((), 0, 800)
    assert (found.loss_rate, found.burst_density, found.gap_density) == (0, 0, 0)
    by_counters = counted(fates("1" * 40), 20)
    assert (by_counters.burst_density, by_counters.burst_duration_ms, by_counters.gap_density) == (0, 0, 0)


def test_no_packets() -> None:
    assert prose((), 20).gap_duration_ms == 0
    assert (burst_ratio(()), mean_run(())) == (1, None)


def test_all_gone_is_one_burst_without_gap() -> None:
    found = prose(fates("0" * 20), 20)
    assert (found.burst_duration_ms, found.gap_duration_ms, found.burst_density) == (400, 0, 256)
    assert burst_ratio(fates("0" * 20)) == 1


def test_fifteen_received_hold_a_burst_together_and_sixteen_end_it() -> None:
    assert len(prose(fates("0" + "1" * 15 + "0"), 20).bursts) == 1
    assert prose(fates("0" + "1" * 16 + "0"), 20).bursts == ()
    assert len(prose(fates("00" + "1" * 16 + "00"), 20).bursts) == 2


def test_gmin_may_be_another() -> None:
    assert prose(fates("011110"), 20, gmin=4).bursts == ()
    assert Counters(4).metrics(20).burst_density == 0


def test_lost_in_a_row_is_dense() -> None:
    found = counted(fates("1" * 20 + "000" + "1" * 20 + "0"), 20)
    assert found.burst_density == 1
    assert found.gap_duration_ms == pytest.approx((40 + 2) * 20 / 2)


def test_an_unknown_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="'2'"):
        fates("112")


def test_burst_ratio_is_one_where_losses_are_as_long_as_chance_has_them() -> None:
    assert burst_ratio(fates("1" * 10)) == 1
    assert mean_run(fates("1001X1")) == 1.5
    assert burst_ratio(fates("10" * 10)) == pytest.approx(0.5)
    assert burst_ratio(fates("1" * 90 + "0" * 10)) == pytest.approx(9)
