"""What network engineers do with trunks in the console: plan, apply, look back and go back."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sip_trunk.errors import TrunkError
from sip_trunk.plan import Plan
from sip_trunk.revisions import Past, Revision, revision_named
from telephony.asterisk.ami import AmiError
from telephony.trunk_apply import Applied, Stage, TrunkNode, Wanted, planned, rolled_back
from telephony.trunk_job import Audited, Doing, Job, Jobs, Told
from telephony.trunk_nodes import chosen
from telephony.trunk_rollout import NodeStage, Standing, rolled_out, standings

T = TypeVar("T")

MOST_PAST = 50  # of each node's history


class TrunksChangedError(TrunkError):
    """The file is not the one that was looked at."""


@dataclass(frozen=True, slots=True)
class NodePlan:
    """`trouble`: why there is none."""

    node: str
    plan: Plan | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class NodeBook:
    """What a node has in force, what it could go back to, and what was done there, the latest first."""

    node: str
    current: Revision | None = None
    known: tuple[Revision, ...] = ()
    past: tuple[Past, ...] = ()
    trouble: str = ""


class RollOut(Protocol):
    def __call__(
        self, nodes: Sequence[TrunkNode], wanted: Wanted, actor: str, *, stage: NodeStage
    ) -> AsyncIterator[Applied]: ...


class RollBack(Protocol):
    async def __call__(self, node: TrunkNode, to: Revision, actor: str, /, *, stage: Stage) -> None: ...


@dataclass(frozen=True, slots=True)
class Ways:
    """What talks with Asterisk; tests have others."""

    planned: Callable[[TrunkNode, Wanted], Awaitable[Plan]] = planned
    rolled_out: RollOut = rolled_out
    rolled_back: RollBack = rolled_back


class TrunkDesk:
    """`nodes` and `wanted` (what the file says now) are asked anew each time. `clock`: seconds since the epoch."""

    def __init__(
        self,
        nodes: Callable[[], Sequence[TrunkNode]],
        wanted: Callable[[], Wanted],
        audited: Audited,
        clock: Callable[[], float],
        ways: Ways | None = None,
    ) -> None:
        self._nodes = nodes
        self._wanted = wanted
        self._ways = ways or Ways()
        self._jobs = Jobs(audited, clock)

    @property
    def job(self) -> Job | None:
        """What is being done, or was last by this server."""
        return self._jobs.job

    async def plan(self) -> tuple[str, tuple[NodePlan, ...]]:
        """The mark of the file, and what applying it would change at each node. Errors: TrunkError, TrunkFileError."""

        async def work() -> tuple[str, tuple[NodePlan, ...]]:
            wanted = self._wanted()
            return mark(wanted), tuple([await self._plan_of(node, wanted) for node in self._nodes()])

        return await _apart(work)

    async def _plan_of(self, node: TrunkNode, wanted: Wanted) -> NodePlan:
        try:
            return NodePlan(node.name, await self._ways.planned(node, wanted))
        except AmiError as error:
            return NodePlan(node.name, None, str(error))

    async def books(self) -> tuple[NodeBook, ...]:
        """Errors: TrunkError."""
        return await asyncio.to_thread(lambda: tuple(map(_book, self._nodes())))

    async def apply(self, by: str, seen: str) -> None:
        """Begun, once a node is held; `job` says how it goes. `seen`: the mark of the plan.

        Errors: TrunksBusyError, TrunksChangedError, TrunkError, TrunkFileError.
        """
        with self._taken():
            wanted = await asyncio.to_thread(self._wanted)
            if mark(wanted) != seen:
                raise TrunksChangedError("the file has changed since it was planned")
            nodes = tuple(self._nodes())

        async def work(told: Told, stage: NodeStage) -> tuple[Standing, ...]:
            failed = False
            async for done in self._ways.rolled_out(nodes, wanted, by, stage=stage):
                told(done)
                failed = bool(done.failed)
            return standings(nodes, wanted) if failed else ()

        await self._jobs.start(Doing.APPLY, by, tuple(node.name for node in nodes), work)

    async def roll_back(self, by: str, node: str, revision: str) -> None:
        """The same, back to an earlier revision of one node. Errors: TrunksBusyError, TrunkError."""
        with self._taken():
            (at,) = chosen(self._nodes(), node)
            to = revision_named(revision)
            if to is None or to not in await asyncio.to_thread(at.folder.known):
                raise TrunkError(f"{node} has no revision {revision}")

        async def work(told: Told, stage: NodeStage) -> tuple[Standing, ...]:
            await self._ways.rolled_back(at, to, by, stage=functools.partial(stage, node))
            told(Applied(node, to))
            return ()

        await self._jobs.start(Doing.ROLLBACK, by, (node,), work)

    @contextmanager
    def _taken(self) -> Iterator[None]:
        """Nobody else may begin; free again where it comes to nothing."""
        self._jobs.take()
        try:
            yield
        except BaseException:
            self._jobs.free()
            raise


def mark(wanted: Wanted) -> str:
    """Of the file as it stands: whoever applies has seen this one."""
    return hashlib.sha256(wanted.source.encode()).hexdigest()[:16]


def _book(node: TrunkNode) -> NodeBook:
    try:
        folder = node.folder
        return NodeBook(node.name, folder.current(), folder.known(), tuple(reversed(folder.history()))[:MOST_PAST])
    except TrunkError as error:
        return NodeBook(node.name, trouble=str(error))


async def _apart(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """In a thread with a loop of its own: reading what runs of ten thousand numbers holds up no call."""
    return await asyncio.to_thread(lambda: asyncio.run(work()))
