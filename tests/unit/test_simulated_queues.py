"""Simulated means against queueing theory, and hours of overload: smaller versions of two benchmarks."""

from dataclasses import replace

import pytest

from tests.benchmarks.overload import overload
from tests.benchmarks.simulate import compare, day
from tests.unit.queueing import simple

# Other tests cover what these run, and counting takes longer than running.
pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("patience_s", [None, 60.0])
def test_the_mean_wait_of_thirty_seeds_is_that_of_the_theory(patience_s: float | None) -> None:
    """Erlang C, and with patience Erlang A: within three standard errors; every wait is first come, first served."""
    scenario = simple(agents=3, rate_per_h=126, handle_s=60, duration_s=3 * 3600.0, patience_s=patience_s)
    found = compare(scenario, seeds=30, warm_up_s=1800.0)
    assert found.errors < 3, found
    assert replace(found, theory_s=found.theory_s * 1.5).errors > 3  # another theory would be seen
    assert found.different == (0 if patience_s is None else None)


@pytest.mark.parametrize("seed", range(1, 5))
def test_in_overload_accessibility_goes_first_and_nobody_starves(seed: int) -> None:
    found = overload(seed)
    assert 0.05 <= found.deficit <= 0.25
    assert found.ratio <= 1 / 3
    assert found.standard_share >= 1 / 3


def test_the_timed_day_has_both_lanes() -> None:
    assert len({stream.lane for stream in day().arrivals}) == 2
