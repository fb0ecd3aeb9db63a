"""What a caller in line hears of the wait: a range of minutes in good words, soon after entering and once a minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr_flows import Prompt
from ivr_flows.spoken import render, tongue
from telephony.core.estimate import Minutes

FIRST_S = 10.0  # after the words with which the flow enters the line
EVERY_S = 60.0

_SENTENCES = {
    "pl": "Przewidywany czas oczekiwania: {wait}.",
    "en": "Expected waiting time: {wait}.",
    "uk": "Орієнтовний час очікування: {wait}.",
}
_UP_TO = {"pl": "do", "en": "up to", "uk": "до"}


def words(said: Minutes, language: str) -> str:
    """`Przewidywany czas oczekiwania: od trzech do pięciu minut.`"""
    voice = tongue(language)
    if said.high == 1:
        wait = voice.wait(0)
    elif said.low == 0:
        wait = f"{_UP_TO[language]} {voice.of(said.high, voice.noun('minute'))}"
    else:
        wait = render("minutes_range", (said.low, said.high), language)
    return _SENTENCES[language].format(wait=wait)


@dataclass(slots=True)
class Announcing:
    """The announcements to one caller in one stay in the line."""

    ask: Callable[[], Minutes | None]  # what may be said now
    clock: Callable[[], float]
    language: str
    slow: bool
    _next_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._next_at = self.clock() + FIRST_S

    def due(self) -> Prompt | None:
        """What is to be said now, if anything."""
        now = self.clock()
        if now < self._next_at:
            return None
        self._next_at = now + EVERY_S
        said = self.ask()
        return Prompt(words(said, self.language), self.language, self.slow) if said else None
