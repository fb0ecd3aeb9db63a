"""The twin in memory of incidents of trunks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row
from telephony.store.errors import StoreRefusedError

Values = dict[str, Any]


class MemoryTrunks:
    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, Values] = {}

    def open_trunk_incidents(self) -> Iterable[Row]:
        known = (each for each in self.incidents.values() if each["ended_at"] is None)
        return sorted(known, key=lambda each: (each["began_at"], each["id"]))

    def keep_trunk_incident(self, **incident: Any) -> Iterable[Row]:
        key = (incident["node"], incident["trunk"])
        others = [each for each in self.open_trunk_incidents() if each["id"] != incident["id"]]
        if incident["ended_at"] is None and any((each["node"], each["trunk"]) == key for each in others):
            raise StoreRefusedError("the trunk has another incident")
        self.incidents[incident["id"]] = incident
        return [{"id": incident["id"]}]
