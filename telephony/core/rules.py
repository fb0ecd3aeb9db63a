"""What the engine goes by, set by the house's configuration: times per queue, and what holds for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.core.ids import QueueName


@dataclass(frozen=True, slots=True)
class QueueRules:
    max_wait_s: float = 1200.0
    wrap_up_s: float = 0.0
    ring_timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Rules:
    queues: Mapping[QueueName, QueueRules] = field(default_factory=dict)
    pop_paint_s: float = 0.25  # the dial follows the painted pop, or this time without it

    def of(self, queue: QueueName | None) -> QueueRules:
        return (self.queues.get(queue) if queue else None) or QueueRules()
