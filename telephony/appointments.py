"""Calls about visits: lists that are taken in, customers who are called in permitted hours, and what they answer.

A try is in the store before the phone rings, so that a server that dies calls nobody twice in a row.
"""

from __future__ import annotations

import asyncio
import csv
import io
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping

import structlog

from ivr_flows import AnswerAppointment, Flow, LookUp, Result, Status
from telephony.asterisk.ami import AmiError
from telephony.asterisk.ami_actions import Entry, OfTalks, Originate, Outside
from telephony.asterisk.services import Visit
from telephony.core.appointments import (
    COLUMNS,
    Appointment,
    AppointmentRules,
    Next,
    VisitState,
    next_of,
    read,
    settled,
    tried,
)
from telephony.core.call_backs import leg_id
from telephony.core.commands import CallChanged, CallEnded, Command
from telephony.core.ids import InteractionId, QueueName
from telephony.core.periods import day_of
from telephony.core.promises import callable_number
from telephony.core.views import Direction
from telephony.store.appointments import AppointmentStore
from telephony.store.errors import StoreError
from telephony.survey_settings import Appointments as Settings

log = structlog.get_logger()

EVERY_S = 5.0
MOST = 50  # of one look
MOST_LINES = 10_000  # of a list
SETTLE_S = 10.0  # after its time a phone that nobody has answered does not ring any more

CarryOut = Callable[[OfTalks], Awaitable[None]]


class ListError(ValueError):
    """A list that cannot be taken in, with its lines."""


def read_list(text: str, rules: AppointmentRules, now: float) -> tuple[Appointment, ...]:
    """A CSV file with a head [RFC 4180], in UTF-8. Errors: ListError for all lines that are wrong."""
    return read_rows(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))), rules, now)


def read_rows(
    rows: Iterable[Mapping[str, str]], rules: AppointmentRules, now: float, first: int = 2
) -> tuple[Appointment, ...]:
    """`first` is the line of the first row: in a file a head stands before it. Errors: ListError."""
    visits: list[Appointment] = []
    wrong: list[str] = []
    try:
        for line, row in enumerate(rows, first):
            if len(visits) + len(wrong) >= MOST_LINES:
                raise ListError(f"more than {MOST_LINES} visits: load them in parts")
            try:
                visits.append(read(row, _new_id(), rules, now))
            except ValueError as error:
                wrong.append(f"line {line}: {error}")
    except csv.Error as error:
        raise ListError(f"that is no CSV: {error}") from None
    references = Counter(each.reference for each in visits)
    if twice := sorted(each for each, count in references.items() if count > 1)[:5]:
        wrong.append(f"more than once: {', '.join(twice)}")
    if wrong:
        raise ListError("nothing was loaded:\n" + "\n".join(wrong[:50]))
    if not visits:
        raise ListError(f"there is no visit in it; its head is {','.join(COLUMNS)}")
    return tuple(visits)


def _new_id() -> InteractionId:
    return InteractionId(str(uuid.uuid4()))


class AppointmentDesk:
    """`own` are our numbers, the usual one first; `ways` are the nodes and trunks by which calls leave, with what
    carries an action out there; `flow` leads whoever answers; `new_id` names a call; `clock` gives seconds since the
    epoch.
    """

    def __init__(
        self,
        settings: Settings,
        store: AppointmentStore,
        *,
        own: Collection[str],
        receive_only: Callable[[], Collection[str]],
        ways: Callable[[], Iterator[tuple[str, str, CarryOut]]],
        flow: Callable[[], Flow | None],
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._rules = settings.rules
        self._store = store
        self._own = tuple(own)
        self._receive_only = receive_only
        self._ways = ways
        self._flow = flow
        self._new_id = new_id
        self._clock = clock
        self._pause = pause
        self._called: dict[InteractionId, tuple[Appointment, float]] = {}  # by call, with the time of the try
        self._live: set[InteractionId] = set()  # whoever of these has answered and not hung up
        self._talked: asyncio.Queue[InteractionId] = asyncio.Queue()

    @property
    def rules(self) -> AppointmentRules:
        return self._rules

    # -- lists --------------------------------------------------------------------------------------------------

    async def load(self, visits: tuple[Appointment, ...]) -> int:
        """How many were new. Errors: StoreError."""
        return await self._store.load(visits, QueueName(self._settings.queue))

    async def all(self) -> tuple[tuple[Appointment, str | None], ...]:
        return await self._store.all()

    async def withdraw(self, reference: str) -> bool:
        """Nobody is called about it any more; False where no such visit is open. Errors: StoreError."""
        visit = await self._store.by_reference(reference) if reference.isprintable() else None
        return visit is not None and await self._settle(visit, VisitState.WITHDRAWN)

    # -- calls --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._note_talks())
            while True:
                try:
                    await self.look()
                except StoreError as error:
                    log.warning("visits.not_looked_at", reason=str(error))
                await self._pause(EVERY_S)

    async def look(self) -> None:
        """Give up what is over, and call whom there is room for. Errors: StoreError."""
        now = self._clock()
        since = now - self._rules.ring_s - SETTLE_S
        old = [call for call, (_, at) in self._called.items() if at < since and call not in self._live]
        for call in old:
            del self._called[call]
        for visit in await self._store.due(now, day_of(now), MOST):
            if visit.call in self._called:  # the try, or the talk, is under way
                continue
            match next_of(visit, self._rules, now):
                case Next.GIVE_UP:
                    await self._settle(visit, VisitState.NOT_REACHED)
                case Next.CALL if len(self._called) < self._settings.at_once:
                    await self._call(visit, now)
                case _:
                    pass

    @property
    def shown(self) -> str | None:
        """The number of ours that customers see; None: none may be shown."""
        usual = [each for each in self._own if each not in self._receive_only()]
        wished = self._settings.shown
        return (wished if wished in usual else None) if wished else next(iter(usual), None)

    async def _call(self, visit: Appointment, now: float) -> None:
        shown, way = self.shown, next(self._ways(), None)
        if shown is None or way is None or self._flow() is None:
            log.warning("visit.cannot_call", number=shown is not None, way=way is not None)
            return
        if callable_number(visit.number) != visit.number or visit.number in self._own:
            await self._settle(visit, VisitState.NOT_REACHED)
            return
        node, trunk, carry_out = way
        once = tried(visit, self._new_id(), self._rules, now)
        assert once.call
        if not await self._store.keep(once, visit.attempts, now):
            return
        self._called[once.call] = once, now
        channel = leg_id(node, once.call, once.attempts)
        try:
            await carry_out(
                Originate(Outside(once.number, trunk), Entry.VISIT, channel, ring_s=self._rules.ring_s, shown=shown)
            )
        except (AmiError, ValueError) as error:
            self._called.pop(once.call, None)
            log.warning("visit.not_called", visit=once.id, reason=type(error).__name__)
        else:
            log.info("visit.called", visit=once.id, attempt=once.attempts)

    def visit_of(self, call: InteractionId) -> Visit | None:
        """What a call of ours is about, for the session that has begun."""
        known, flow, shown = self._called.get(call), self._flow(), self.shown
        if known is None or flow is None or shown is None:
            return None
        return Visit(known[0].number, shown, known[0].language, flow)

    # -- what comes of them -------------------------------------------------------------------------------------

    async def told(self, call: InteractionId, question: LookUp | AnswerAppointment) -> Result:
        """Of whoever has been called: when and where, or the answer. Errors: StoreError."""
        visit = await self._store.of_call(call)
        if visit is None or visit.state is not VisitState.OPEN:
            return Result(Status.REFUSED)
        if isinstance(question, LookUp):
            when = {"date": visit.day.isoformat(), "time": visit.begins.isoformat("minutes")}
            return Result(Status.OK, {**when, "place": visit.place})
        done = await self._settle(visit, VisitState(question.answer))
        return Result(Status.OK if done else Status.REFUSED)

    def publish(self, command: Command, _now: float) -> None:
        """A subscriber of the pump."""
        match command:
            case CallChanged(call=call) if call.direction is Direction.VISIT:
                self._live.add(call.interaction)
            case CallEnded(call=call) if call.direction is Direction.VISIT:
                if call.answered_at is None:
                    self._over(call.interaction)
                else:
                    self._talked.put_nowait(call.interaction)  # nobody is called again before that is noted

    async def _note_talks(self) -> None:
        """A consultant has talked about it: that settles what no key has."""
        while True:
            call = await self._talked.get()
            try:
                if visit := await self._store.of_call(call):
                    await self._settle(visit, VisitState.TALKED)
            except StoreError as error:
                log.warning("visit.talk_not_noted", call=call, reason=str(error))
                await self._pause(EVERY_S)
                self._talked.put_nowait(call)
            else:
                self._over(call)

    def _over(self, call: InteractionId) -> None:
        self._live.discard(call)
        self._called.pop(call, None)

    async def _settle(self, visit: Appointment, state: VisitState) -> bool:
        if visit.state is not VisitState.OPEN:
            return False
        now = self._clock()
        done = await self._store.keep(settled(visit, state, now), visit.attempts, now)
        if done:
            log.info("visit.settled", visit=visit.id, state=str(state))
        return done
