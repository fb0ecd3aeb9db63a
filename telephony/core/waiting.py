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

    def changes(self, rules: QueueRules) -> list[float]:
        """When a relaxation holds, or the caller is overdue; the last one first."""
        changes = [self.first_arrival + each.after_s for each in rules.relax]
        if self.lane is Lane.STANDARD:
            changes.append(_first_after(self.first_arrival, rules.max_wait_s))
        return sorted(changes, reverse=True)


def _first_after(start: float, wait_s: float) -> float:
    """The first moment at which more than `wait_s` have passed: `overdue` holds then, and not a moment before."""
    at = start + wait_s
    while at - start <= wait_s and at < math.inf:
        at = math.nextafter(at, math.inf)
    return at
