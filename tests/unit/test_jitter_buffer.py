"""What the three jitter buffers let through."""

import pytest

from quality.jitter_buffer import Buffers, Extreme


def late(delays_ms: list[float], every_s: float = 0.02) -> tuple[int, int, int]:
    """How many are late for F1, F2 and AD; the first delay is nobody's."""
    buffers = Buffers()
    verdicts = [buffers.take(at * every_s + delay / 1000, delay) for at, delay in enumerate(delays_ms)]
    return (
        sum(verdict.late_f1 for verdict in verdicts),
        sum(verdict.late_f2 for verdict in verdicts),
        sum(verdict.late_ad for verdict in verdicts),
    )


def test_nobody_is_late_on_a_calm_network() -> None:
    assert late([7.0] * 100) == (0, 0, 0)


def test_sizes_are_limits_that_may_be_reached() -> None:
    assert late([0, 50]) == (0, 0, 1)
    assert late([0, 51]) == (1, 0, 1)
    assert late([0, 200]) == (1, 0, 1)
    assert late([0, 201]) == (1, 1, 1)


def test_the_adaptive_one_learns_from_the_first() -> None:
    assert late([0, 120, 0, 125, 0, 118, 0, 129] * 20) == (80, 0, 1)


def test_the_adaptive_one_forgets_after_ten_to_twenty_seconds() -> None:
    calm = [0.0] * 1100
    assert late([0, 120, *calm, 120])[2] == 2


def test_nobody_waits_half_a_second() -> None:
    assert late([0.0, 501.0, 0.0, 501.0]) == (2, 2, 2)


def test_a_drifting_clock_makes_nobody_late() -> None:
    """200 ppm: 36 ms in three minutes, upwards and downwards."""
    assert late([at * 0.004 for at in range(9000)]) == (0, 0, 0)
    assert late([at * -0.004 for at in range(9000)]) == (0, 0, 0)


def test_a_longer_route_is_got_used_to() -> None:
    f1, f2, _ = late([0.0] * 100 + [150.0] * 2000)
    assert 0 < f1 <= 1000
    assert f2 == 0


def test_extremes_over_a_pause() -> None:
    least = Extreme()
    assert least.at(0) is None
    least.take(1, 5)
    least.take(11, 7)
    assert least.at(12) == 5
    assert least.at(21) == 7
    assert least.at(55) is None
    least.take(2, 9)  # from before: counted into the window under way
    assert least.at(55) == 9
    largest = Extreme(-1)
    largest.take(0, 3)
    largest.take(0, 4)
    assert largest.at(5) == pytest.approx(4)
