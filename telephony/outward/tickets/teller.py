"""Tells a ticket system what became of our tickets: each ticket's in its order, several tickets at a time.

At least once: a message is taken from the outbox for a while and told; who comes after a crash takes it again, and
looks first whether it was told. While nobody answers, nothing but now and then a first message is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from telephony.core.ticket import TicketEntry
from telephony.core.ticket_exchange import Comment, Fault, PutOff, TicketMessage, TicketToTell, Told, put_off
from telephony.outward.tickets.system import TicketSystem, TicketSystemError

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
CLAIM_S = 180.0  # longer than all the questions that one message takes
TOGETHER = 16  # tickets at a time
BREATH_S = 0.1  # after each time: what has piled up over hours leaves the callers their server
REST_S = (1.0, 5.0, 15.0, 30.0)  # after a look at which nobody answered; the last one holds on


class TicketOutbox(Protocol):
    """What is asked of the store. Errors: any is taken for an outage."""

    async def claim(self, system: str, at: float, until: float, most: int) -> Sequence[TicketMessage]: ...

    async def put_off(self, message: TicketMessage, why: str, becomes: PutOff) -> None: ...

    async def ticket(self, system: str, sequence: int) -> TicketToTell | None: ...

    async def told(self, system: str, messages: Sequence[Told], at: float) -> None: ...


class Teller:
    """`entries` of an interaction's ticket."""

    def __init__(
        self,
        name: str,
        system: TicketSystem,
        outbox: TicketOutbox,
        entries: Callable[[str], Awaitable[Sequence[TicketEntry]]],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name = name
        self._system = system
        self._outbox = outbox
        self._entries = entries
        self._clock = clock
        self._pause = pause
        self._away = 0  # looks in a row at which nobody answered
        self.sent = 0
        self.failed = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            busy = False
            try:
                busy = await self.look()
            except Exception as error:  # noqa: BLE001 - the outbox is away: what it holds is safe there
                log.warning("tickets.outbox_away", system=self._name, reason=type(error).__name__)
            if self._away:
                await self._pause(REST_S[min(self._away, len(REST_S)) - 1])
            else:
                await self._pause(BREATH_S if busy else LOOK_EVERY_S)

    async def look(self) -> bool:
        """Tell what is due; whether there may be more. Errors: those of the store."""
        now = self._clock()
        due = await self._outbox.claim(self._name, now, now + CLAIM_S, 1 if self._away else TOGETHER)
        if not due:
            return False
        answers = await asyncio.gather(*map(self._take, due), return_exceptions=True)
        told = [each for each in answers if isinstance(each, Told)]
        if told:
            await self._outbox.told(self._name, told, self._clock())
            self.sent += len(told)
        self._away = self._away + 1 if all(each is None for each in answers) else 0
        for each in answers:
            if isinstance(each, BaseException):
                raise each
        return True

    async def _take(self, message: TicketMessage) -> Told | Fault | None:
        """What was told, or else why not; None where nobody has answered well."""
        try:
            return await self._tell(message)
        except TicketSystemError as error:
            await self._put_off(message, error.fault, error.why)
            return error.fault if error.fault is Fault.REFUSED else None
        except (KeyError, TypeError, ValueError, IndexError):  # an answer in which something was missing
            await self._put_off(message, Fault.FAILED, "an answer that is not understood")
            return Fault.FAILED

    async def _tell(self, message: TicketMessage) -> Told:
        ticket = await self._outbox.ticket(self._name, message.ticket)
        told = Told(message.id, message.ticket)
        if ticket is None:  # forgotten meanwhile
            return told
        again = message.attempts > 1
        known, there = ticket.there is not None, ticket.there
        if there is None:
            there = await self._ensured(ticket, look=again or message.entry != ticket.interaction)
        if message.entry is None:
            if known and ticket.status_there != ticket.status:
                await self._system.set_status(there, ticket, message.id)
            return replace(told, there=there, status=ticket.status)
        if message.entry != ticket.interaction:
            found = [each for each in await self._entries(message.entry) if each.interaction == message.entry]
            for entry in found:
                await self._system.comment(there, ticket, Comment(entry.interaction, entry), again=again)
        return told if known else replace(told, there=there, status=ticket.status)

    async def _ensured(self, ticket: TicketToTell, *, look: bool) -> str:
        """Where it is; created unless it is found."""
        there = await self._system.find(ticket) if look else None
        if there is None:
            return await self._system.create(ticket)
        await self._system.set_status(there, ticket, f"found-{ticket.status}")  # nobody knows which it has
        return there

    async def _put_off(self, message: TicketMessage, fault: Fault, why: str) -> None:
        self.failed += 1
        becomes = put_off(fault, message.attempts, self._clock())
        log.warning(
            "tickets.not_taken", system=self._name, why=why, tries=message.attempts,
            given_up=becomes.dead_at is not None,
        )  # fmt: skip
        await self._outbox.put_off(message, why, becomes)
