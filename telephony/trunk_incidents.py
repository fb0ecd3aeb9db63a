"""Trunks that stay bad: an incident each in the store, and the network engineers' ticket of those that last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import structlog

from sip_trunk.failover import Health
from sip_trunk.incidents import Incident, Step, after
from sip_trunk.state import TrunkState
from telephony.store.errors import StoreError

log = structlog.get_logger()

EVERY_S = 5.0

At = tuple[str, str]  # node and trunk


class Kept(Protocol):
    """`telephony.store.trunk_incidents.TrunkIncidents`."""

    async def open(self) -> tuple[Incident, ...]: ...

    async def keep(self, incident: Incident, step: Step | None, now: float) -> None: ...


class IncidentDesk:
    """`states` are all trunks as they are now; `judged` hears what a server before us thought of one."""

    def __init__(
        self,
        kept: Kept,
        states: Callable[[], Iterable[TrunkState]],
        judged: Callable[[str, str, Health], None],
        new_id: Callable[[], str],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._kept = kept
        self._states = states
        self._judged = judged
        self._new_id = new_id
        self._clock = clock
        self._pause = pause
        self._open: dict[At, Incident] | None = None

    async def run(self) -> None:
        """Until cancelled. While the store is away nothing is lost: what is told then is told when it is back."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("trunks.incidents_not_kept", reason=str(error))
            await self._pause(EVERY_S)

    async def recover(self) -> None:
        """What a server before us has begun. Errors: StoreError."""
        self._open = {(each.node, each.trunk): each for each in await self._kept.open()}
        for (node, trunk), each in self._open.items():
            if each.well_at is None:
                self._judged(node, trunk, Health(ill=True, reason=each.reason, since=each.began_at))

    async def look(self) -> None:
        """Begin, tell and end incidents. Errors: StoreError."""
        if self._open is None:
            await self.recover()
        for state in self._states():
            if state.seen_at is not None:
                await self._follow(state)

    async def _follow(self, state: TrunkState) -> None:
        assert self._open is not None
        at, now = (state.node, state.trunk), self._clock()
        before = self._open.get(at)
        incident, step = after(before, state, now, self._new_id)
        if incident is None or incident == before:
            return
        await self._kept.keep(incident, step, now)
        if incident.ended_at is None:
            self._open[at] = incident
        else:
            del self._open[at]
        if step is not None:
            log.info("trunk.ticket", node=state.node, trunk=state.trunk, step=str(step))
