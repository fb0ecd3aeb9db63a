"""Trunks in the console, for network engineers: how they are, what a file would change, applying it, going back.

What is told here has no secret in it: the plan hides them, and neither states nor histories know any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

import structlog

from sip_trunk.errors import TrunkError, TrunkFileError
from sip_trunk.revisions import TrunksBusyError
from sip_trunk.state import TrunkState
from telephony.console.api.endpoint import ENGINEERS, Asked, Endpoint
from telephony.console.api.problems import ProblemError
from telephony.store.errors import StoreError
from telephony.store.store import Store
from telephony.trunk_desk import TrunkDesk, TrunksChangedError
from telephony.trunk_wire import (
    Back,
    FileProblem,
    Seen,
    SoundNow,
    TrunkBooks,
    TrunkPlan,
    TrunksNow,
    book,
    job,
    plan,
    trunk,
)

log = structlog.get_logger()

SOUND_S = 86_400.0  # how far back calls count for how a trunk has sounded


class TrunkApi:
    """`states`: how trunks are now; `file`: the name of the file that is planned. `clock`: seconds since the epoch."""

    def __init__(
        self,
        desk: TrunkDesk,
        states: Callable[[], Sequence[TrunkState]],
        file: str,
        store: Store,
        clock: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._states = states
        self._file = file
        self._store = store
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/trunks", "how trunks are, and what is being done about them", ENGINEERS, self._now, gives=TrunksNow
        )
        yield Endpoint(
            "GET", "/trunks/sound", "how calls have sounded on each trunk in the last 24 hours", ENGINEERS, self._sound,
            gives=SoundNow, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/trunks/history", "what was applied and rolled back at each node", ENGINEERS, self._history,
            gives=TrunkBooks, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/trunks/plan", "what applying the file would change in what runs", ENGINEERS, self._plan,
            gives=TrunkPlan, refuses=(503,),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/trunks/apply", "apply the file that was planned, node after node", ENGINEERS, self._apply,
            takes=Seen, gives=TrunksNow, step_up=True, refuses=(409, 422, 503),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/trunks/rollback", "go back to an earlier revision at one node", ENGINEERS, self._roll_back,
            takes=Back, gives=TrunksNow, step_up=True, refuses=(404, 409, 503),
        )  # fmt: skip

    async def _now(self, _: Asked) -> TrunksNow:
        states = tuple(map(trunk, self._states()))
        return TrunksNow(now=self._clock(), file=self._file, trunks=states, job=job(self._desk.job))

    async def _sound(self, _: Asked) -> SoundNow:
        try:
            found = await self._store.quality.by_trunk(self._clock() - SOUND_S)
        except StoreError:
            raise ProblemError(503, detail="the database is away") from None
        return SoundNow.of(found)

    async def _history(self, _: Asked) -> TrunkBooks:
        try:
            return TrunkBooks(nodes=tuple(map(book, await self._desk.books())))
        except TrunkError as error:
            raise ProblemError(503, "trunks_not_set", str(error)) from None

    async def _plan(self, _: Asked) -> TrunkPlan:
        try:
            seen, found = await self._desk.plan()
        except TrunkFileError as error:
            wrong = tuple(FileProblem(message=each.message, **asdict(each.place)) for each in error.findings)
            return TrunkPlan(seen="", wrong=wrong, nodes=())
        except TrunkError as error:
            raise ProblemError(503, "trunks_not_set", str(error)) from None
        return TrunkPlan(seen=seen, wrong=(), nodes=tuple(map(plan, found)))

    async def _apply(self, asked: Asked) -> TrunksNow:
        try:
            await self._desk.apply(asked.by, asked.body_as(Seen).seen)
        except TrunksBusyError:
            raise ProblemError(409, "trunks_busy") from None
        except TrunksChangedError:
            raise ProblemError(409, "trunks_changed") from None
        except TrunkFileError as error:
            raise ProblemError(422, "trunks_file", str(error)) from None
        except TrunkError as error:
            raise ProblemError(503, "trunks_not_set", str(error)) from None
        log.warning("trunks.applied_by_hand", by=asked.by)
        return await self._now(asked)

    async def _roll_back(self, asked: Asked) -> TrunksNow:
        wanted = asked.body_as(Back)
        try:
            await self._desk.roll_back(asked.by, wanted.node, wanted.revision)
        except TrunksBusyError:
            raise ProblemError(409, "trunks_busy") from None
        except TrunkError as error:
            raise ProblemError(404, detail=str(error)) from None
        log.warning("trunks.rolled_back_by_hand", by=asked.by, node=wanted.node)
        return await self._now(asked)
