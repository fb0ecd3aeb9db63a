"""Keeps with each account how its person wants pages to look; without a database the browser alone remembers."""

from __future__ import annotations

from typing import Protocol

import structlog

from telephony.store.errors import StoreError

log = structlog.get_logger()


class Records(Protocol):
    """What is asked of the store."""

    async def look_of(self, login: str) -> str | None: ...

    async def keep_look(self, login: str, look: str) -> None: ...


class StoredLooks:
    def __init__(self, records: Records) -> None:
        self._records = records

    async def of(self, login: str) -> str | None:
        try:
            return await self._records.look_of(login)
        except StoreError as error:
            log.warning("look.unknown", reason=str(error))
            return None

    async def keep(self, login: str, look: str) -> None:
        try:
            await self._records.keep_look(login, look)
        except StoreError as error:
            log.warning("look.not_kept", reason=str(error))
