"""Keys in blocks against a plain sorted list (Hypothesis)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.core.sorted_keys import BLOCK, SortedKeys


@given(st.integers(0, 2**32), st.integers(1, 4 * BLOCK))
def test_the_same_as_a_sorted_list(seed: int, size: int) -> None:
    rng = random.Random(seed)
    keys = rng.sample([(number,) for number in range(size)], size)
    blocks: SortedKeys[tuple[int]] = SortedKeys()
    for key in keys:
        blocks.add(key)
    gone = set(keys[: rng.randrange(size + 1)])
    for key in gone:
        blocks.remove(key)
    left = sorted(set(keys) - gone)
    assert list(blocks) == left
    assert len(blocks) == len(left)
    assert blocks.first == (left[0] if left else None)
    for key in (*left[:5], *left[-5:], (size,)):
        assert blocks.before(key) == sum(other < key for other in left)


def test_what_is_not_there_cannot_be_removed() -> None:
    blocks: SortedKeys[tuple[int]] = SortedKeys()
    with pytest.raises(KeyError):
        blocks.remove((1,))
    blocks.add((1,))
    for other in ((0,), (2,)):
        with pytest.raises(KeyError):
            blocks.remove(other)
