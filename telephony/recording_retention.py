"""Recordings are removed once they are old enough, unless something keeps them.

How long is the operator's (`recordings_days` of `[retention]`); RODO article 5(1)(e) wants no more than is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from telephony.core.ids import InteractionId
from telephony.core.recording import Recording
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.vault.vault import Vault

log = structlog.get_logger()

EVERY_S = 3600.0
DAY_S = 86_400.0
TOGETHER = 500

Kept = Callable[[InteractionId], Awaitable[bool]]


async def nothing_kept(_: InteractionId) -> bool:
    """Where no law or order keeps anything longer."""
    return False


class RecordingRetention:
    """`kept` says of an interaction whether its recordings stay for now, however old they are."""

    def __init__(
        self,
        days: int,
        vault: Vault,
        store: Store,
        clock: Callable[[], float],
        kept: Kept = nothing_kept,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._days = days
        self._vault = vault
        self._store = store
        self._clock = clock
        self._kept = kept
        self._pause = pause

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreError, OSError) as error:
                log.warning("retention.recordings_not_done", reason=str(error))
            await self._pause(EVERY_S)

    async def look(self) -> int:
        """How many were removed. Errors: StoreError, OSError."""
        removed, kept, before = 0, 0, self._clock() - self._days * DAY_S
        last: Recording | None = None
        while batch := await self._store.recordings.before(before, last, TOGETHER):
            for each in batch:
                if await self._kept(each.interaction):
                    kept += 1
                    continue
                await self.remove(each.name)
                removed += 1
            last = batch[-1]
        if removed or kept:
            log.info("retention.recordings_forgotten", recordings=removed, kept=kept)
        return removed

    async def remove(self, name: str) -> None:
        """One, for good; the row last, so that what fails is tried again. Errors: StoreError, OSError."""
        await asyncio.to_thread(self._vault.remove, name)
        await self._store.recordings.remove(name)
