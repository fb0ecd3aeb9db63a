"""The twin in memory of what complaints ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telephony.store.connection import Row
from telephony.store.errors import StoreRefusedError

Values = dict[str, Any]


class MemoryComplaints:
    entered: dict[str, Values]
    customers: dict[str, Values]

    def __init__(self) -> None:
        super().__init__()
        self.filed: dict[str, Values] = {}
        self.steps: dict[tuple[str, int], Values] = {}

    def file_complaint(self, interaction: str, **complaint: Any) -> None:
        if complaint["customer"] is not None and complaint["customer"] not in self.customers:
            raise StoreRefusedError("PostgreSQL refuses `file_complaint`: ForeignKeyViolationError")
        self.filed.setdefault(interaction, {"interaction": interaction, **complaint, "over_at": None})

    def complaint_of(self, interaction: str) -> Iterable[Row]:
        return [self.filed[interaction]] if interaction in self.filed else ()

    def complaint(self, interaction: str) -> Iterable[Row]:
        return [
            each for each in self.complaints(open=False, most=len(self.filed)) if each["interaction"] == interaction
        ]

    def complaints(self, open: bool, most: int) -> Iterable[Row]:  # noqa: A002, FBT001 - the parameter's name
        found = [each for each in self.filed.values() if each["over_at"] is None or not open]
        found.sort(key=lambda each: (each["over_at"] is not None, each["filed_at"], each["interaction"]))
        tickets = {name: each["ticket"] for name, each in self.entered.items()}
        return [{**each, "ticket": tickets.get(each["interaction"])} for each in found[:most]]

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

    def complaint_over(self, interaction: str, at: float) -> None:
        self.filed[interaction] = {**self.filed[interaction], "over_at": at}
