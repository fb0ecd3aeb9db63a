"""The in-memory twin's part for views of how calls sounded."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import floor
from statistics import fmean
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]

DEAF = {"one_way_audio", "no_media"}
VALUE = {"mos": "mos_lq", "loss": "loss_ratio", "late": "late_ratio", "jitter": "jitter_ms", "delay": "delay_ms"}


class MemoryQualityViews:
    interactions: dict[str, Values]
    phones: dict[str, str]
    qualities: dict[tuple[str, str, str], Values]
    quality_intervals: dict[tuple[str, str, str, float], Values]

    def quality_over_time(self, from_at: float, to_at: float, step: float) -> Iterable[Row]:
        steps: dict[tuple[Any, ...], list[Values]] = defaultdict(list)
        for each in self._intervals(from_at, to_at):
            at = floor(each["starts_at"] / step) * step
            steps[at, each["trunk"], each["leg"], each["direction"], each["scale"]].append(each)
        for key in sorted(steps, key=lambda key: tuple((each is None, each) for each in key)):
            found = steps[key]
            bad = [each for each in found if _bad(each)]
            degraded = [each for each in found if each["verdict"] == "degraded" and each not in bad]
            yield {
                **dict(zip(("at", "trunk", "leg", "direction", "scale"), key, strict=True)),
                "seconds": _sum(found),
                "bad_s": _sum(bad),
                "degraded_s": _sum(degraded),
                "packets_expected": sum(each["packets_expected"] for each in found),
                "packets_lost": sum(each["packets_lost"] for each in found),
                **{name: _mean(found, name) for name in ("mos_lq", "jitter_ms", "delay_ms")},
            }

    def quality_spread(
        self, measure: str, edges: Sequence[float], from_at: float, to_at: float, trunk: str | None
    ) -> Iterable[Row]:
        values = ((each["scale"], each[VALUE[measure]]) for each in self._intervals(from_at, to_at, trunk))
        found = Counter((scale, bisect_right(edges, value)) for scale, value in values if value is not None)
        for scale, at in sorted(found, key=lambda key: (key[0] is None, *map(str, key[:1]), key[1])):
            yield {"scale": scale, "bin": at, "intervals": found[scale, at]}

    def worst_calls(self, from_at: float, to_at: float, trunk: str | None, most: int) -> Iterable[Row]:
        calls: dict[str, list[Values]] = defaultdict(list)
        for each in self._intervals(from_at, to_at):
            calls[each["interaction"]].append(each)
        chosen = [found for found in calls.values() if trunk is None or any(each["trunk"] == trunk for each in found)]
        rows = [self._worst(found) for found in chosen]
        rows.sort(key=lambda row: (-row["bad_s"], row["mos_nb"] is None, row["mos_nb"], row["interaction"]))
        return rows[:most]

    def _worst(self, found: Sequence[Values]) -> Values:
        interaction = found[0]["interaction"]
        scales = {scale: [each for each in found if each["scale"] == scale] for scale in ("nb", "wb", "fb")}
        return {
            "interaction": interaction,
            "begun_at": min(each["starts_at"] for each in found),
            "ended_at": max(each["starts_at"] + each["seconds"] for each in found),
            "trunk": max((each["trunk"] for each in found if each["trunk"]), default=None),
            "queue": self.interactions.get(interaction, {}).get("queue"),
            "bad_s": _sum([each for each in found if _bad(each)]),
            **{f"mos_{scale}": min(_known(of, "mos_lq"), default=None) for scale, of in scales.items()},
            "loss_most": max(_known(found, "loss_ratio"), default=None),
            "jitter_most_ms": max(_known(found, "jitter_ms"), default=None),
            "verdicts": sorted({verdict for each in found for verdict in each["verdicts"]}),
        }

    def customer_of_call(self, interaction: str) -> Iterable[Row]:
        if call := self.interactions.get(interaction):
            yield {"customer": call["verified"] or self.phones.get(call["caller"])}

    def scored_legs(
        self, to_at: float, trunk: str | None, most: int, after_at: float, after: str, after_leg: str,
        after_direction: str,
    ) -> Iterable[Row]:  # fmt: skip
        rows = []
        for (interaction, leg, direction), record in self.qualities.items():
            if (call := self.interactions.get(interaction)) is None:
                continue
            place = (call["arrived_at"], interaction, leg, direction)
            if place > (after_at, after, after_leg, after_direction) and call["arrived_at"] < to_at:
                known = {
                    name: call[name] for name in ("arrived_at", "answered_at", "ended_at", "node", "queue", "outcome")
                }
                rows.append((place, {**known, **record}))
        of_trunk = {row["interaction"] for _, row in rows if row["trunk"] == trunk}
        chosen = [each for each in rows if trunk is None or each[1]["interaction"] in of_trunk]
        return [row for _, row in sorted(chosen, key=lambda each: each[0])][:most]

    def _intervals(self, from_at: float, to_at: float, trunk: str | None = None) -> list[Values]:
        found = (each for each in self.quality_intervals.values() if from_at <= each["starts_at"] < to_at)
        return [each for each in found if trunk is None or each["trunk"] == trunk]


def _bad(each: Values) -> bool:
    return each["verdict"] == "bad" or bool(DEAF & set(each["verdicts"]))


def _sum(found: Iterable[Values]) -> float:
    return float(sum(each["seconds"] for each in found))


def _known(found: Iterable[Values], name: str) -> list[float]:
    return [each[name] for each in found if each[name] is not None]


def _mean(found: Iterable[Values], name: str) -> float | None:
    known = _known(found, name)
    return fmean(known) if known else None
