"""What happened of late in each queue: how long talks were, who gave up, who came with accessibility rights."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from telephony.core.estimate import Present
from telephony.core.ids import QueueName

TALKS = 100  # of the last talks
LEAVERS = 200  # of those who left the line last
ARRIVALS_S = 1800.0
LEAST_S = 300.0  # a rate is not taken from less time than this


@dataclass(slots=True)
class _Queue:
    since: float
    works_s: deque[float] = field(default_factory=lambda: deque(maxlen=TALKS))
    left: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=LEAVERS))  # waited_s, gave up
    accessible: deque[float] = field(default_factory=deque)  # when they came

    def overtakers(self, now: float) -> int:
        while self.accessible and self.accessible[0] < now - ARRIVALS_S:
            self.accessible.popleft()
        return len(self.accessible)


@dataclass(slots=True)
class Recent:
    """Times are seconds; `now` is the same clock everywhere."""

    _queues: dict[QueueName, _Queue] = field(default_factory=dict)

    def came(self, queue: QueueName, now: float, *, accessible: bool) -> None:
        """A caller has entered the line."""
        known = self._of(queue, now)
        if accessible:
            known.accessible.append(now)

    def left(self, queue: QueueName, waited_s: float, now: float, *, gave_up: bool) -> None:
        """A caller waits no more."""
        self._of(queue, now).left.append((waited_s, gave_up))

    def worked(self, queue: QueueName, work_s: float, now: float) -> None:
        """A talk is over; `work_s` with its wrap-up."""
        self._of(queue, now).works_s.append(work_s)

    def present(self, queue: QueueName, ahead: int, agents: int, now: float, *, overtaken: bool) -> Present:
        """`overtaken`: whether callers with accessibility rights go before this one."""
        known = self._of(queue, now)
        mean_s, cv2 = _moments(known.works_s)
        waited_s = math.fsum(each for each, _ in known.left)
        overtakers = known.overtakers(now) if overtaken else 0
        gave_up = sum(gave_up for _, gave_up in known.left)
        return Present(
            ahead=ahead,
            agents=agents,
            handle_mean_s=mean_s,
            handle_cv2=cv2,
            handled=len(known.works_s),
            leave_per_s=gave_up / waited_s if waited_s else 0.0,
            overtake_per_s=overtakers / max(LEAST_S, min(ARRIVALS_S, now - known.since)),
            overtakers=overtakers,
        )

    def _of(self, queue: QueueName, now: float) -> _Queue:
        if queue not in self._queues:
            self._queues[queue] = _Queue(now)
        return self._queues[queue]


def _moments(works_s: deque[float]) -> tuple[float, float]:
    """The mean, and the variance by the mean squared."""
    if not works_s:
        return 0.0, 0.0
    mean = math.fsum(works_s) / len(works_s)
    variance = math.fsum((each - mean) ** 2 for each in works_s) / len(works_s)
    return mean, variance / mean**2 if mean else 0.0
