"""Test calls in the store."""

from __future__ import annotations

import dataclasses

from telephony.core.probe_record import ProbeRecord
from telephony.store.store import Store

_NAMES = tuple(each.name for each in dataclasses.fields(ProbeRecord))
MOST = 1000


class ProbeStore:
    """Every method may raise StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def record(self, probe: ProbeRecord) -> None:
        values = {name: getattr(probe, name) for name in _NAMES}
        await self._store.connection.run("record_probe", **{**values, "problems": list(probe.problems)})

    async def since(self, at: float) -> tuple[ProbeRecord, ...]:
        """The latest first, at most 1000."""
        rows = await self._store.connection.rows("probes_since", since=at, most=MOST)
        values = ({name: row[name] for name in _NAMES} for row in rows)
        return tuple(ProbeRecord(**{**each, "problems": tuple(each["problems"])}) for each in values)  # type: ignore[arg-type]
