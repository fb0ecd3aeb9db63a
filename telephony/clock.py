"""The one clock: seconds since the epoch that never jump, because they are counted from the monotonic clock."""

from __future__ import annotations

import time


class Clock:
    def __init__(self) -> None:
        self._epoch = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._epoch + time.monotonic()
