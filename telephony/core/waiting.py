"""Who waits: the record of a caller in the line, and what time makes of it (overdue, needs relaxed)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.core.ids import InteractionId, QueueName
from telephony.core.rules import Boost, QueueRules
from telephony.core.views import Lane


@dataclass(frozen=True, slots=True)
class Waiting:
    """`first_arrival` and `sequence` (the order of entering) stay with the caller who comes back to the line."""

    interaction: InteractionId
    queue: QueueName
    lane: Lane
    first_arrival: float
    requires: Mapping[str, int]
    sequence: int = 0
    wishes: Mapping[str, int] = field(default_factory=dict)
    boosts: frozenset[Boost] = frozenset()

    def overdue(self, now: float, rules: QueueRules) -> bool:
        return self.lane is Lane.STANDARD and now - self.first_arrival > rules.max_wait_s

    def relaxations_due(self, now: float, rules: QueueRules) -> int:
        """How many of the queue's relaxations hold, of those ordered by time."""
        return sum(now >= self.first_arrival + each.after_s for each in rules.relax)

    def next_change(self, now: float, rules: QueueRules) -> float | None:
        """When the next relaxation holds, or the caller is overdue; None: never."""
        changes = [self.first_arrival + each.after_s for each in rules.relax]
        if self.lane is Lane.STANDARD:
            changes.append(_first_after(self.first_arrival, rules.max_wait_s))
        return min((at for at in changes if now < at < math.inf), default=None)


def _first_after(start: float, wait_s: float) -> float:
    """The first moment at which more than `wait_s` have passed: `overdue` holds then, and not a moment before."""
    at = start + wait_s
    while at - start <= wait_s and at < math.inf:
        at = math.nextafter(at, math.inf)
    return at
