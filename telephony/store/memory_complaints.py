"""The twin in memory of what complaints ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from telephony.store.connection import Row
from telephony.store.errors import StoreRefusedError

Values = dict[str, Any]

_NEW = {"over_at": None, "look_on": date.min, "look_rules": ""}


class MemoryComplaints:
    entered: dict[str, Values]
    customers: dict[str, Values]
    messages: dict[str, Values]

    def __init__(self) -> None:
        super().__init__()
        self.filed: dict[str, Values] = {}
        self.steps: dict[tuple[str, int], Values] = {}
        self.letters: dict[str, Values] = {}

    def file_complaint(self, interaction: str, **complaint: Any) -> None:
        if complaint["customer"] is not None and complaint["customer"] not in self.customers:
            raise StoreRefusedError("PostgreSQL refuses `file_complaint`: ForeignKeyViolationError")
        self.filed.setdefault(interaction, {"interaction": interaction, **complaint, **_NEW})

    def complaint_of(self, interaction: str) -> Iterable[Row]:
        return [self.filed[interaction]] if interaction in self.filed else ()

    def complaint(self, interaction: str) -> Iterable[Row]:
        return self._with_tickets([self.filed[interaction]] if interaction in self.filed else [])

    def complaints(self, most: int) -> Iterable[Row]:
        found = sorted(
            self.filed.values(), key=lambda each: (each["over_at"] is not None, each["filed_at"], each["interaction"])
        )
        return self._with_tickets(found[:most])

    def open_complaints(self, most: int) -> Iterable[Row]:
        found = sorted(self._open(), key=lambda each: (each["filed_at"], each["interaction"]))
        return self._with_tickets(found[:most])

    def due_complaints(self, today: date, most: int) -> Iterable[Row]:
        due = [each for each in self._open() if each["look_on"] <= today]
        return self._with_tickets(sorted(due, key=lambda each: (each["look_on"], each["interaction"]))[:most])

    def look_at_complaint(self, interaction: str, next: date | None, rules: str) -> None:  # noqa: A002 - its name
        self.filed[interaction] = {**self.filed[interaction], "look_on": next or date.max, "look_rules": rules}

    def look_anew(self, rules: str, most: int) -> Iterable[Row]:
        other = [each for each in self._open() if each["look_rules"] != rules][:most]
        for each in other:
            self.filed[each["interaction"]] = {**each, "look_on": date.min, "look_rules": rules}
        return [{"anew": len(other)}]

    def _open(self) -> list[Values]:
        return [each for each in self.filed.values() if each["over_at"] is None]

    def _with_tickets(self, found: Iterable[Values]) -> list[Values]:
        tickets = {name: each["ticket"] for name, each in self.entered.items()}
        return [{**each, "ticket": tickets.get(each["interaction"])} for each in found]

    def complaint_steps(self, interactions: Sequence[str]) -> Iterable[Row]:
        return [self.steps[key] for key in sorted(self.steps) if key[0] in interactions]

    def take_complaint_step(self, **step: Any) -> None:
        key = step["interaction"], step["number"]
        if key in self.steps or step["interaction"] not in self.filed:
            raise StoreRefusedError("PostgreSQL refuses `take_complaint_step`: UniqueViolationError")
        self.steps[key] = step

    def complete_complaint(self, interaction: str, elements: Mapping[str, object]) -> None:
        known = self.filed[interaction]
        self.filed[interaction] = {**known, "elements": {**known["elements"], **elements}}

    def complaint_over(self, interaction: str, at: float | None) -> None:
        self.filed[interaction] = {**self.filed[interaction], "over_at": at}

    def keep_letter(self, **letter: Any) -> None:
        if letter["id"] in self.letters or letter["interaction"] not in self.filed:
            raise StoreRefusedError("PostgreSQL refuses `keep_letter`: UniqueViolationError")
        self.letters[letter["id"]] = letter

    def letters_of(self, interaction: str) -> Iterable[Row]:
        found = [self._with_message(each) for each in self.letters.values() if each["interaction"] == interaction]
        return sorted(found, key=lambda each: (each["made_at"], each["id"]))

    def letters_sent(self, most: int) -> Iterable[Row]:
        waiting = [self._with_message(each) for each in self.letters.values() if each["entered_at"] is None]
        sent = [each for each in waiting if each["sent_at"] is not None]
        return sorted(sent, key=lambda each: (each["made_at"], each["id"]))[:most]

    def letter_entered(self, id: str, at: float) -> Iterable[Row]:  # noqa: A002 - the column's name
        if self.letters[id]["entered_at"] is not None:
            return ()
        self.letters[id] = {**self.letters[id], "entered_at": at}
        return [{"id": id}]

    def _with_message(self, letter: Values) -> Values:
        message = self.messages.get(letter["id"], {})
        told = {name: message.get(name) for name in ("sent_at", "dead_at", "why")}
        return {**letter, **told, "kept": letter["id"] in self.messages}
