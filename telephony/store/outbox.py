"""What other systems are still to be told, and what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import cast

from telephony.core.outbox import DeadMessage, Message
from telephony.store.connection import Connection, Row

_NAMES = tuple(each.name for each in dataclasses.fields(Message))
_DEAD = tuple(each.name for each in dataclasses.fields(DeadMessage))


class OutboxStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep_messages(self, messages: Sequence[Message]) -> None:
        """All or none; one that is there already stays as it is."""
        await self._connection.run_many("keep_message", [dataclasses.asdict(each) for each in messages])

    async def open_messages(self, target: str, most: int = 50) -> tuple[Message, ...]:
        """What a receiver has not taken yet, in order."""
        rows = await self._connection.rows("open_messages", target=target, most=most)
        return tuple(_message(row) for row in rows)

    async def claim(self, target: str, now: float, until: float, most: int) -> tuple[Message, ...]:
        """What is due, for the caller alone until then."""
        rows = await self._connection.rows("claim_messages", target=target, now=now, until=until, most=most)
        return tuple(_message(row) for row in rows)

    async def lately(self, target: str, recipient: str, *, since: float, all_since: float) -> tuple[int, int]:
        """How many messages were kept for a recipient, and how many for all customers this way."""
        (row,) = await self._connection.rows(
            "messages_lately", target=target, recipient=recipient, since=since, lately=all_since
        )
        return cast(int, row["to_one"]), cast(int, row["to_all"])

    async def message_sent(self, id_: str, at: float) -> None:
        await self._connection.run("message_sent", id=id_, at=at)

    async def message_failed(self, id_: str, next_at: float, why: str, dead_at: float | None) -> None:
        await self._connection.run("message_failed", id=id_, next_at=next_at, why=why, dead_at=dead_at)

    async def dead_messages(self, most: int = 100) -> tuple[DeadMessage, ...]:
        """What was put aside, the latest first."""
        rows = await self._connection.rows("dead_messages", most=most)
        return tuple(DeadMessage(**{name: row[name] for name in _DEAD}) for row in rows)  # type: ignore[arg-type]

    async def retry(self, ids: Sequence[str] | None, at: float) -> int:
        """Those of these (None: all) that were put aside are sent again; how many."""
        given = None if ids is None else list(ids)
        (row,) = await self._connection.rows("retry_messages", ids=given, at=at)
        return cast(int, row["again"])


def _message(row: Row) -> Message:
    return Message(**{name: row[name] for name in _NAMES})  # type: ignore[arg-type]
