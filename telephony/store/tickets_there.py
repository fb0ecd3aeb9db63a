"""Tickets in another system, as the store keeps them: what it is still to be told, and what came from there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from telephony.core.ids import InteractionId
from telephony.core.outbox import Waiting
from telephony.core.ticket import TicketStatus, ticket_number
from telephony.core.ticket_exchange import Change, PutOff, TicketMessage, TicketToTell, Told
from telephony.store.connection import Connection, Row


class TicketsThere:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def tell(self, system: str) -> None:
        """From now on this system is told of tickets, and no other; an empty name: none."""
        await self._connection.run("told_tickets", name=system)

    async def claim(self, system: str, at: float, until: float, most: int) -> tuple[TicketMessage, ...]:
        """The first of each ticket that is due, for us alone until then."""
        rows = await self._connection.rows("claim_ticket_messages", target=system, at=at, until=until, most=most)
        return tuple(_message(row) for row in rows)

    async def put_off(self, message: TicketMessage, why: str, becomes: PutOff) -> None:
        await self._connection.run(
            "put_off_message", id=message.id, why=why, attempts=becomes.attempts, next_at=becomes.next_at,
            dead_at=becomes.dead_at,
        )  # fmt: skip

    async def ticket(self, system: str, sequence: int) -> TicketToTell | None:
        """None: it is not kept any more."""
        rows = await self._connection.rows("ticket_to_tell", system=system, sequence=sequence)
        return _ticket(rows[0]) if rows else None

    async def told(self, system: str, messages: Sequence[Told], at: float) -> None:
        """All or none."""
        known = [
            {"ticket": each.ticket, "system": system, "there": each.there, "status": str(each.status)}
            for each in messages
            if each.there is not None
        ]
        async with self._connection.together() as connection:
            await connection.run_many("keep_ticket_there", known)
            await connection.run_many("message_sent", [{"id": each.id, "at": at} for each in messages])

    async def keep(self, system: str, sequence: int, there: str, status: TicketStatus) -> None:
        """Where it is there, and the status that both know."""
        await self._connection.run("keep_ticket_there", ticket=sequence, system=system, there=there, status=str(status))

    async def arrived(self, system: str, change: Change) -> TicketToTell | None:
        """Enter what was done over there, once; the ticket, or None where there is nothing new in it for us."""
        async with self._connection.together() as connection:
            known = await connection.rows("ticket_from_there", system=system, there=change.there)
            if not known:
                return None
            ticket, status = known[0], change.status
            if status in (ticket["status"], ticket["status_there"]):  # ours come back, or told before
                status = None
            if status is None and not change.comment:
                return None
            new = await connection.rows(
                "keep_ticket_change", system=system, change=change.id, ticket=ticket["sequence"], at=change.at,
                actor=change.actor, status=None if status is None else str(status), comment=change.comment,
            )  # fmt: skip
            if not new:
                return None
            if status is not None:
                sequence = ticket["sequence"]
                await connection.run("set_status_from_there", ticket=sequence, status=str(status))
                await connection.run(
                    "keep_ticket_there", ticket=sequence, system=system, there=change.there, status=str(status)
                )
        return _ticket({**ticket, "caller": None})

    async def changes(self, interaction: str) -> tuple[Change, ...]:
        """What has happened to an interaction's ticket elsewhere, in order."""
        return tuple(map(_change, await self._connection.rows("ticket_changes", interaction=interaction)))

    async def mark(self, system: str) -> str:
        rows = await self._connection.rows("ticket_mark", name=system)
        return str(rows[0]["mark"]) if rows else ""

    async def keep_mark(self, system: str, mark: str) -> None:
        await self._connection.run("keep_ticket_mark", name=system, mark=mark)

    async def waiting(self) -> Sequence[Waiting]:
        """By receiver, of all that the outbox holds."""
        names = ("target", "waiting", "since", "why")
        rows = await self._connection.rows("waiting_messages")
        return tuple(Waiting(**{name: row[name] for name in names}) for row in rows)  # type: ignore[arg-type]


def _message(row: Row) -> TicketMessage:
    body = json.loads(str(row["body"]))
    entry = InteractionId(body["entry"]) if "entry" in body else None
    return TicketMessage(
        str(row["id"]), body["ticket"], entry, cast(float, row["created_at"]), cast(int, row["attempts"])
    )


def _ticket(row: Row) -> TicketToTell:
    sequence = cast(int, row["sequence"])
    there, known = cast(str | None, row["there"]), cast(str | None, row["status_there"])
    return TicketToTell(
        sequence,
        ticket_number(sequence),
        InteractionId(str(row["interaction"])),
        str(row["subject"]),
        str(row["body"]),
        TicketStatus(str(row["status"])),
        cast(float, row["opened_at"]),
        cast(str | None, row["customer"]),
        cast(str | None, row["caller"]),
        there,
        TicketStatus(known) if known else None,
    )


def _change(row: Row) -> Change:
    status = cast(str | None, row["status"])
    return Change(
        str(row["change"]),
        str(row["system"]),
        cast(float, row["at"]),
        str(row["actor"]),
        TicketStatus(status) if status else None,
        str(row["comment"]),
    )
