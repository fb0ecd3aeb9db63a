"""Watches the trunks of one node: what their carriers answer, what goes over them, and which are put last.

What `sip_trunk.failover` judges is kept in Asterisk's database, where the dialplan reads it:
it holds while we are away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from quality.rtcp_score import LegQuality
from sip_trunk.calls import Tried, figures
from sip_trunk.failover import Health, after_calls, after_options, after_trial
from sip_trunk.model import Trunk
from sip_trunk.state import HostState, TrunkState, contact_id, host_ids
from telephony.asterisk.ami import AmiError, Listing
from telephony.asterisk.ami_wire import AmiResponse
from telephony.asterisk.trunk_actions import JudgeTrunk, ShowRegistrations, TrunkFigure

log = structlog.get_logger()

LOOK_EVERY_S = 1.0  # whether a trunk is due
WITHOUT_OPTIONS_S = 30.0  # between two looks at a trunk that sends none
WINDOW_S = 900.0  # calls that ended in it count
MOST_CALLS = 500  # of them


class Asked(Protocol):
    """What is needed of the gateway."""

    @property
    def connected(self) -> bool: ...

    async def ask(self, action: JudgeTrunk | TrunkFigure) -> AmiResponse: ...

    async def registrations(self, action: ShowRegistrations) -> Listing: ...


@dataclass(slots=True)
class _Watched:
    trunk: Trunk
    state: TrunkState
    due_at: float = 0.0
    scores: deque[tuple[float, str, float]] = field(default_factory=lambda: deque(maxlen=MOST_CALLS))  # at, scale, MOS
    tried: deque[tuple[float, Tried]] = field(default_factory=lambda: deque(maxlen=MOST_CALLS))


class TrunkWatch:
    """`in_force` gives the trunks that a node runs, by name."""

    def __init__(
        self,
        node: str,
        asterisk: Callable[[], Asked],
        in_force: Callable[[], Awaitable[Mapping[str, Trunk]]],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.node = node
        self._asterisk = asterisk
        self._in_force = in_force
        self._clock = clock
        self._pause = pause
        self._watched: dict[str, _Watched] = {}
        self._judged: dict[str, Health] = {}

    @property
    def states(self) -> tuple[TrunkState, ...]:
        """In the order of the file."""
        return tuple(each.state for each in self._watched.values())

    def judged(self, trunk: str, health: Health) -> None:
        """What a server before us thought of it; what we have found out ourselves counts more."""
        known = self._watched.get(trunk)
        if known is None or known.state.seen_at is None:
            self._judged[trunk] = health
        if known and known.state.seen_at is None:
            known.state = replace(known.state, health=health)

    def scored(self, trunk: str, scores: Sequence[LegQuality]) -> None:
        """How a leg of a call that has ended sounded; the worse direction counts. Another endpoint's is left out."""
        self.measured(trunk, [(str(each.scale), each.mos_cq or each.mos_lq) for each in scores if each.scale])

    def measured(self, trunk: str, directions: Iterable[tuple[str, float | None]]) -> None:
        """The scale and MOS of each direction of a call, or of a test call, that went by this trunk."""
        known = [(mos, scale) for scale, mos in directions if mos is not None]
        if known and trunk in self._watched:
            mos, scale = min(known)
            self._watched[trunk].scores.append((self._clock(), scale, mos))

    def heard(self, trunk: str, tried: Tried) -> None:
        """A call that was sent there is over."""
        if known := self._watched.get(trunk):
            known.tried.append((self._clock(), tried))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except AmiError as error:
                log.info("trunks.not_looked_at", node=self.node, reason=str(error))
            await self._pause(LOOK_EVERY_S)

    async def look(self) -> None:
        """At those that are due. Errors: AmiError."""
        if not self._asterisk().connected:
            return
        self._take_in(await self._in_force())
        now = self._clock()
        due = [name for name, each in self._watched.items() if each.due_at <= now]
        if not due:
            return
        registered = await self._registrations() if any(self._watched[name].trunk.registration for name in due) else {}
        for name in due:
            known = self._watched[name]
            known.due_at = now + (known.trunk.options_s or WITHOUT_OPTIONS_S)
            await self._look_at(name, known, registered)

    def _take_in(self, trunks: Mapping[str, Trunk]) -> None:
        before, self._watched = self._watched, {}
        for name, trunk in trunks.items():
            known = before.get(name) or _Watched(trunk, self._begun(name, trunk))
            known.trunk = trunk
            self._watched[name] = known

    def _begun(self, name: str, trunk: Trunk) -> TrunkState:
        return TrunkState(self.node, name, trunk.carrier, health=self._judged.get(name, Health()))

    async def _registrations(self) -> Mapping[str, str]:
        listing = await self._asterisk().registrations(ShowRegistrations())
        rows = (each.fields for each in listing.events if each.name == "OutboundRegistrationDetail")
        return {row["ObjectName"]: row["Status"] for row in rows}

    async def _look_at(self, name: str, known: _Watched, registered: Mapping[str, str]) -> None:
        hosts = [await self._host(name, uri) for uri, _ in host_ids(name, known.trunk)]
        calls_out = await self._number(f"GROUP_COUNT({name}@trunk)")
        calls_in = await self._number(f"GROUP_COUNT({name}@trunk_in)")
        there = await self._number(f"DB_EXISTS(hotline_trunk_ill/{name})") == 1
        now = self._clock()
        before = known.state
        mos, measured = _mean([each for each in known.scores if each[0] > now - WINDOW_S])
        seen = replace(
            before,
            registration=registered.get(name, "Unknown") if known.trunk.registration else None,
            hosts=tuple(hosts),
            calls_out=calls_out,
            calls_in=calls_in,
            mos=mos,
            measured=measured,
            lately=figures([tried for at, tried in known.tried if at > now - WINDOW_S]),
            seen_at=now,
        )
        known.state = replace(seen, health=_judgement(seen, known.trunk.mos_threshold, now))
        if known.state.health.ill != there:
            await self._asterisk().ask(JudgeTrunk(name, known.state.health.ill))
        if known.state.health.ill != before.health.ill or known.state.health.reason != before.health.reason:
            _told(known.state)

    async def _host(self, name: str, uri: str) -> HostState:
        contact = contact_id(name, uri)
        status = await self._figure(f"PJSIP_CONTACT({contact},status)")
        microseconds = await self._figure(f"PJSIP_CONTACT({contact},rtt)")
        rtt_ms = int(microseconds) / 1000 if microseconds.isdigit() and int(microseconds) else None
        return HostState(uri, status or "Unknown", rtt_ms)

    async def _number(self, function: str) -> int:
        text = await self._figure(function)
        return int(text) if text.isdigit() else 0

    async def _figure(self, function: str) -> str:
        return (await self._asterisk().ask(TrunkFigure(function))).fields.get("Value", "").strip()


def _judgement(state: TrunkState, threshold: float | None, now: float) -> Health:
    health = state.health
    if state.answers is not None:
        health = after_options(health, reachable=state.answers, now=now)
    if state.mos is not None:
        health = after_calls(health, mos=state.mos, calls=state.measured, threshold=threshold, now=now)
    return after_trial(health, calls=state.measured, now=now)


def _mean(scores: Sequence[tuple[float, str, float]]) -> tuple[float | None, int]:
    """Of the scale that most calls have: MOS of two scales are never compared [G.107.1]."""
    scales = [scale for _, scale, _ in scores]
    if not scales:
        return None, 0
    usual = max(sorted(set(scales)), key=scales.count)
    known = [mos for _, scale, mos in scores if scale == usual]
    return sum(known) / len(known), len(known)


def _told(state: TrunkState) -> None:
    if state.health.ill:
        log.warning("trunk.ill", node=state.node, trunk=state.trunk, reason=state.health.reason)
    else:
        log.info("trunk.well", node=state.node, trunk=state.trunk)
