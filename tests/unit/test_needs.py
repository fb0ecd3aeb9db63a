"""What callers need, and less of it after a while."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telephony.core.needs import meets, relaxed, required
from telephony.core.rules import Relaxation

skills = st.sampled_from(["support", "billing", "english"])
levels = st.dictionaries(skills, st.integers(0, 3), max_size=3)
relaxations = st.lists(
    st.builds(Relaxation, st.just(1.0), skills, st.integers(0, 3), st.none() | skills), max_size=4
)  # fmt: skip


@given(levels, levels, relaxations)
def test_whoever_has_waited_longer_never_needs_more(
    agent: dict[str, int], caller: dict[str, int], rules: list[Relaxation]
) -> None:
    needs = [relaxed(required(caller), rules[:many]) for many in range(len(rules) + 1)]
    will_do = [meets(agent, need) for need in needs]
    assert will_do == sorted(will_do)


def test_a_lower_level_another_department_and_nothing_at_all() -> None:
    senior = required({"support": 3, "english": 1})
    lower = relaxed(senior, [Relaxation(60.0, "support", 2)])
    assert lower == required({"support": 2, "english": 1})
    other = relaxed(lower, [Relaxation(180.0, "support", 1, instead="billing")])
    assert other == lower | required({"billing": 1, "english": 1})
    assert relaxed(senior, [Relaxation(60.0, "english", 0)]) == required({"support": 3})
    assert relaxed(senior, [Relaxation(60.0, "polish", 0)]) == senior
    assert relaxed(required({"support": 1}), [Relaxation(60.0, "support", 2)]) == required({"support": 1})
    assert meets({}, required({"support": 0}))
