"""Where the store keeps something for the console: its errors, as the console knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telephony.console.sessions import KeeperAwayError
from telephony.store.errors import StoreError


@asynccontextmanager
async def told() -> AsyncIterator[None]:
    """Errors: KeeperAwayError in place of StoreError."""
    try:
        yield
    except StoreError as error:
        raise KeeperAwayError(str(error)) from error
