"""The twin in memory of test calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row


class MemoryProbes:
    def __init__(self) -> None:
        super().__init__()
        self.probes: list[dict[str, Any]] = []

    def record_probe(self, **probe: Any) -> None:
        self.probes.append(probe)

    def probes_since(self, since: float, most: int) -> Iterable[Row]:
        found = (each for each in self.probes if each["placed_at"] >= since)
        return sorted(found, key=lambda each: -each["placed_at"])[:most]
