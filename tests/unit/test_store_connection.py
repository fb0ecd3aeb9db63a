"""What goes wrong out there is told plainly, and never mistaken for something else."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from telephony.store.connection import said_plainly
from telephony.store.errors import StoreError


async def _link_breaks() -> None:
    raise asyncpg.InternalClientError("the link is gone")


async def test_a_cancellation_that_meets_a_broken_link_is_a_cancellation() -> None:
    begun = asyncio.Event()

    async def keeps() -> None:
        async with said_plainly("keep"):
            begun.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            await _link_breaks()

    task = asyncio.create_task(keeps())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_cleans_up_after_a_cancellation_is_told_what_went_wrong() -> None:
    begun = asyncio.Event()

    async def cleans_up() -> None:
        with suppress(asyncio.CancelledError):
            begun.set()
            await asyncio.Event().wait()
        async with said_plainly("keep"):
            await _link_breaks()

    task = asyncio.create_task(cleans_up())
    await begun.wait()
    task.cancel()
    with pytest.raises(StoreError, match="PostgreSQL could not do `keep`"):
        await task
