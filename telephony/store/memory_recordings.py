"""The in-memory twin's part for recordings and their pauses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemoryRecordings:
    interactions: dict[str, Values]
    entered: dict[str, Values]
    tickets: dict[str, Values]
    phones: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.pauses: dict[tuple[str, float], Values] = {}
        self.recorded: dict[str, Values] = {}

    def begin_recording_pause(self, **pause: Any) -> None:
        if all(each["to_at"] is not None for each in self.recording_pauses(pause["interaction"])):
            self.pauses[pause["interaction"], pause["from_at"]] = {**pause, "to_at": None}

    def end_recording_pause(self, interaction: str, to_at: float) -> None:
        for each in self.recording_pauses(interaction):
            if each["to_at"] is None:
                self.pauses[interaction, each["from_at"]] = {**each, "to_at": to_at}

    def recording_pauses(self, interaction: str) -> list[Values]:
        found = (each for each in self.pauses.values() if each["interaction"] == interaction)
        return sorted(found, key=lambda each: each["from_at"])

    def pauses_of_talk(self, interaction: str) -> list[Values]:
        talk = [interaction]
        for each in talk:
            talk += [call["interaction"] for call in self.interactions.values() if call["follows"] == each]
        found = (pause for each in talk for pause in self.recording_pauses(each))
        return sorted(found, key=lambda each: each["from_at"])

    def add_recording(self, **recording: Any) -> None:
        self.recorded.setdefault(recording["name"], recording)

    def remove_recording(self, name: str) -> None:
        self.recorded.pop(name, None)

    def old_recordings(self, before: float, after_at: float, after: str, most: int) -> Iterable[Row]:
        found = sorted(self.recorded.values(), key=lambda each: (each["begun_at"], each["name"]))
        past = (each for each in found if (each["begun_at"], each["name"]) > (after_at, after))
        return [each for each in past if each["begun_at"] < before][:most]

    def recording_names(self) -> Iterable[Row]:
        return [{"name": name} for name in sorted(self.recorded)]

    def recordings(self, from_at: float, to_at: float, most: int, **wanted: Any) -> Iterable[Row]:
        found = [{**each, **self._around(each["interaction"])} for each in self.recorded.values()]
        fits = [
            each
            for each in found
            if from_at <= each["begun_at"] < to_at
            and all(value is None or each[name] == value for name, value in wanted.items())
        ]
        return sorted(fits, key=lambda each: (-each["begun_at"], each["name"]))[:most]

    def _around(self, interaction: str) -> Values:
        call = self.interactions.get(interaction, {"queue": None, "agent": None, "caller": None})
        ticket = self.entered.get(interaction, {}).get("ticket")
        known = next((each for each in self.tickets.values() if each["sequence"] == ticket), {})
        customer = known.get("customer") or self.phones.get(call["caller"])
        return {"queue": call["queue"], "agent": call["agent"], "ticket": ticket, "customer": customer}
