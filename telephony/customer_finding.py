"""The console's search for customers in the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telephony.console.api.problems import ProblemError
from telephony.core.customer import Customer
from telephony.store.customers import CustomerStore
from telephony.store.errors import StoreError


def finding(customers: CustomerStore) -> Callable[[str, int], Awaitable[tuple[Customer, ...]]]:
    """Errors of what it gives: ProblemError(503)."""

    async def found(text: str, most: int) -> tuple[Customer, ...]:
        try:
            return await customers.search(text, most)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None

    return found
