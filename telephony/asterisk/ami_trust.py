"""Whether the event stream is to be believed: after a taint, not before an answer that no caller can forge has come."""

from __future__ import annotations

import math

RESYNC_EVERY_S = 10.0  # a forged value comes back in every snapshot; do not let it set the pace


class Trust:
    """Pure. A marker is a random ActionID of ours: what stands before its answer was there when the taint came."""

    def __init__(self) -> None:
        self._marker: str | None = None
        self._tainted_again = False
        self._resync_wanted = False
        self._resynced_at = -math.inf

    @property
    def holds(self) -> bool:
        return self._marker is None

    def taint(self, marker: str) -> bool:
        """Believe nothing until a marker is answered. True when `marker` is to be sent: one is under way at a time."""
        self._resync_wanted = True
        if self._marker is not None:
            self._tainted_again = True
            return False
        self._marker = marker
        return True

    def awaits(self, action_id: str) -> bool:
        return self._marker is not None and action_id == self._marker

    def answered(self, next_marker: str) -> bool:
        """The marker's answer has come. True restores trust; else there was another taint: send `next_marker`."""
        if self._tainted_again:
            self._marker, self._tainted_again = next_marker, False
            return False
        self._marker = None
        return True

    def ask_resync(self) -> None:
        self._resync_wanted = True

    def resync_in_s(self, now: float) -> float | None:
        """How long until a wanted snapshot may be taken; None while none is wanted or nothing is to be believed."""
        if not (self._resync_wanted and self.holds):
            return None
        return max(0.0, self._resynced_at + RESYNC_EVERY_S - now)

    def resync_begins(self, now: float) -> None:
        self._resync_wanted, self._resynced_at = False, now
