"""Who waits in the line, as every page shows it: how many per lane and since when. No caller can be told from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.core.ids import InteractionId, QueueName
from telephony.core.views import CallState, CallView, Lane


@dataclass(frozen=True, slots=True)
class LaneView:
    lane: Lane
    waiting: int
    oldest_queued_at: float | None  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the line; `since` in seconds since the epoch."""

    lane: Lane
    queue: QueueName
    since: float


@dataclass(slots=True)
class Board:
    _waiting: dict[InteractionId, Waiting] = field(default_factory=dict)

    def seen(self, call: CallView) -> bool:
        """Take a call in; True when the picture changed."""
        if call.state is not CallState.LINE:
            return self._waiting.pop(call.interaction, None) is not None
        waiting = Waiting(call.lane, call.queue or QueueName(""), call.queued_at or call.arrived_at)
        changed = self._waiting.get(call.interaction) != waiting
        self._waiting[call.interaction] = waiting
        return changed

    def lanes(self) -> tuple[LaneView, ...]:
        return tuple(self._lane(lane) for lane in Lane)

    def queues(self) -> dict[QueueName, list[Waiting]]:
        """Who waits in each queue that has somebody."""
        found: dict[QueueName, list[Waiting]] = {}
        for each in self._waiting.values():
            found.setdefault(each.queue, []).append(each)
        return found

    def _lane(self, lane: Lane) -> LaneView:
        since = [each.since for each in self._waiting.values() if each.lane is lane]
        return LaneView(lane, len(since), min(since, default=None))
