"""A consultant hands the caller over from the page: to a colleague, to a queue, or to a permitted number outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, Protocol

from pydantic import Field

from telephony.console import wire
from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.desk import Desk
from telephony.console.notes import CONSULTANTS
from telephony.console.own_talk import CallOf, own_talk
from telephony.core.hand_over import HandOver
from telephony.core.ids import AgentId, QueueName
from telephony.core.views import AgentState, CallView

# Who will take a call at once, or after the one in hand.
AT_WORK = frozenset(
    {
        AgentState.AVAILABLE,
        AgentState.OFFERED,
        AgentState.RINGING,
        AgentState.TALKING,
        AgentState.HOLDING,
        AgentState.WRAP_UP,
        AgentState.BUSY,
    }
)


MAY_BE_ASKED = frozenset({AgentState.AVAILABLE, AgentState.WRAP_UP})  # has no caller of one's own in sight


class Colleague(Wire):
    login: str
    name: str
    state: AgentState
    phone: str  # the extension that a page's phone calls; empty: is not to be disturbed now


class QueueToChoose(Wire):
    queue: str
    title: str


class Outside(Wire):
    number: str  # E.164
    shown: str


class Destinations(Wire):
    colleagues: tuple[Colleague, ...]
    queues: tuple[QueueToChoose, ...]
    numbers: tuple[Outside, ...]


class Destination(Wire):
    """`to`: a login, a queue's name, or a number of `Destinations`."""

    kind: Literal["colleague", "queue", "number"]
    to: str = Field(min_length=1, max_length=100)


class Consultation(Wire):
    """Whom the consultant asks while the caller waits; that one sees the caller's card and the note."""

    colleague: str = Field(min_length=1, max_length=100)


class Moves(Protocol):
    """Errors of both: ProblemError."""

    numbers: tuple[str, ...]

    async def inside(self, call: CallView, to: HandOver) -> None: ...

    async def outside(self, call: CallView, number: str) -> None: ...


class HandOverApi:
    """`desks`, `names` and `extensions` (by login) are looked at when somebody asks; `share` shows a talk to a
    colleague, too.
    """

    def __init__(
        self,
        moves: Moves,
        call_of: CallOf,
        desks: Callable[[], Iterable[Desk]],
        names: Mapping[AgentId, str],
        extensions: Mapping[AgentId, str],
        titles: Mapping[QueueName, str],
        share: Callable[[CallView, AgentId], None],
    ) -> None:
        self._moves = moves
        self._share = share
        self._call_of = call_of
        self._desks = desks
        self._names = names
        self._extensions = extensions
        self._titles = titles

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/destinations", "to whom a caller may be handed over now", CONSULTANTS, self._list,
            gives=Destinations,
        )  # fmt: skip
        yield Endpoint(
            "POST", "/calls/{interaction}/transfer", "hand the caller of one's own talk over", CONSULTANTS, self._move,
            takes=Destination, refuses=(404, 409, 503),
        )  # fmt: skip
        yield Endpoint(
            "POST", "/calls/{interaction}/consultation", "show the caller of one's own talk to a colleague",
            CONSULTANTS, self._consult, takes=Consultation, refuses=(404, 409),
        )  # fmt: skip

    async def _list(self, asked: Asked) -> Destinations:
        return Destinations(
            colleagues=tuple(self._colleagues(asked.account.agent)),
            queues=tuple(QueueToChoose(queue=name, title=title) for name, title in self._titles.items()),
            numbers=tuple(Outside(number=each, shown=wire.shown_number(each) or each) for each in self._moves.numbers),
        )

    def _colleagues(self, but: AgentId) -> Iterator[Colleague]:
        for desk in sorted(self._desks(), key=lambda desk: self._names.get(desk.agent, desk.agent)):
            status, agent = desk.status, desk.agent
            if status and status.state in AT_WORK and agent != but:
                name = self._names.get(agent, agent)
                phone = self._extensions.get(agent, "") if status.state in MAY_BE_ASKED else ""
                yield Colleague(login=agent, name=name, state=status.state, phone=phone)

    async def _move(self, asked: Asked) -> None:
        given, agent, call = asked.body_as(Destination), asked.account.agent, own_talk(asked, self._call_of)
        if given.kind == "number":
            await self._moves.outside(call, given.to)
        else:
            await self._moves.inside(call, self._inside(call, given, agent))

    async def _consult(self, asked: Asked) -> None:
        call, colleague = own_talk(asked, self._call_of), asked.body_as(Consultation).colleague
        known = {each.login: each.state for each in self._colleagues(asked.account.agent)}
        if known.get(colleague) not in MAY_BE_ASKED:
            raise ProblemError(409, "colleague_busy" if colleague in known else "colleague_away")
        self._share(call, AgentId(colleague))

    def _inside(self, call: CallView, given: Destination, by: AgentId) -> HandOver:
        if given.kind == "queue":
            if given.to not in self._titles:
                raise ProblemError(422, detail="no such queue")
            return HandOver(call.interaction, QueueName(given.to), call.lane, call.path)
        if given.to not in {each.login for each in self._colleagues(by)}:
            raise ProblemError(409, "colleague_away")
        assert call.queue is not None, "whoever talks has come by a queue"
        return HandOver(call.interaction, call.queue, call.lane, call.path, AgentId(given.to))
