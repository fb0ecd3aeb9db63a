"""The twin in memory of what calls about visits ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryAppointments:
    tickets: dict[str, Values]
    entered: dict[str, Values]
    phones: dict[str, str]
    _tell_entry: Callable[[Values], None]

    def __init__(self) -> None:
        super().__init__()
        self.visits: dict[str, Values] = {}

    def load_appointment(self, **visit: Any) -> Iterable[Row]:
        if visit["id"] in self.visits or any(self.appointment_by_reference(visit["reference"])):
            return []
        self.visits[visit["id"]] = visit
        return [{"id": visit["id"]}]

    def due_appointments(self, now: float, today: date, most: int) -> Iterable[Row]:
        found = [
            each
            for each in self.visits.values()
            if each["state"] == "open" and (each["next_at"] <= now or each["day"] <= today)
        ]
        return sorted(found, key=lambda each: (each["day"], each["begins"], each["reference"]))[:most]

    def keep_appointment(self, id: str, tried: int, **standing: Any) -> Iterable[Row]:  # noqa: A002 - the column's name
        known = self.visits.get(id)
        if known is None or known["state"] != "open" or known["attempts"] != tried:
            return []
        self.visits[id] = {**known, **standing}
        return [{"id": id}]

    def appointment_of_call(self, call: str) -> Iterable[Row]:
        return [each for each in self.visits.values() if each["call"] == call]

    def appointment_by_reference(self, reference: str) -> Iterable[Row]:
        return [each for each in self.visits.values() if each["reference"] == reference]

    def appointments(self, most: int) -> Iterable[Row]:
        opened = sorted(
            (each for each in self.visits.values() if each["state"] == "open"),
            key=lambda each: (each["day"], each["begins"], each["reference"]),
        )
        settled = sorted(
            (each for each in self.visits.values() if each["state"] != "open"),
            key=lambda each: (-each["done_at"], each["reference"]),
        )
        found = [*opened, *settled][:most]
        return [{**each, "ticket": self.entered.get(each["id"], {}).get("ticket")} for each in found]

    def give_ticket_a_customer(self, interaction: str, number: str) -> None:
        if interaction in self.tickets and self.tickets[interaction]["customer"] is None:
            self.tickets[interaction]["customer"] = self.phones.get(number)

    def enter_in_ticket_of(self, interaction: str, of: str, **entry: Any) -> None:
        if of in self.entered and interaction not in self.entered:
            own = {"interaction": interaction, "ticket": self.entered[of]["ticket"], **entry}
            self.entered[interaction] = own
            self._tell_entry(own)
