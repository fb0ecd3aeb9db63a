"""Keys in order, in blocks of a few hundred: adding, removing and counting those before cost about log n, and the
first ones are at hand.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Generic, TypeVar

BLOCK = 512  # keys; a full block becomes two

K = TypeVar("K", bound=tuple[object, ...])


class SortedKeys(Generic[K]):
    """Distinct tuples that can be compared. `remove` raises KeyError for one that is not there."""

    def __init__(self) -> None:
        self._blocks: list[list[K]] = []
        self._lasts: list[K] = []  # the last key of each block
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        for block in self._blocks:
            yield from block

    @property
    def first(self) -> K | None:
        return self._blocks[0][0] if self._blocks else None

    def add(self, key: K) -> None:
        self._size += 1
        if not self._blocks:
            self._blocks.append([key])
            self._lasts.append(key)
            return
        at = min(bisect_left(self._lasts, key), len(self._lasts) - 1)
        block = self._blocks[at]
        insort(block, key)
        if len(block) > BLOCK:
            half = len(block) // 2
            self._blocks[at : at + 1] = [block[:half], block[half:]]
            self._lasts[at : at + 1] = [block[half - 1], block[-1]]
        else:
            self._lasts[at] = block[-1]

    def remove(self, key: K) -> None:
        at = bisect_left(self._lasts, key)
        block = self._blocks[at] if at < len(self._blocks) else []
        place = bisect_left(block, key)
        if place == len(block) or block[place] != key:
            raise KeyError(key)
        self._size -= 1
        del block[place]
        if block:
            self._lasts[at] = block[-1]
        else:
            del self._blocks[at], self._lasts[at]

    def before(self, key: K) -> int:
        """How many keys are smaller."""
        at = bisect_left(self._lasts, key)
        inside = bisect_left(self._blocks[at], key) if at < len(self._blocks) else 0
        return sum(map(len, self._blocks[:at])) + inside
