"""Writes down that this server lives: from the last time on, whoever comes after it knows nothing of the calls."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from telephony.store.errors import StoreError
from telephony.store.store import Store

ALIVE_EVERY_S = 5.0


async def stay_alive(store: Store, clock: Callable[[], float]) -> None:
    """Until cancelled."""
    while True:
        with contextlib.suppress(StoreError):  # the recorder says that the database is away
            await store.alive(clock())
        await asyncio.sleep(ALIVE_EVERY_S)
