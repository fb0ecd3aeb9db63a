"""What happened while we were away, read in from Asterisk's own logs: at start, after each AMI log-in, and every 5 s.

Each call gets its one outcome through the engine like any other. The position that is kept in the store passes a call
only once the store has its outcome, and a call nobody saw has an interaction id that follows from its Uniqueid: a
crash at any moment repeats the reading and changes nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import structlog

from telephony.asterisk import cel, queue_log
from telephony.asterisk.afterwards import Afterwards, Finished
from telephony.asterisk.interaction_id import new_interaction_id
from telephony.asterisk.log_file import LogFile
from telephony.core.account import Account
from telephony.core.commands import CallChanged, Command
from telephony.core.events import CallLogged, Event, NodeSnapshot
from telephony.core.ids import AgentId, Uniqueid
from telephony.core.logged import LoggedCall, LogPosition
from telephony.core.views import Lane
from telephony.store.errors import StoreError

log = structlog.get_logger()

CEL, QUEUE_LOG = "cel", "queue_log"
FOLLOW_S = 5.0
GRACE_S = 3.0  # by then we know of a call that is ours, however short it was
GIVEN_UP_S = 3600.0  # a call the store will not take must not hold the position for ever
LINES = 20_000  # read in one go
MOST_FINISHED = 500  # on their way into the store at a time
LATE_S, LATE_TRIES = 0.25, 4  # Asterisk writes its log a moment after the fact
MOST_OURS = 200_000


class Positions(Protocol):
    """What is needed of the store. Each may raise StoreError."""

    async def ended_of_channels(self, uniqueids: list[str], /) -> frozenset[str]: ...

    async def log_positions(self, node: str, /) -> dict[str, LogPosition]: ...

    async def keep_log_position(self, node: str, log: str, position: LogPosition, /) -> None: ...

    async def accounts(self) -> tuple[Account, ...]: ...


@dataclass(slots=True)
class ReadCounters:
    rows: int = 0
    malformed: int = 0
    impossible: int = 0
    gaps: int = 0  # times when a log had been taken away before we had read it
    calls: int = 0  # told to the engine


@dataclass(slots=True)
class _Waiting:
    """A call that has ended; until the store has its outcome."""

    finished: Finished
    read_at: float
    told: bool = False

    @property
    def log(self) -> LoggedCall:
        return self.finished.log


class ReadIn:
    """One node. `run` lives as long as the app."""

    def __init__(
        self,
        node: str,
        folder: Path,
        store: Positions,
        *,
        submit: Callable[[Event], None],
        lane_of: Callable[[str], Lane],
        clock: Callable[[], float],
        peers: Collection[str] = (),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._node = node
        self._folder = folder
        self._store = store
        self._submit = submit
        self._lane_of = lane_of
        self._peers = frozenset(peers)
        self._clock = clock
        self._pause = pause
        self._afterwards = Afterwards(node)
        self._cel: LogFile | None = None
        self._queue_log: LogFile | None = None
        self._kept: dict[str, LogPosition] = {}
        self._waiting: dict[Uniqueid, _Waiting] = {}
        self._ours: OrderedDict[Uniqueid, None] = OrderedDict()  # whose end the engine hears by itself
        self._agents: Mapping[str, AgentId] = {}  # by endpoint
        self._complaint = ""
        self._snapshots: asyncio.Queue[NodeSnapshot] = asyncio.Queue()
        self.counters = ReadCounters()

    def pictured(self, snapshot: NodeSnapshot) -> None:
        """A log-in's picture: it goes on to the core once the logs have told what they know of the missing."""
        self._snapshots.put_nowait(snapshot)

    def publish(self, command: Command, _now: float) -> None:
        """A subscriber of the pump: which calls the engine has."""
        if isinstance(command, CallChanged) and command.call.node == self._node:
            self._ours[command.call.uniqueid] = None
            while len(self._ours) > MOST_OURS:
                self._ours.popitem(last=False)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.round(await self._next())

    async def round(self, snapshot: NodeSnapshot | None = None) -> None:
        """Read what is new and pass it on. Whatever is wrong with logs or store, the snapshot goes its way."""
        try:
            await self._read()
            if snapshot:
                await self._tell_what_was_missed(snapshot)
        except (OSError, StoreError) as error:
            self._complain(error)
        finally:
            if snapshot:
                self._submit(snapshot)
        try:
            await self._settle()
        except StoreError as error:
            self._complain(error)
        else:
            self._complaint = ""

    def _complain(self, error: Exception) -> None:
        """Once for each reason: the next round comes in 5 s."""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if reason != self._complaint:
            self._complaint = reason
            log.warning("logs.not_read", node=self._node, reason=reason)

    async def _next(self) -> NodeSnapshot | None:
        try:
            return await asyncio.wait_for(self._snapshots.get(), FOLLOW_S)
        except TimeoutError:
            return None

    # -- reading ------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """To the present end. Errors: OSError, StoreError."""
        if self._cel is None:
            await self._open()
        more = True
        while more:
            more = await asyncio.to_thread(self._read_some)
            while len(self._waiting) > MOST_FINISHED and await self._settle():
                await self._pause(LATE_S)

    async def _open(self) -> None:
        self._kept = await self._store.log_positions(self._node)
        await self._know_agents()
        self._queue_log = LogFile(self._folder / queue_log.FILE, self._kept.get(QUEUE_LOG))
        self._cel = LogFile(self._folder / cel.FILE, self._kept.get(CEL))

    async def _know_agents(self) -> None:
        self._agents = {account.endpoint: AgentId(account.login) for account in await self._store.accounts()}

    def _read_some(self) -> bool:
        """Whether there may be more. The queue's log first: it is asked when a call's own log ends."""
        assert self._cel
        assert self._queue_log
        for _, line in self._queue_log.lines():
            try:
                if connected := queue_log.parse(line):
                    self._afterwards.hear_queue(connected)
            except ValueError:
                self.counters.malformed += 1
        read = 0
        for mark, line in islice(self._cel.lines(), LINES):
            read += 1
            try:
                finished = self._afterwards.hear(cel.parse(line), mark, self._clock())
            except ValueError:
                self.counters.malformed += 1
                continue
            if finished:
                self._wait_for(finished)
        self.counters.rows += read
        self.counters.gaps = self._cel.gaps + self._queue_log.gaps
        self.counters.impossible = self._afterwards.impossible
        return read == LINES

    # -- telling ------------------------------------------------------------------------------------------------

    async def _tell_what_was_missed(self, snapshot: NodeSnapshot) -> None:
        """Calls of ours that were answered, or ended, while AMI was away or while we were: how, and when."""
        alive = snapshot.uniqueids
        for _ in range(LATE_TRIES):
            if not any(each not in alive and self._afterwards.open(each) for each in self._ours):
                break
            await self._pause(LATE_S)
            await self._read()
        for answer in self._afterwards.answers():
            if answer.uniqueid in self._ours and answer.uniqueid in alive:
                self._submit(replace(answer, agent=self._agent(answer.agent)))
        for each in self._waiting.values():
            if each.log.uniqueid in self._ours and each.log.uniqueid not in alive:
                self._tell(each)
        for lost in self._afterwards.lost(alive, snapshot.taken_at):
            self._wait_for(lost)  # one of ours is closed by the snapshot itself

    def _wait_for(self, finished: Finished) -> None:
        self._waiting[finished.log.uniqueid] = _Waiting(finished, self._clock())

    def _tell(self, waiting: _Waiting) -> None:
        if waiting.told:
            return
        waiting.told = True
        self.counters.calls += 1
        log = replace(waiting.log, agent=self._agent(waiting.log.agent))
        ours = log.uniqueid in self._ours
        interaction = None if ours else new_interaction_id(log.arrived_at, random.Random(log.uniqueid))
        self._submit(CallLogged(log, interaction, self._lane_of(log.did)))

    def _agent(self, endpoint: AgentId | None) -> AgentId | None:
        """Whose phone it is; the endpoint's own name where no account says."""
        if not endpoint or endpoint in self._peers:  # of a leg to another node we do not know who answered there
            return None
        return self._agents.get(endpoint, endpoint)

    async def _settle(self) -> bool:
        """Tell what nobody saw, forget what the store has, keep the position; True while some are on their way.

        Errors: StoreError.
        """
        if self._cel is None:
            return False
        now = self._clock()
        some = list(islice(self._waiting.values(), 2 * MOST_FINISHED))
        ended = await self._store.ended_of_channels([str(each.log.uniqueid) for each in some])
        for each in some:
            if each.log.uniqueid in ended or each.read_at < now - GIVEN_UP_S:
                self._forget(each.log.uniqueid)
        unseen = [each for each in some if self._is_unseen(each, now)]
        if not all(each.told for each in unseen):
            await self._know_agents()
        for each in unseen:
            self._tell(each)
        await self._keep_position()
        return bool(unseen)

    def _is_unseen(self, each: _Waiting, now: float) -> bool:
        known = each.log.uniqueid in self._ours or each.log.uniqueid not in self._waiting
        return not known and each.log.ended_at < now - GRACE_S

    def _forget(self, uniqueid: Uniqueid) -> None:
        del self._waiting[uniqueid]
        self._ours.pop(uniqueid, None)

    async def _keep_position(self) -> None:
        """No further than the oldest call that is not in the store with its outcome."""
        assert self._cel
        assert self._queue_log
        open_since = [each.finished.since for each in self._waiting.values()]
        if oldest := self._afterwards.oldest:
            open_since.append(oldest)
        positions = {CEL: min(open_since, default=self._cel.mark).position}
        if not open_since:  # an answer may belong to any call that is open
            positions[QUEUE_LOG] = self._queue_log.mark.position
        for name, position in positions.items():
            if position.file and self._kept.get(name) != position:
                await self._store.keep_log_position(self._node, name, position)
                self._kept[name] = position
