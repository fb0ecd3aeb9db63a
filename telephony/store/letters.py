"""Letters of complaints as they were sent, and what became of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from telephony.core.complaints import Act
from telephony.store.connection import Connection, Row


class LetterState(StrEnum):
    WAITING = "waiting"  # for whoever carries it
    SENT = "sent"
    FAILED = "failed"  # nobody took it


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """`id` is that of its message, too; `recipient` a pseudonym, empty where somebody sent it by hand.

    `entered_at`: sent at that time, and among the steps.
    """

    id: str
    interaction: str
    act: Act
    way: str
    recipient: str
    text: str
    actor: str
    made_at: float
    entered_at: float | None = None


@dataclass(frozen=True, slots=True)
class SentLetter:
    letter: KeptLetter
    state: LetterState
    sent_at: float | None
    why: str = ""  # it was not taken


_NAMES = tuple(each.name for each in dataclasses.fields(KeptLetter))


class LetterStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, letter: KeptLetter) -> None:
        """Errors: StoreRefusedError where there is one of this id."""
        values = {name: getattr(letter, name) for name in _NAMES}
        await self._connection.run("keep_letter", **{**values, "act": str(letter.act)})

    async def of(self, interaction: str) -> tuple[SentLetter, ...]:
        """In order."""
        return tuple(map(_sent, await self._connection.rows("letters_of", interaction=interaction)))

    async def sent(self, most: int = 100) -> tuple[SentLetter, ...]:
        """Those that were taken and do not stand among the steps yet."""
        return tuple(map(_sent, await self._connection.rows("letters_sent", most=most)))

    async def entered(self, id_: str, at: float) -> bool:
        """False where that was so already."""
        return bool(await self._connection.rows("letter_entered", id=id_, at=at))


def _sent(row: Row) -> SentLetter:
    values = {name: row[name] for name in _NAMES}
    letter = KeptLetter(**{**cast(Mapping[str, Any], values), "act": Act(str(row["act"]))})
    sent_at = letter.entered_at or cast(float | None, row["sent_at"])
    if sent_at is not None:
        return SentLetter(letter, LetterState.SENT, sent_at)
    failed = row["dead_at"] is not None or not row["kept"]
    why = str(row["why"] or "") if failed else ""
    return SentLetter(letter, LetterState.FAILED if failed else LetterState.WAITING, None, why)
