"""Trunks while the server runs, put together from the settings: who watches them at each node, and what came of it."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path

import structlog

from quality.probe_result import ProbeResult
from quality.rtcp_score import LegQuality
from sip_trunk import trunk_file
from sip_trunk.errors import TrunkError
from sip_trunk.failover import Health
from sip_trunk.model import Trunk
from sip_trunk.revisions import SOURCE, Folder, Revision, TrunkFolder
from sip_trunk.state import TrunkState
from telephony.asterisk import translate
from telephony.asterisk.interaction_id import new_interaction_id
from telephony.asterisk.trunk_news import TrunkNews
from telephony.metrics import Metrics
from telephony.settings import AsteriskNode
from telephony.store.store import Store
from telephony.store.trunk_incidents import TrunkIncidents
from telephony.trunk_incidents import IncidentDesk
from telephony.trunk_metrics import TrunkMetrics
from telephony.trunk_ssh import RemoteFolder, command
from telephony.trunk_watch import Asked, TrunkWatch

log = structlog.get_logger()

FAR_EVERY_S = 60.0  # between two looks over SSH


class InForce:
    """The trunks that a folder has in force, read anew when another revision is."""

    def __init__(self, folder: Path) -> None:
        self._folder = TrunkFolder(folder)
        self._revision: Revision | None = None
        self._trunks: Mapping[str, Trunk] = {}

    async def __call__(self) -> Mapping[str, Trunk]:
        """None of them where none is in force; those before where a new revision cannot be read."""
        revision = self._folder.current()
        if revision != self._revision:
            self._revision = revision
            self._trunks = await asyncio.to_thread(self._read, revision) if revision else {}
        return self._trunks

    def _read(self, revision: Revision) -> Mapping[str, Trunk]:
        try:
            return trunk_file.parse(self._folder.source(revision), SOURCE).trunks
        except TrunkError as error:
            log.warning("trunks.not_read", revision=str(revision), reason=str(error))
            return self._trunks


class FarInForce:
    """The same of a folder over SSH, looked at each minute; what was known stays while it cannot be reached."""

    def __init__(self, folder: Folder, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._due_at = 0.0
        self._revision: Revision | None = None
        self._trunks: Mapping[str, Trunk] = {}

    async def __call__(self) -> Mapping[str, Trunk]:
        if (now := self._clock()) >= self._due_at:
            self._due_at = now + FAR_EVERY_S
            await asyncio.to_thread(self._look)
        return self._trunks

    def _look(self) -> None:
        try:
            revision = self._folder.current()
            if revision != self._revision:
                self._trunks = trunk_file.parse(self._folder.source(revision), SOURCE).trunks if revision else {}
                self._revision = revision
        except TrunkError as error:
            log.warning("trunks.not_read", reason=str(error))


def _in_force(node: AsteriskNode, clock: Callable[[], float]) -> InForce | FarInForce | None:
    if node.trunk_ssh:
        return FarInForce(RemoteFolder(node.name, command(node.trunk_ssh)), clock)
    return InForce(node.trunk_folder) if node.trunk_folder else None


class Trunks:
    """`states` is how all trunks of all nodes are now. Nothing is watched at a node whose folder is not known here;
    `gateways` are looked up when they are needed.
    """

    def __init__(
        self,
        nodes: Sequence[AsteriskNode],
        gateways: Mapping[str, Asked],
        store: Store,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._watches = {
            node.name: TrunkWatch(node.name, functools.partial(gateways.__getitem__, node.name), in_force, clock)
            for node in nodes
            if (in_force := _in_force(node, clock))
        }
        self._metrics = TrunkMetrics(metrics, self.states)
        new_id = functools.partial(_new_id, clock)
        self._desk = IncidentDesk(TrunkIncidents(store), self.states, self._judged, new_id, clock)

    def states(self) -> tuple[TrunkState, ...]:
        """By node, then in the order of its file."""
        return tuple(state for watch in self._watches.values() for state in watch.states)

    def scored(self, node: str, channel: str, scores: Sequence[LegQuality]) -> None:
        """How a leg of a call that has ended sounded (`CallQuality`)."""
        if watch := self._watches.get(node):
            watch.scored(translate.endpoint(channel), scores)

    def probed(self, node: str, result: ProbeResult) -> None:
        """A test call sounds like any other; one that was not answered tells nothing of quality."""
        if result.trunk and (watch := self._watches.get(node)):
            ways = [each for each in (result.sent, result.received) if each]
            watch.measured(result.trunk, [(each.scale, each.mos) for each in ways if each.scale])

    def heard(self, node: str, news: TrunkNews) -> None:
        """What the dialplan tells of calls (`Gateway`)."""
        self._metrics.heard(news)
        if news.tried and (watch := self._watches.get(node)):
            watch.heard(news.trunk, news.tried)

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs as long as the server does."""
        if self._watches:
            yield self._desk.run()
        for watch in self._watches.values():
            yield watch.run()

    def _judged(self, node: str, trunk: str, health: Health) -> None:
        if watch := self._watches.get(node):
            watch.judged(trunk, health)


def _new_id(clock: Callable[[], float]) -> str:
    return new_interaction_id(clock(), random.SystemRandom())
