"""The floor as supervisors see it: who waits in which queue, and what each consultant does. No caller is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.board import Board
from telephony.console.desk import Desk
from telephony.core.account import Role
from telephony.core.agent import IN_CALL
from telephony.core.ids import AgentId, QueueName
from telephony.core.views import AgentState, Lane

SUPERVISORS = frozenset({Role.SUPERVISOR, Role.ADMIN})
WITH_CALL = IN_CALL | {AgentState.WRAP_UP}


class QueueNow(Wire):
    queue: str
    title: str
    waiting: int
    accessibility: int  # of those
    since: float | None  # seconds since the epoch, of who has waited longest


class AgentNow(Wire):
    login: str
    name: str
    state: AgentState
    reason: str
    since: float
    queue: str  # title of the call in hand; empty without one
    late_pops: int  # phone rang before the card was painted, since the server started


class FloorNow(Wire):
    now: float
    queues: tuple[QueueNow, ...]
    agents: tuple[AgentNow, ...]


class FloorApi:
    """`desks`, `names` (login → name as shown) and `late_pops` of an agent are looked at when somebody asks."""

    def __init__(
        self,
        board: Board,
        desks: Callable[[], Iterable[Desk]],
        names: Mapping[AgentId, str],
        titles: Mapping[QueueName, str],
        late_pops: Callable[[AgentId], int],
        clock: Callable[[], float],
    ) -> None:
        self._board = board
        self._desks = desks
        self._names = names
        self._titles = titles
        self._late_pops = late_pops
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint("GET", "/floor", "who waits and who works, now", SUPERVISORS, self._now, gives=FloorNow)

    async def _now(self, _: Asked) -> FloorNow:
        return FloorNow(now=self._clock(), queues=tuple(self._queues()), agents=tuple(self._agents()))

    def _queues(self) -> Iterator[QueueNow]:
        """Every queue of the house, and any other that somebody waits in."""
        waiting = self._board.queues()
        for queue in dict.fromkeys((*self._titles, *waiting)):
            since = [each.since for each in waiting.get(queue, ())]
            first = sum(each.lane is Lane.ACCESSIBILITY for each in waiting.get(queue, ()))
            yield QueueNow(
                queue=queue,
                title=self._titles.get(queue, queue),
                waiting=len(since),
                accessibility=first,
                since=min(since, default=None),
            )

    def _agents(self) -> Iterator[AgentNow]:
        for desk in sorted(self._desks(), key=lambda desk: self._names.get(desk.agent, desk.agent)):
            status = desk.status
            if status is None or status.state is AgentState.OFF:
                continue
            queue = desk.pop.call.queue if desk.pop and status.state in WITH_CALL else None
            yield AgentNow(
                login=desk.agent,
                name=self._names.get(desk.agent, desk.agent),
                state=status.state,
                reason=status.reason,
                since=status.since,
                queue=self._titles.get(queue, queue) if queue else "",
                late_pops=self._late_pops(desk.agent),
            )
