"""Asks a ticket system what others have done to our tickets there, now and then, and at once when it says so itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from telephony.core.ticket_exchange import Change
from telephony.outward.tickets.system import TicketSystem, TicketSystemError

log = structlog.get_logger()


class Marks(Protocol):
    """Errors: any is taken for an outage."""

    async def mark(self, system: str) -> str: ...

    async def keep_mark(self, system: str, mark: str) -> None: ...


class Listener:
    """`arrived` enters a change, once, however often it comes."""

    def __init__(
        self,
        name: str,
        system: TicketSystem,
        marks: Marks,
        arrived: Callable[[Change], Awaitable[None]],
        every_s: float,
    ) -> None:
        self._name = name
        self._system = system
        self._marks = marks
        self._arrived = arrived
        self._every_s = every_s
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Something has happened there."""
        self._poked.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except TicketSystemError as error:
                log.warning("tickets.not_asked", system=self._name, why=error.why)
            except Exception as error:  # noqa: BLE001 - an answer as nobody expects it, or the store is away
                log.warning("tickets.not_asked", system=self._name, why=type(error).__name__)
            try:
                await asyncio.wait_for(self._poked.wait(), self._every_s)
            except TimeoutError:
                continue
            self._poked.clear()

    async def look(self) -> None:
        """The mark moves once everything before it is entered. Errors: TicketSystemError, and those of the store."""
        before = await self._marks.mark(self._name)
        found = await self._system.changes(before)
        for change in found.changes:
            await self._arrived(change)
        if found.mark != before:
            await self._marks.keep_mark(self._name, found.mark)
