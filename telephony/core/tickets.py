"""The tickets of calls: asked for at the hang-up, and looked at once more when a consultant says what came of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Protocol

from telephony.core.commands import CallEnded, DispositionChanged
from telephony.core.disposition import Disposition
from telephony.core.ids import AgentId, InteractionId
from telephony.core.quality_record import QualityRecord
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.core.ticket_rules import EndedCall, TicketRule, decide
from telephony.core.views import CallView, Lane

QUALITY = "Jakość rozmowy:"  # how the line of what a call puts into its ticket begins that tells how it sounded
REMEMBERED = 20_000  # calls whose disposition may still come
Words = Callable[[EndedCall], Iterable[str]]


class Put(Protocol):
    def __call__(self, ticket: OpenTicket, now: float, *, first: bool) -> None: ...


@dataclass(slots=True)
class _Known:
    call: CallView | None = None
    codes: dict[AgentId, str] = field(default_factory=dict)
    mos: float | None = None
    has_ticket: bool = False

    def ended(self) -> EndedCall | None:
        return EndedCall(self.call, tuple(self.codes.values()), self.mos) if self.call else None


class Tickets:
    """`put` is given each ticket, the time, and whether it is the call's first; `words` adds facts, one line each."""

    def __init__(
        self,
        rules: Sequence[TicketRule],
        put: Put,
        words: Words = lambda _: (),
        remembered: int = REMEMBERED,
    ) -> None:
        self._rules = rules
        self._put = put
        self._words = words
        self._remembered = remembered
        self._calls: OrderedDict[InteractionId, _Known] = OrderedDict()

    def recovered(self, call: CallView, given: Iterable[Disposition]) -> None:
        """A call that ended under an earlier server, with a disposition still owed, and those that were given."""
        known = self._of(call.interaction)
        known.call, known.has_ticket = call, True
        for each in given:
            self._given(each)

    def publish(self, fact: object, now: float) -> None:
        """A subscriber of the pump, and of quality records, which have to come before their call's end."""
        self._on(fact, now)

    @singledispatchmethod
    def _on(self, fact: object, now: float) -> None:
        """Nothing that a ticket comes of."""

    @_on.register
    def _(self, record: QualityRecord, _now: float) -> None:
        known = self._of(record.interaction)
        known.mos = min((mos for mos in (known.mos, record.mos_cq) if mos is not None), default=None)

    @_on.register
    def _(self, fact: CallEnded, now: float) -> None:
        known = self._of(fact.call.interaction)
        known.call = fact.call
        self._ask(known, now)

    @_on.register
    def _(self, fact: DispositionChanged, now: float) -> None:
        """Given during the talk, it waits for the end; given afterwards, it opens, closes or opens again."""
        if self._given(fact.disposition):
            self._ask(self._of(fact.disposition.interaction), now, TicketStatus.OPEN)

    def _given(self, disposition: Disposition) -> bool:
        if disposition.code is None:
            return False
        self._of(disposition.interaction).codes[disposition.agent] = disposition.code
        return True

    def _ask(self, known: _Known, now: float, status: TicketStatus | None = None) -> None:
        """`status` is that of a ticket that is not closed by its rule."""
        ended = known.ended()
        rule = decide(ended, self._rules) if ended else None
        if ended is None or rule is None or rule.subject is None:
            return
        call = ended.call
        body = "\n".join([*_facts(ended), *self._words(ended)])
        wanted = TicketStatus.CLOSED if rule.closed else status
        ticket = OpenTicket(call.interaction, call.queue, rule.subject, body, rule.topic or call.queue, wanted)
        first, known.has_ticket = not known.has_ticket, True
        self._put(ticket, now, first=first)

    def _of(self, interaction: InteractionId) -> _Known:
        known = self._calls.setdefault(interaction, _Known())
        while len(self._calls) > self._remembered:
            self._calls.popitem(last=False)
        return known


def _facts(ended: EndedCall) -> Iterable[str]:
    call = ended.call
    yield f"Numer dzwoniącego: {call.caller or 'nieznany'}"
    yield f"Numer wybrany: {call.did}"
    yield f"Czas oczekiwania: {ended.waited_s:.0f} s"
    if call.lane is Lane.ACCESSIBILITY:
        yield "Wsparcie dostępności: tak"
    if call.agent:
        yield f"Konsultant: {call.agent}"
    if call.answered_at and call.ended_at:
        yield f"Czas rozmowy: {call.ended_at - call.answered_at:.0f} s"
    if ended.mos is not None:
        yield f"{QUALITY} MOS {ended.mos:.1f}".replace(".", ",")


def without_quality(body: str) -> str:
    """What a call has put into its ticket, for whoever may not see how calls sounded."""
    return "\n".join(line for line in body.split("\n") if not line.startswith(QUALITY))
