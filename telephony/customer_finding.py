"""The console's questions to the directory of customers, whichever it is: who is meant, and who has this number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import structlog

from telephony.console.api.problems import ProblemError
from telephony.core.customer import Customer
from telephony.crm.breaker import SourceError
from telephony.crm.directory import Source
from telephony.store.errors import StoreError

log = structlog.get_logger()


class CustomerFinding:
    """Errors of both: ProblemError(503) while the directory is away."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def search(self, text: str, most: int) -> tuple[Customer, ...]:
        async with _told():
            return await self._source.search(text, most)

    async def of(self, number: str) -> Customer | None:
        """The customer of this customer number."""
        async with _told():
            found = await self._source.by_number(number)
            return found.customer if found else None


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    try:
        yield
    except (StoreError, SourceError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("directory.failed", error=type(error).__name__)  # a message may carry what was asked for
        raise ProblemError(503, detail="the directory of customers is away") from None
