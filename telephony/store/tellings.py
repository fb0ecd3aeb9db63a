"""Which tickets customers have still to be told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from telephony.core.ids import InteractionId
from telephony.core.ticket import TicketStatus, ticket_number
from telephony.core.views import Direction
from telephony.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class UntoldTicket:
    """`caller`, `did` and `direction` of the call it was opened for; None where that was no call."""

    interaction: InteractionId
    number: str
    status: TicketStatus
    caller: str | None
    did: str | None
    direction: Direction | None


class TellingStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def untold(self, since: float, until: float, most: int) -> tuple[UntoldTicket, ...]:
        """Those opened in this time, the oldest first."""
        rows = await self._connection.rows("untold_tickets", since=since, until=until, most=most)
        return tuple(map(_untold, rows))

    async def told(self, interaction: str, at: float) -> bool:
        """False where that was so already: another server has done it."""
        return bool(await self._connection.rows("ticket_told", interaction=interaction, at=at))


def _untold(row: Row) -> UntoldTicket:
    direction = cast(str | None, row["direction"])
    return UntoldTicket(
        InteractionId(str(row["interaction"])),
        ticket_number(cast(int, row["sequence"])),
        TicketStatus(str(row["status"])),
        cast(str | None, row["caller"]),
        cast(str | None, row["did"]),
        Direction(direction) if direction else None,
    )
