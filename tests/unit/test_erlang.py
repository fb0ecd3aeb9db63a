"""Erlang's formulas against published figures and closed forms; the theory of a scenario."""

from dataclasses import replace

import pytest

from telephony.core.rules import QueueRules
from telephony.simulation.erlang import Load, erlang_a, erlang_b, erlang_c
from telephony.simulation.scenario import AgentGroup
from telephony.simulation.theory import expected
from tests.unit.queueing import SUPPORT, simple

# Mandelbaum and Zeltyn, "The Palm/Erlang-A Queue" (2005), §2: 50 agents, 48 calls a minute, one minute each, and
# patience of two minutes on the average.
PUBLISHED = Load(48 / 60, 60.0, 50, 120.0)


def test_erlang_c_as_published() -> None:
    found = erlang_c(PUBLISHED, 20.0)
    assert found
    assert found.wait_mean_s == pytest.approx(20.8, abs=0.05)
    assert found.occupancy == pytest.approx(0.96)


def test_erlang_a_as_published() -> None:
    found = erlang_a(PUBLISHED, 20.0)
    assert found
    assert found.wait_mean_s == pytest.approx(3.7, abs=0.05)
    assert found.abandoned_ratio == pytest.approx(0.031, abs=0.0005)
    assert found.occupancy == pytest.approx(0.93, abs=0.005)


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9])
def test_erlang_c_in_closed_form_for_one_and_two_agents(rho: float) -> None:
    one, two = erlang_c(Load(rho, 1.0, 1), 2.0), erlang_c(Load(2 * rho, 1.0, 2), 2.0)
    assert one
    assert two
    assert one.wait_probability == pytest.approx(rho)
    assert one.wait_mean_s == pytest.approx(rho / (1 - rho))
    assert two.wait_probability == pytest.approx(2 * rho**2 / (1 + rho))


def test_erlang_b_in_closed_form() -> None:
    assert erlang_b(2.0, 3) == pytest.approx((8 / 6) / (1 + 2 + 2 + 8 / 6))


def test_erlang_a_nears_erlang_c_as_patience_grows() -> None:
    load = Load(0.08, 100.0, 10)
    c, a = erlang_c(load, 20.0), erlang_a(replace(load, patience_mean_s=1e7), 20.0)
    assert c
    assert a
    assert a.wait_mean_s == pytest.approx(c.wait_mean_s, rel=1e-3)
    assert a.answered_in_time_ratio == pytest.approx(c.answered_in_time_ratio, rel=1e-3)
    assert a.abandoned_ratio < 1e-5


def test_erlang_a_with_the_patience_of_a_talk_is_a_poisson_distribution() -> None:
    """With θ = μ every caller leaves at the same rate, in line or in talk: M/M/∞."""
    found = erlang_a(Load(1.0, 1.0, 1, 1.0), 0.0)
    assert found
    assert found.wait_probability == pytest.approx(1 - 0.36787944117)
    assert found.wait_mean_s == pytest.approx(0.36787944117)


def test_without_a_steady_state_there_is_no_answer() -> None:
    assert erlang_c(Load(1.0, 10.0, 10), 20.0) is None
    assert erlang_a(Load(1.0, 10.0, 10), 20.0) is None
    assert erlang_a(Load(1.0, 10.0, 0, 5.0), 20.0) is None
    assert erlang_a(Load(2.0, 10.0, 10, 60.0), 20.0)


def test_a_scenario_with_shifts_is_taken_apart_and_weighted_by_callers() -> None:
    base = simple(agents=4, rate_per_h=60, handle_s=180, duration_s=7200)
    early = AgentGroup(2, {"support": 1}, 0.0, 3600.0)
    (pool,) = expected(replace(base, agents=(*base.agents, early)))
    six, four = erlang_c(Load(1 / 60, 180.0, 6), 20.0), erlang_c(Load(1 / 60, 180.0, 4), 20.0)
    assert six
    assert four
    assert pool.erlang_c
    assert pool.erlang_c.wait_mean_s == pytest.approx((six.wait_mean_s + four.wait_mean_s) / 2)
    assert pool.agents == 5.0
    assert pool.erlangs == pytest.approx(3.0)


def test_wrap_up_and_ringing_are_work() -> None:
    base = simple(agents=4, rate_per_h=60, handle_s=100, duration_s=7200)
    slow = tuple(replace(group, answer_after_s=5.0) for group in base.agents)
    (pool,) = expected(replace(base, agents=slow, queues={SUPPORT: QueueRules(wrap_up_s=15.0)}))
    assert pool.erlangs == pytest.approx(2.0)


def test_queues_that_share_agents_are_one_pool() -> None:
    base = simple(agents=4, rate_per_h=60, handle_s=100, duration_s=7200)
    sales, billing = (replace(base.arrivals[0], queue=name) for name in ("sales", "billing"))  # type: ignore[arg-type]
    both = AgentGroup(1, {"support": 1, "sales": 1}, 0.0, 7200.0)
    pools = expected(replace(base, agents=(*base.agents, both), arrivals=(*base.arrivals, sales, billing)))
    assert [(pool.queues, pool.agents) for pool in pools] == [(("billing",), 0.0), (("sales", "support"), 5.0)]
    assert pools[0].erlang_c is None
