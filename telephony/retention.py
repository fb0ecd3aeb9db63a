"""What is forgotten by itself once it is old enough, by the catalogue: rows, recordings, rotated logs.

The figures are the operator's (`[retention]`); RODO article 5(1)(e) wants no more than is needed. A hold and the law
beat them. Erasures that were left in the middle are carried on, and persons whom a restored back-up has brought back go
again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from telephony.privacy.forgetting import carry_on, forget
from telephony.privacy.house import House
from telephony.store.errors import StoreError

log = structlog.get_logger()

EVERY_S = 3600.0


class Forgetting:
    """Without a house, which is without a database, nothing is kept that could be forgotten."""

    def __init__(self, house: House | None, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._house = house
        self._pause = pause
        self.forgotten: Counter[str] = Counter()  # by place, since the start

    @property
    def figures(self) -> dict[str, float]:
        return {place: float(count) for place, count in self.forgotten.items()}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreError, OSError) as error:
                log.warning("retention.not_done", reason=type(error).__name__)
            await self._pause(EVERY_S)

    async def look(self) -> None:
        """Errors: StoreError, OSError."""
        if self._house is None:
            return
        done = await carry_on(self._house)
        if done.restored or done.erased:
            log.warning("privacy.carried_on", restored=done.restored, erased=done.erased)
        for erasure, why in done.waiting.items():
            log.warning("privacy.not_erased", erasure=erasure, reason=why)
        gone = await forget(self._house)
        self.forgotten.update(gone)
        if gone:
            log.info("retention.forgotten", **{place.replace(" ", "_"): count for place, count in gone.items()})
