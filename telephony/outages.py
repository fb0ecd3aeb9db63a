"""What is out of order where a customer lives, for a running server: the reviewed file and what was entered in a hurry,
each read anew when it changes. A file that cannot be read keeps what was known before, and the log says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from ivr_flows import FlowError
from ivr_flows.live_file import Mark, mark
from ivr_flows.outages import FILE, Outage, live, read_file, texts_for
from telephony.core.customer import Customer

log = structlog.get_logger()


class Records(Protocol):
    """What is asked of the store."""

    async def customer_by_number(self, number: str) -> Customer | None: ...


class Outages:
    """`reviewed` need not exist. `find` costs two calls of `stat` and a look-up of the customer's address."""

    def __init__(self, reviewed: Path, data: Path, records: Records, clock: Callable[[], float]) -> None:
        self._path = reviewed
        self._seen: Mark | None = None
        self._reviewed: Mapping[str, Outage] = {}
        self._entered = live(data / FILE)
        self._problem = ""
        self._records = records
        self._clock = clock

    async def find(self, customer: str | None) -> tuple[Mapping[str, str], ...]:
        """What to announce to this customer (None: to anybody), each by language. Errors: StoreError."""
        known = await self._records.customer_by_number(customer) if customer else None
        self._read()
        entered = self._entered.current()
        if self._entered.problem != self._problem:
            self._problem = self._entered.problem
            log.error("outages.unreadable", reason=self._problem)
        outages = {**self._reviewed, **entered}.values()
        return texts_for(outages, known.address if known else None, self._clock())

    def _read(self) -> None:
        if (now := mark(self._path)) == self._seen:
            return
        self._seen = now
        try:
            self._reviewed = read_file(self._path, self._clock()) if now else {}
        except (FlowError, OSError) as error:
            log.error("outages.refused", reason=str(error))  # noqa: TRY400 - its author needs the place, not a trace
