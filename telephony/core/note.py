"""What a consultant has written down of a call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """`revision` is counted by the page, one more for each save; `saved_at` in seconds since the epoch."""

    text: str
    revision: int
    saved_at: float
