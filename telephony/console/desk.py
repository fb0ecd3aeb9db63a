"""One agent's desk: what every page of this agent shows, and the numbered messages that keep the pages up to date.

A page that was away gives its last `seq` and receives what it missed, or the whole state where that is no longer known.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from telephony.console import wire
from telephony.console.handed import Handed
from telephony.console.outlet import Outlet
from telephony.console.trail import TrailOf, no_trail
from telephony.core.account import Account
from telephony.core.agent import IN_CALL
from telephony.core.card_fields import NOTHING_HIDDEN, CardRules
from telephony.core.commands import AgentChanged, ShowPop
from telephony.core.customer import Card
from telephony.core.devices import FREE_DEVICE
from telephony.core.disposition import Disposition
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.views import AgentState, CallState, CallView

HISTORY = 100  # well below an outlet's room
RECENT = 20
MAY_CALL = frozenset({AgentState.AVAILABLE, AgentState.PAUSED, AgentState.WRAP_UP, AgentState.NOT_ANSWERING})

OVER = frozenset({CallState.AFTER_TALK, CallState.TRANSFERRED_OUT, CallState.ENDED})


LinkOf = Callable[[CallView, Card | None], str]  # to another system, for this call; empty: none


def no_link(_call: CallView, _card: Card | None) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Pop:
    """The call on the desk, from its offer until the next one."""

    call: CallView
    attempt: int
    offered_at: float
    why: str = ""  # the line's decision, in words
    card: Card | None = None
    talk_ended_at: float | None = None
    ticket: str | None = None
    disposition: str = ""  # what came of it, as its agent says
    handed: Handed | None = None  # by whom, where a colleague has handed the caller over
    shared: bool = False  # a colleague's, who asks this one
    missed: bool = False  # it went back to the line; what becomes of it is somebody else's


@dataclass(slots=True)
class Desk:
    agent: AgentId
    titles: Mapping[QueueName, str]
    clock: Callable[[], float]
    link: LinkOf = no_link
    trail: TrailOf = no_trail
    cards: CardRules = NOTHING_HIDDEN
    viewer: Account | None = None  # for whose eyes the cards are; nobody's until a page is open
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    pages: set[Outlet] = field(default_factory=set)
    status: AgentChanged | None = None
    phone: str = ""
    wish: str = ""  # reason of the break that begins after the call in hand
    pop: Pop | None = None
    recent: deque[Pop] = field(default_factory=lambda: deque(maxlen=RECENT))
    owed: tuple[Disposition, ...] = ()  # what is to be said of calls before the next one
    _seq: int = 0
    _history: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=HISTORY))

    # -- what happens -------------------------------------------------------------------------------------------

    def changed(self, status: AgentChanged) -> None:
        self.status = status
        if status.state not in IN_CALL:
            self.wish = ""
        self._tell("agent", self._agent_body())
        if status.state is AgentState.OFF:
            self._leave()

    def wished(self, reason: str) -> None:
        """A break asked for during a call begins after it; an empty reason takes the wish back."""
        if self.status and self.status.state in IN_CALL and self.wish != reason:
            self.wish = reason
            self._tell("agent", self._agent_body())

    def device(self, state: str) -> None:
        self.phone = state
        self._tell("phone", {"state": state})

    def show(self, offer: ShowPop, why: str, card: Card | None, handed: Handed | None = None) -> None:
        self._file()
        self.pop = Pop(offer.call, offer.attempt, offer.offered_at, why, card, handed=handed)
        self._tell("pop", self._pop_body(self.pop))

    def share(self, call: CallView, card: Card | None, handed: Handed, now: float) -> None:
        """A colleague's call, of which this one is asked."""
        self._file()
        self.pop = Pop(call, call.attempt, now, card=card, handed=handed, shared=True)
        self._tell("pop", self._pop_body(self.pop))

    def hide(self, interaction: InteractionId) -> None:
        """The offer went elsewhere. A call that is over stays in sight, so that its end can be read."""
        if self.pop and self.pop.call.interaction == interaction and self.pop.call.state is not CallState.ENDED:
            self.pop = replace(self.pop, missed=True)
            self._file()
            self._tell("hide", {"interaction": interaction})

    def call(self, view: CallView) -> None:
        """The call in hand, or one filed already, has changed."""
        pop = self._find(view.interaction)
        if pop is None or (view.agent != self.agent and not pop.shared):
            return
        ended_at = self.clock() if view.state in OVER else None
        after = replace(pop, call=view, talk_ended_at=pop.talk_ended_at or ended_at)
        self._put(after)
        self._tell("call", self._call_body(after))

    def card(self, interaction: InteractionId, card: Card) -> None:
        if pop := self._find(interaction):
            after = replace(pop, card=card)
            self._put(after)
            self._tell("card", {"interaction": interaction, **self._card_body(after)})

    def handed(self, interaction: InteractionId, handed: Handed) -> None:
        if pop := self._find(interaction):
            self._put(replace(pop, handed=handed))
            self._tell("handed", {"interaction": interaction, "handed": wire.handed(handed)})

    def ticket(self, interaction: InteractionId, number: str) -> None:
        if pop := self._find(interaction):
            self._put(replace(pop, ticket=number))
            self._tell("ticket", {"interaction": interaction, "number": number})

    def owes(self, owed: tuple[Disposition, ...]) -> None:
        self.owed = owed
        self._tell("owed", {"calls": self._owed_body()})

    def disposition(self, given: Disposition) -> None:
        if given.code and (pop := self._find(given.interaction)):
            self._put(replace(pop, disposition=given.code))
            self._tell("disposition", {"interaction": given.interaction, "code": given.code})

    def refused(self, why: str, missing: int) -> None:
        """The agent wanted calls, and something is to be done before."""
        self._tell("refused", {"why": why, "missing": missing})

    # -- pages --------------------------------------------------------------------------------------------------

    def catch_up(self, epoch: str, seq: int) -> list[str]:
        """What a page that has seen `seq` of this desk needs; the whole state when it is new or was away too long."""
        missed = [(number, message) for number, message in self._history if number > seq]
        if epoch != self.epoch or seq > self._seq or len(missed) != self._seq - seq:
            return [self._state()]
        return [message for _, message in missed]

    def _state(self) -> str:
        body = {
            "type": "state",
            "seq": self._seq,
            "now": self.clock(),
            "desk": self.epoch,
            "login": self.agent,
            "agent": self._agent_body() if self.status else None,
            "phone": self.phone,
            "pop": self._pop_body(self.pop) if self.pop else None,
            "recent": [self._pop_body(each) for each in self.recent],
            "owed": self._owed_body(),
        }
        return wire.text(body)

    def _tell(self, kind: str, body: wire.Body) -> None:
        self._seq += 1
        message = wire.text({"type": kind, "seq": self._seq, "now": self.clock(), **body})
        self._history.append((self._seq, message))
        for page in tuple(self.pages):
            page.put(message)

    # -- the call in hand and those before it -------------------------------------------------------------------

    def _agent_body(self) -> wire.Body:
        return {**(wire.agent(self.status) if self.status else {}), "wish": self.wish}

    def _pop_body(self, pop: Pop) -> wire.Body:
        why = {"offered_at": pop.offered_at, "why": pop.why, "trail": wire.trail(self.trail(pop.call.path))}
        return {**self._call_body(pop), **why, **self._card_body(pop), "handed": wire.handed(pop.handed)}

    def _card_body(self, pop: Pop) -> wire.Body:
        """What this agent may see of the card (None: on its way), and the link that follows from it."""
        if pop.card is None:
            return {"card": None, "link": self.link(pop.call, None)}
        shown = self.cards.shown(pop.card, self.viewer, pop.call.interaction)
        return {"card": wire.card(shown, self.titles), "link": self.link(pop.call, shown.card)}

    def _call_body(self, pop: Pop) -> wire.Body:
        own = {"attempt": pop.attempt, "talk_ended_at": pop.talk_ended_at, "ticket": pop.ticket}
        seen = {"missed": pop.missed, "shared": pop.shared}
        return {**wire.call(pop.call, self.titles), **own, **seen, "disposition": pop.disposition}

    def _owed_body(self) -> list[wire.Body]:
        return [wire.owed(each, self.titles) for each in self.owed]

    @property
    def hindered(self) -> str:
        """Why this one cannot call anybody now: a word of problem.json; empty: nothing is in the way."""
        if self.owed:
            return "owes"
        free = self.status is not None and self.status.state in MAY_CALL and self.phone in FREE_DEVICE
        return "" if free else "not_free"

    def call_of(self, interaction: InteractionId) -> CallView | None:
        """A call that is in hand here, or was not long ago."""
        pop = self._find(interaction)
        return pop.call if pop else None

    def queue_of(self, interaction: InteractionId) -> QueueName | None:
        """Of a call that this agent has talked in."""
        owed = next((each.queue for each in self.owed if each.interaction == interaction), None)
        pop = self._find(interaction)
        talked = pop is not None and pop.call.answered_at is not None and pop.call.agent == self.agent
        return owed or (pop.call.queue if pop and talked else None)

    def _find(self, interaction: InteractionId) -> Pop | None:
        known = ([self.pop] if self.pop else []) + list(self.recent)
        return next((pop for pop in known if pop.call.interaction == interaction and not pop.missed), None)

    def _put(self, pop: Pop) -> None:
        interaction = pop.call.interaction
        if self.pop and self.pop.call.interaction == interaction:
            self.pop = pop
            return
        for at, each in enumerate(self.recent):
            if each.call.interaction == interaction and not each.missed:
                self.recent[at] = pop

    def _file(self) -> None:
        """Move the call in hand to the recent ones."""
        if self.pop:
            self.recent.appendleft(self.pop)
            self.pop = None

    def _leave(self) -> None:
        """Signed out: nothing of any customer stays behind, and old numbers lead to the new state."""
        self.pop = None
        self.recent.clear()
        self._history.clear()
        self.epoch = secrets.token_hex(8)
