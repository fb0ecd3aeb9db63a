"""The twin in memory of what messages to customers ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryMessages:
    messages: dict[str, Values]
    tickets: dict[str, Values]
    interactions: dict[str, Values]

    def __init__(self) -> None:
        super().__init__()
        self.tickets_told: dict[str, Values] = {}

    def claim_messages(self, target: str, now: float, until: float, most: int) -> Iterable[Row]:
        due = [
            each
            for each in self.messages.values()
            if each["target"] == target
            and each["sent_at"] is None
            and each["dead_at"] is None
            and each["next_at"] <= now
        ]
        mine = sorted(due, key=lambda each: (each["next_at"], each["id"]))[:most]
        for each in mine:
            each["next_at"] = until
        return mine

    def messages_lately(self, target: str, recipient: str, since: float, lately: float) -> Iterable[Row]:
        known = self.messages.values()
        to_one = [each for each in known if each["recipient"] == recipient and each["created_at"] >= since]
        this_way = [each for each in known if each["target"] == target and each["recipient"]]
        to_all = [each for each in this_way if each["created_at"] >= lately]
        return [{"to_one": len(to_one), "to_all": len(to_all)}]

    def untold_tickets(self, since: float, until: float, most: int) -> Iterable[Row]:
        found = [
            each
            for each in self.tickets.values()
            if each["interaction"] not in self.tickets_told and since <= each["opened_at"] <= until
        ]
        found.sort(key=lambda each: (each["opened_at"], each["sequence"]))
        nobody = {"caller": None, "did": None, "direction": None}
        return [{**nobody, **self.interactions.get(each["interaction"], {}), **each} for each in found[:most]]

    def ticket_told(self, interaction: str, at: float) -> Iterable[Row]:
        if interaction in self.tickets_told or interaction not in self.tickets:
            return ()
        self.tickets_told[interaction] = {"at": at}
        return [{"sequence": self.tickets[interaction]["sequence"]}]
