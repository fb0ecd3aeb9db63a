"""One order of callers, kept by need: who is the first for whom one of the free agents will do.

The first caller of each need stands in a list of heads; that is walked until a need is met. What a decision costs
depends on how many different needs there are, and on the number of callers only as its logarithm.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import compress, islice

from telephony.core.free_agents import Need
from telephony.core.ids import InteractionId
from telephony.core.sorted_keys import SortedKeys

Key = tuple[float, int, InteractionId]  # by when the caller counts as having come, and in which order


class Order:
    def __init__(self) -> None:
        self._by_need: dict[Need, SortedKeys[Key]] = {}
        self._heads: SortedKeys[tuple[Key, Need]] = SortedKeys()
        self._sizes: list[int] = []  # of each need, by its number
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def needs(self) -> Collection[Need]:
        """Each need that somebody here has."""
        return self._by_need.keys()

    def add(self, key: Key, need: Need) -> None:
        callers = self._by_need.setdefault(need, SortedKeys())
        before = callers.first
        callers.add(key)
        self._count(need, +1)
        self._put_head(need, before, callers.first)

    def remove(self, key: Key, need: Need) -> None:
        callers = self._by_need[need]
        before = callers.first
        callers.remove(key)
        self._count(need, -1)
        self._put_head(need, before, callers.first)
        if not callers:
            del self._by_need[need]

    def first(self, free: int) -> Key | None:
        """The first for whom one of the `free` agents will do."""
        return next((key for key, need in self._heads if need.mask & free), None) if free else None

    def leading(self, most: int) -> list[Key]:
        """The first callers of all, whoever will do for them."""
        heads = [need for _, need in islice(self._heads, most)]
        return sorted(key for need in heads for key in islice(self._by_need[need], most))[:most]

    def able(self, able: bytearray) -> int:
        """For how many an agent would do who is `able` to meet these needs."""
        return sum(compress(self._sizes, able))

    def rivals(self, wanted: Need) -> int:
        """How many compete for the same agents."""
        return sum(len(callers) for need, callers in self._by_need.items() if need.rivals(wanted))

    def before(self, key: Key, wanted: Need) -> int:
        """How many come before `key` and compete for the same agents."""
        return sum(callers.before(key) for need, callers in self._by_need.items() if need.rivals(wanted))

    def _count(self, need: Need, change: int) -> None:
        self._size += change
        self._sizes.extend([0] * (need.number + 1 - len(self._sizes)))
        self._sizes[need.number] += change

    def _put_head(self, need: Need, before: Key | None, after: Key | None) -> None:
        if before == after:
            return
        if before is not None:
            self._heads.remove((before, need))
        if after is not None:
            self._heads.add((after, need))
