"""When people may be called, on the clock on a Polish wall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

POLAND = ZoneInfo("Europe/Warsaw")


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` on, and before `end`, each day; over midnight where `end` comes first, always where both are one."""

    begin: time = time(8)
    end: time = time(20)

    def allow(self, at: float) -> bool:
        """Whether `at`, in seconds since the epoch, lies within."""
        clock = datetime.fromtimestamp(at, POLAND).time()
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def begins(self, at: float) -> float:
        """The first moment from `at` on that lies within."""
        return at if self.allow(at) else self._next(self.begin, at)

    def ends(self, at: float) -> float | None:
        """When the hours that `at` lies in are over; None: never."""
        return None if self.begin == self.end else self._next(self.end, at)

    @staticmethod
    def _next(clock: time, at: float) -> float:
        """When the wall's clock next shows this, after `at`; what the clock skips in spring comes an hour later, and
        what it shows twice in autumn comes twice [PEP 495].
        """
        day = datetime.fromtimestamp(at, POLAND).date()
        shown = (
            datetime.combine(day + timedelta(days), clock.replace(fold=fold), POLAND).astimezone(UTC).timestamp()
            for days in range(3)
            for fold in (0, 1)
        )
        return next(moment for moment in shown if moment > at)
