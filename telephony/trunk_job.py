"""One change of trunks at a time, in a thread with a loop of its own, watched while it goes on.

What waits for a disk or reads ten thousand numbers holds up no call. A server that ends in the middle leaves what a
killed process leaves: the old or the new revision.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from sip_trunk.errors import TrunkError
from sip_trunk.revisions import TrunksBusyError
from telephony.asterisk.ami import AmiError
from telephony.trunk_apply import Applied
from telephony.trunk_rollout import NodeStage, Standing

log = structlog.get_logger()


class Doing(StrEnum):
    APPLY = "apply"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Job:
    """What is being done, or was last. `stage`: the step in hand at `node`; `trouble`: why it came to no result."""

    doing: Doing
    by: str
    began_at: float
    nodes: tuple[str, ...]
    node: str = ""
    stage: str = ""
    done: tuple[Applied, ...] = ()
    standings: tuple[Standing, ...] = ()  # after a failure
    trouble: str = ""
    ended_at: float | None = None

    @property
    def failed(self) -> bool:
        return bool(self.trouble) or any(each.failed for each in self.done)


Audited = Callable[[str, str, tuple[str, ...], str], None]  # login, what is done, nodes, what came of it
Told = Callable[[Applied], None]
Work = Callable[[Told, NodeStage], Coroutine[None, None, tuple[Standing, ...]]]


class Jobs:
    """`job` is the one in hand, or the last. `clock` gives seconds since the epoch."""

    def __init__(self, audited: Audited, clock: Callable[[], float]) -> None:
        self._audited = audited
        self._clock = clock
        self._begun = asyncio.Event()  # the job holds its first node, or is over
        self._refused: TrunksBusyError | None = None
        self._busy = False
        self.job: Job | None = None

    def take(self) -> None:
        """Nobody else may begin until `start` has ended, or `free`. Errors: TrunksBusyError."""
        if self._busy:
            raise TrunksBusyError("somebody changes trunks from this server: wait until it is done")
        self._busy = True

    def free(self) -> None:
        """Nothing came of it."""
        self._busy = False

    async def start(self, doing: Doing, by: str, nodes: tuple[str, ...], work: Work) -> None:
        """Begin, and return once a node is held. Errors: TrunksBusyError where another process holds it."""
        before, self.job = self.job, Job(doing, by, self._clock(), nodes)
        self._refused = None
        self._begun.clear()
        self._audited(by, str(doing), nodes, "begun")
        loop = asyncio.get_running_loop()
        threading.Thread(target=lambda: self._run(loop, work), name="trunks", daemon=True).start()
        await self._begun.wait()
        if (refused := self._refusal()) is not None:
            self.job = before
            raise refused

    def _refusal(self) -> TrunksBusyError | None:
        return self._refused

    def _run(self, loop: asyncio.AbstractEventLoop, work: Work) -> None:
        def call(what: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(what)

        def told(done: Applied) -> None:
            call(lambda: self._told(done))

        def stage(node: str, step: str) -> None:
            call(lambda: self._at(node, step))

        standing: tuple[Standing, ...] = ()
        trouble: str | Exception = ""
        try:
            standing = asyncio.run(work(told, stage))
        except (AmiError, TrunkError) as error:
            trouble = error
        except Exception as error:  # our own fault: the page says that it went wrong, the log why
            trouble = type(error).__name__
            log.exception("trunks.job_broken")
        call(lambda: self._ended(trouble, standing))

    def _at(self, node: str, step: str) -> None:
        if self.job:
            self.job = replace(self.job, node=node, stage=step)
        self._begun.set()

    def _told(self, done: Applied) -> None:
        if self.job:
            self.job = replace(self.job, done=(*self.job.done, done))

    def _ended(self, trouble: str | Exception, standing: tuple[Standing, ...]) -> None:
        assert self.job, "what has ended had begun"
        ended = replace(self.job, node="", stage="", trouble=str(trouble), standings=standing, ended_at=self._clock())
        self._refused = trouble if isinstance(trouble, TrunksBusyError) else None
        self.job, self._busy = ended, False
        self._audited(ended.by, str(ended.doing), ended.nodes, "failed" if ended.failed else "done")
        log.info("trunks.job_ended", doing=str(ended.doing), by=ended.by, failed=ended.failed)
        self._begun.set()
