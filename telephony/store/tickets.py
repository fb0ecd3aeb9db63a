"""Tickets in the store as people look at them: lists, what customers were written about one, setting its status."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import cast

from telephony.core.ids import InteractionId, QueueName
from telephony.core.ticket import ListedTicket, TicketStatus, Written
from telephony.store.connection import Connection, Row
from telephony.store.errors import StoreRefusedError

HERE = "hotline"  # among the systems in which tickets are changed: ourselves


class TicketStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def listed(
        self,
        *,
        status: TicketStatus | None = None,
        queue: str | None = None,
        queues: Collection[str] | None = None,
        sequence: int | None = None,
        most: int = 200,
    ) -> tuple[ListedTicket, ...]:
        """The youngest first; with `queues` none of other queues, and those of none."""
        rows = await self._connection.rows(
            "listed_tickets", status=None if status is None else str(status), queue=queue,
            queues=None if queues is None else sorted(queues), sequence=sequence, most=most,
        )  # fmt: skip
        return tuple(map(_listed, rows))

    async def messages(self, ticket: ListedTicket) -> tuple[Written, ...]:
        """What a customer was written about it, in order."""
        ids = [f"ticket-{ticket.number}", f"survey-{ticket.number}"]
        rows = await self._connection.rows("ticket_messages", ids=ids, interaction=ticket.interaction)
        return tuple(map(_written, rows))

    async def set_status(self, ticket: ListedTicket, status: TicketStatus, actor: str, at: float) -> bool:
        """By somebody here; another system is told. False where a second ticket about one matter would be open."""
        try:
            async with self._connection.together() as connection:
                before = await connection.rows("ticket_of", interaction=ticket.interaction)
                await connection.run("set_ticket_status", interaction=ticket.interaction, status=str(status))
                after = await connection.rows("ticket_of", interaction=ticket.interaction)
                if not after or after[0]["status"] != status:
                    return False
                if before[0]["status"] != status:
                    await connection.rows(
                        "keep_ticket_change", system=HERE, change=uuid.uuid4().hex, ticket=ticket.sequence, at=at,
                        actor=actor, status=str(status), comment="",
                    )  # fmt: skip
                return True
        except StoreRefusedError:  # another was opened in the same moment
            return False


def _listed(row: Row) -> ListedTicket:
    return ListedTicket(
        cast(int, row["sequence"]),
        InteractionId(str(row["interaction"])),
        str(row["subject"]),
        TicketStatus(str(row["status"])),
        cast(QueueName | None, row["queue"]),
        cast(str | None, row["customer"]),
        cast(float, row["opened_at"]),
        cast(float, row["changed_at"]),
        cast(int, row["entries"]),
        cast(str | None, row["complaint"]),
        cast(str | None, row["there"]),
    )


def _written(row: Row) -> Written:
    return Written(
        str(row["way"]),
        str(row["about"]),
        cast(float, row["made_at"]),
        cast(float | None, row["sent_at"]),
        cast(float | None, row["dead_at"]),
    )
