"""The in-memory twin's part for how calls sounded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]

UNHEARD = {"one_way_audio", "no_media"}  # bad time that has no score


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

    def quality_by_trunk(self, from_at: float) -> Iterable[Row]:
        of: dict[tuple[str, str | None], list[Values]] = {}
        for each in self.quality_intervals.values():
            if each["trunk"] is not None and each["starts_at"] >= from_at:
                of.setdefault((each["trunk"], each["scale"]), []).append(each)
        return [
            _sounded(*key, rows) for key, rows in sorted(of.items(), key=lambda item: (item[0][0], item[0][1] or "~"))
        ]


def _sounded(trunk: str, scale: str | None, rows: list[Values]) -> Row:
    bad = (each["seconds"] for each in rows if each["verdict"] == "bad" or {*each["verdicts"]} & UNHEARD)
    scores = [each["mos_lq"] for each in rows if each["mos_lq"] is not None]
    return {
        "trunk": trunk,
        "scale": scale,
        "seconds": sum(each["seconds"] for each in rows),
        "bad_s": sum(bad),
        "mos_lq": sum(scores) / len(scores) if scores else None,
    }
