"""The in-memory twin's part for how calls sounded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryQuality:
    def __init__(self) -> None:
        super().__init__()
        self.qualities: dict[tuple[str, str, str], Values] = {}
        self.quality_intervals: dict[tuple[str, str, str, float], Values] = {}

    def record_quality(self, **record: Any) -> None:
        self.qualities[record["interaction"], record["leg"], record["direction"]] = record

    def quality_of(self, interaction: str) -> Iterable[Row]:
        found = (each for each in self.qualities.values() if each["interaction"] == interaction)
        return sorted(found, key=lambda record: (record["leg"], record["direction"]))

    def record_quality_interval(self, **interval: Any) -> None:
        key = interval["interaction"], interval["leg"], interval["direction"], interval["starts_at"]
        self.quality_intervals[key] = interval

    def quality_intervals_of(self, interaction: str) -> Iterable[Row]:
        found = (each for each in self.quality_intervals.values() if each["interaction"] == interaction)
        return sorted(found, key=lambda each: (each["starts_at"], each["leg"], each["direction"]))
