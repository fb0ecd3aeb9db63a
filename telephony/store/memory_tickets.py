"""The twin in memory of what is asked about tickets by people who look at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from telephony.store.connection import Row
from telephony.store.memory_complaints import MemoryComplaints
from telephony.store.memory_tickets_there import MemoryTicketsThere

Values = dict[str, Any]


class MemoryTickets(MemoryTicketsThere, MemoryComplaints):
    def listed_tickets(self, queues: Collection[str] | None, most: int, **wanted: Any) -> Iterable[Row]:
        found = (
            each
            for each in self.tickets.values()
            if all(value is None or each[name] == value for name, value in wanted.items())
            and (queues is None or each["queue"] is None or each["queue"] in queues)
        )
        return [self._listed(each) for each in sorted(found, key=lambda each: -each["sequence"])[:most]]

    def _listed(self, ticket: Values) -> Values:
        sequence, interaction = ticket["sequence"], ticket["interaction"]
        entries = [each["entered_at"] for each in self.entered.values() if each["ticket"] == sequence]
        changes = [each["at"] for each in self.changed.values() if each["ticket"] == sequence]
        return {
            **ticket,
            "complaint": self.filed.get(interaction, {}).get("kind"),
            "entries": len(entries),
            "changed_at": max([ticket["opened_at"], *entries, *changes]),
            "there": self._from_there(sequence)["there"],
        }

    def ticket_messages(self, ids: Collection[str], interaction: str) -> Iterable[Row]:
        written = [
            {**each, "way": each["target"], "about": each["id"].split("-")[0], "made_at": each["created_at"]}
            for each in self.messages.values()
            if each["id"] in ids
        ]
        letters = [
            {**each, "about": each["act"], "sent_at": each["sent_at"] or each["entered_at"]}
            for each in map(self._with_message, self.letters.values())
            if each["interaction"] == interaction
        ]
        return sorted([*written, *letters], key=lambda each: (each["made_at"], each["about"]))
