"""The twin in memory of what is asked about tickets in other systems."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryTicketsThere:
    messages: dict[str, Values]
    tickets: dict[str, Values]
    interactions: dict[str, Values]
    entered: dict[str, Values]

    def __init__(self) -> None:
        super().__init__()
        self.systems: dict[str, Values] = {}
        self.there: dict[tuple[str, int], Values] = {}
        self.changed: dict[tuple[str, str], Values] = {}

    def told_tickets(self, name: str) -> None:
        for known in {*self.systems, name} - {""}:
            self.systems[known] = {"mark": "", **self.systems.get(known, {}), "name": known, "told": known == name}

    def _tell(self, ticket: int, created_at: float, key: str, **what: str) -> None:
        for name in (each["name"] for each in self.systems.values() if each["told"]):
            body = json.dumps({"ticket": ticket, **what})
            known = {"id": f"{name}-{key}", "target": name, "about": str(ticket), "body": body}
            fresh = {
                "created_at": created_at,
                "attempts": 0,
                "next_at": 0.0,
                "sent_at": None,
                "dead_at": None,
                "why": "",
            }
            self.messages.setdefault(known["id"], {**known, **fresh})

    def _tell_entry(self, entry: Values) -> None:
        interaction = entry["interaction"]
        self._tell(entry["ticket"], entry["entered_at"], interaction, entry=interaction)

    def _tell_status(self, ticket: int, status: str) -> None:
        self._tell(ticket, time.time(), f"status-{uuid.uuid4()}", status=status)

    def claim_ticket_messages(self, target: str, at: float, until: float, most: int) -> Iterable[Row]:
        first: dict[str, Values] = {}
        for each in self.messages.values():
            if each["target"] == target and each.get("about") and each["sent_at"] is None:
                first.setdefault(each["about"], each)
        due = [each for each in first.values() if each["dead_at"] is None and each["next_at"] <= at][:most]
        for each in due:
            each |= {"attempts": each["attempts"] + 1, "next_at": until}
        return due

    def put_off_message(self, id: str, **change: Any) -> None:  # noqa: A002 - the column's name
        self.messages[id] |= change

    def waiting_messages(self) -> Iterable[Row]:
        found = [each for each in self.messages.values() if each["sent_at"] is None and each["dead_at"] is None]
        for target in sorted({each["target"] for each in found}):
            own = [each for each in found if each["target"] == target]
            since = min(each["created_at"] for each in own)
            yield {"target": target, "waiting": len(own), "since": since, "why": own[0]["why"]}

    def _by_sequence(self, sequence: int) -> Iterable[Values]:
        return (each for each in self.tickets.values() if each["sequence"] == sequence)

    def _with_there(self, ticket: Values, system: str) -> Values:
        known = self.there.get((system, ticket["sequence"]), {})
        return {**ticket, "there": known.get("there"), "status_there": known.get("status")}

    def _from_there(self, sequence: int) -> Values:
        told = {each["name"] for each in self.systems.values() if each["told"]}
        there = (
            each["there"] for (system, ticket), each in self.there.items() if ticket == sequence and system in told
        )
        said = [each for each in self.changed.values() if each["ticket"] == sequence and each["comment"]]
        said.sort(key=lambda each: (each["at"], each["change"]))
        return {"there": next(there, None), "word": said[-1]["comment"] if said else None}

    def ticket_to_tell(self, system: str, sequence: int) -> Iterable[Row]:
        for each in self._by_sequence(sequence):
            caller = self.interactions.get(each["interaction"], {}).get("caller")
            yield {**self._with_there(each, system), "caller": caller}

    def keep_ticket_there(self, ticket: int, system: str, **known: Any) -> None:
        self.there[system, ticket] = known

    def ticket_from_there(self, system: str, there: str) -> Iterable[Row]:
        found = [ticket for (of, ticket), each in self.there.items() if of == system and each["there"] == there]
        return [self._with_there(each, system) for ticket in found for each in self._by_sequence(ticket)]

    def keep_ticket_change(self, system: str, change: str, **known: Any) -> Iterable[Row]:
        if (system, change) in self.changed:
            return []
        self.changed[system, change] = {"system": system, "change": change, **known}
        return [known]

    def set_status_from_there(self, ticket: int, status: str) -> None:
        for each in self._by_sequence(ticket):
            others = (
                other for other in self.tickets.values()
                if each["about"] and other["about"] == each["about"] and other["status"] != "closed"
            )  # fmt: skip
            if status == "closed" or not any(other is not each for other in others):
                each["status"] = status

    def ticket_changes(self, interaction: str) -> Iterable[Row]:
        ticket = self.entered.get(interaction, {}).get("ticket")
        found = (each for each in self.changed.values() if each["ticket"] == ticket)
        return sorted(found, key=lambda each: (each["at"], each["change"]))

    def ticket_mark(self, name: str) -> Iterable[Row]:
        return filter(None, [self.systems.get(name)])

    def keep_ticket_mark(self, name: str, mark: str) -> None:
        if name in self.systems:
            self.systems[name] = {**self.systems[name], "mark": mark}
