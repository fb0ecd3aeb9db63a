"""Deadlines by key: set, cancel, what is due. A heap with lazy removal; it never looks at a clock."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

Key = tuple[str, str]  # what is due (pop, dial, wrap_up, tombstone, node_gone), and for whom


@dataclass(slots=True)
class Timers:
    _due_at: dict[Key, float] = field(default_factory=dict)
    _heap: list[tuple[float, Key]] = field(default_factory=list)

    def set(self, key: Key, due_at: float) -> None:
        """Set or move the deadline of `key`."""
        self._due_at[key] = due_at
        heapq.heappush(self._heap, (due_at, key))

    def cancel(self, key: Key) -> None:
        self._due_at.pop(key, None)

    def next(self) -> float | None:
        while self._heap and self._due_at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Key | None:
        """The earliest key that is due, taken off; None when nothing is."""
        due_at = self.next()
        if due_at is None or due_at > now:
            return None
        _, key = heapq.heappop(self._heap)
        del self._due_at[key]
        return key
