"""The console as the rest of the hotline sees it: fed with commands and facts, answering with events.

Built from plain callables; it imports nothing but the core. Whoever is concerned by a fact has a desk (`desk.py`);
open pages hang on desks (`pages.py`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import singledispatchmethod
from ssl import SSLContext
from types import MappingProxyType

from aiohttp import web

from telephony.console import wire
from telephony.console.admission import Admission
from telephony.console.api.endpoint import Endpoint
from telephony.console.api.own import OwnApi
from telephony.console.articles import ArticlesApi, Library
from telephony.console.board import Board
from telephony.console.caller_form import CallerForm, FileMessage
from telephony.console.cards import CardOf, Cards
from telephony.console.customer_search import CustomerSearchApi, Search
from telephony.console.desk import Desk, LinkOf, no_link
from telephony.console.dispositions import DispositionApi, Lists
from telephony.console.floor import FloorApi
from telephony.console.flow_pages import Callers, FlowPages, Served
from telephony.console.hand_over import HandOverApi, Moves
from telephony.console.handed import Handed, HandedOver
from telephony.console.look import Looks
from telephony.console.more_pages import MorePages
from telephony.console.notes import Notes, NotesApi
from telephony.console.own_sessions import SessionsApi
from telephony.console.page_phone import NoRegistrar, PagePhones, Registrar
from telephony.console.pages import Pages
from telephony.console.pop_timing import PopTiming, PopTimings
from telephony.console.rules import ConsoleRules
from telephony.console.scripts import ScriptsApi
from telephony.console.second_factor import Factors
from telephony.console.sessions import Session, SessionKeeper, Sessions, Unkept
from telephony.console.site import Site
from telephony.console.trail import Trail, trail
from telephony.core.account import Account
from telephony.core.agent import IN_CALL
from telephony.core.card_fields import NOTHING_HIDDEN, CardRules
from telephony.core.commands import (
    AgentChanged,
    AgentOwes,
    CallChanged,
    CallEnded,
    Decided,
    DispositionChanged,
    HidePop,
    PhoneChanged,
    ReadyRefused,
    ShowPop,
)
from telephony.core.customer import Card
from telephony.core.events import AgentPaused, AgentReady, AgentSignedIn, AgentSignedOut, Event, PopPainted
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.script import Script
from telephony.core.views import CallState, CallView

INTERACTIONS = 10_000  # whose agent is remembered, for the ticket's number

QUEUE_TITLES: Mapping[QueueName, str] = {
    QueueName("sales"): "Sprzedaż",
    QueueName("support"): "Pomoc techniczna",
    QueueName("billing"): "Rozliczenia",
}


class Console:
    """`publish` is fed by the pump; `submit` takes what agents do; `clock` gives seconds since the epoch.

    `endpoints` are what pages may ask beyond what every one may; `flows` are those that new calls follow, and `callers`
    tells how many callers are at each of their nodes.
    `link` makes the address of a call in another system; `looks` keeps how each person wants pages to look.
    `keeper` is where sessions outlive the server; `admission` hears what has become of accounts and sessions there.
    `file_message` stores what people write in the form for callers; without it there is no such form.
    `search` finds customers; `dispositions` are the queues' lists; `card_rules` say who may see which part of a card.
    `library` is the knowledge base, `scripts` are the queues'; `factors` keeps second factors, if anybody has one.
    `registrar` is where the phones of pages register; `moves` hands callers over.
    `of_desks` makes further endpoints that ask about desks; `more` are further pages.
    """

    _runner: web.AppRunner | None = None
    _ticking: asyncio.Task[None] | None = None

    def __init__(
        self,
        *,
        accounts: Callable[[str], Awaitable[Account | None]],
        card: CardOf,
        submit: Callable[[Event], None],
        clock: Callable[[], float],
        queue_titles: Mapping[QueueName, str] = QUEUE_TITLES,
        rules: ConsoleRules | None = None,
        flows: Callable[[], Served] = Served,
        callers: Callers = dict,
        endpoints: Iterable[Endpoint] = (),
        link: LinkOf = no_link,
        notes: Notes | None = None,
        file_message: FileMessage | None = None,
        looks: Looks | None = None,
        dispositions: Lists | None = None,
        card_rules: CardRules = NOTHING_HIDDEN,
        search: Search | None = None,
        keeper: SessionKeeper | None = None,
        factors: Factors | None = None,
        library: Library | None = None,
        scripts: Mapping[QueueName, Script] = MappingProxyType({}),
        registrar: Registrar | None = None,
        moves: Moves | None = None,
        of_desks: Callable[[Callable[[AgentId], Desk]], Iterable[Endpoint]] = lambda _: (),
        more: MorePages | None = None,
    ) -> None:
        self._submit = submit
        self._clock = clock
        self._titles = queue_titles
        self._link = link
        self._flows = flows
        self._card_rules = card_rules
        self._desks: dict[AgentId, Desk] = {}
        self._board = Board()
        self._cards = Cards(card, self._card_arrived)
        self._timings = PopTimings()
        self._devices: dict[str, str] = {}  # endpoint → state
        self._agent_at: dict[str, AgentId] = {}  # endpoint → agent
        self._why: dict[InteractionId, str] = {}
        self._agent_of: OrderedDict[InteractionId, AgentId] = OrderedDict()
        self._shared: OrderedDict[InteractionId, AgentId] = OrderedDict()  # whom its consultant has asked
        rules = rules or ConsoleRules()
        self._sessions = Sessions(rules.idle_s, rules.absolute_s, rules.without_keeper_s, keeper or Unkept())
        self._pages = Pages(self, self._sessions, clock, rules.away_s, rules.board_s)
        self.admission = Admission(self._sessions, self._pages, clock)
        self._phones = PagePhones(registrar or NoRegistrar(), self._phone_changed, self._in_call)
        self._names: dict[AgentId, str] = {}  # of those who have signed in
        self._extensions: dict[AgentId, str] = {}  # likewise: what a colleague dials
        self._handed = HandedOver(notes, self._agent_of, self._names, self._handed_over)
        during = self._during_calls(notes, dispositions or {}, library, scripts, search)
        asked = (*during, *self._handing_over(moves), *of_desks(self.desk), *self._of_everyone(), *endpoints)
        pages = FlowPages(flows, callers)
        self._site = Site(accounts, self._sessions, self._pages, clock, rules, pages, asked, looks, factors, more)
        if file_message:
            named = {str(queue): title for queue, title in queue_titles.items()}
            self._site.caller_form = CallerForm(file_message, named, rules.privacy_contact, clock, rules.proxies)
        self._tick_s = rules.tick_s

    def _during_calls(
        self,
        notes: Notes | None,
        dispositions: Lists,
        library: Library | None,
        scripts: Mapping[QueueName, Script],
        search: Search | None,
    ) -> Iterable[Endpoint]:
        if search:
            yield from CustomerSearchApi(search, self._choose, self._card_rules, self._clock).endpoints()
        if notes:
            yield from NotesApi(notes, self._on_desk).endpoints()
        if library:
            yield from ArticlesApi(library, self._call_of, self._clock).endpoints()
        yield from DispositionApi(dispositions, self._queue_of, self._submit).endpoints()
        yield from ScriptsApi(scripts).endpoints()

    def _of_everyone(self) -> Iterable[Endpoint]:
        yield from FloorApi(
            self._board, self._desks.values, self._names, self._titles, self._timings.late, self._clock
        ).endpoints()
        yield from SessionsApi(self.admission, self._clock).endpoints()
        yield from OwnApi(self._board.lanes, self._clock).endpoints()
        yield from self._phones.endpoints()

    async def start(self, host: str, port: int, tls: SSLContext | None = None) -> int:
        """Listen; returns the real port. Errors: OSError when the address is taken."""
        self._runner = web.AppRunner(self._site.app(), access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        actual = int(self._runner.addresses[0][1])
        self._site.reached_at(host, actual, tls=tls is not None)
        self._pages.start()
        self._ticking = asyncio.get_running_loop().create_task(self._tick())
        return actual

    async def stop(self) -> None:
        """Close every page (they reconnect by themselves to whoever comes next) and stop listening."""
        if self._ticking:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
            self._ticking = None
        self._pages.stop()
        await self.admission.write(everything=True)
        await self._cards.stop()
        await self._handed.stop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            self.tick()
            await self.admission.write()

    def tick(self) -> None:
        """A sign of life to every page, and the end of those whose session has run out."""
        self._pages.tick()

    # -- from the hotline ---------------------------------------------------------------------------------------

    def publish(self, command: object, now: float | None = None) -> None:
        """Take a command or fact in; what does not concern a page is ignored. Never blocks."""
        self._on(command)

    def ticket_opened(self, interaction: InteractionId, number: str) -> None:
        if desk := self._desks.get(self._agent_of.get(interaction, AgentId(""))):
            desk.ticket(interaction, number)

    def device_changed(self, endpoint: str, state: str) -> None:
        """The phone of an agent, in Asterisk's words (NOT_INUSE, INUSE, RINGING, UNAVAILABLE, …)."""
        self._devices[endpoint] = state
        if agent := self._agent_at.get(endpoint):
            self.desk(agent).device(state)

    def pop_timing(self, interaction: InteractionId) -> list[PopTiming]:
        """The offers of an interaction, in order, with the time each took to be painted."""
        return self._timings.of(interaction)

    @property
    def open_pages(self) -> int:
        return self._pages.open

    @singledispatchmethod
    def _on(self, command: object) -> None:
        """Not a page's business."""

    @_on.register
    def _(self, command: PhoneChanged) -> None:
        self.device_changed(command.endpoint, command.state)

    @_on.register
    def _(self, command: ShowPop) -> None:
        interaction = command.call.interaction
        self._agent_of[interaction] = command.agent
        while len(self._agent_of) > INTERACTIONS:
            self._agent_of.popitem(last=False)
        self._timings.offered(interaction, command.attempt, command.agent, command.offered_at)
        handed = self._handed.want(command.call)
        self.desk(command.agent).show(command, self._why.pop(interaction, ""), self._cards.get(interaction), handed)
        self._cards.want(command.call)

    @_on.register
    def _(self, command: HidePop) -> None:
        self.desk(command.agent).hide(command.interaction)

    @_on.register
    def _(self, command: Decided) -> None:
        self._why[command.interaction] = command.explanation

    @_on.register
    def _(self, command: AgentChanged) -> None:
        self.desk(command.agent).changed(command)

    @_on.register
    def _(self, command: AgentOwes) -> None:
        self.desk(command.agent).owes(command.owed)

    @_on.register
    def _(self, command: DispositionChanged) -> None:
        self.desk(command.disposition.agent).disposition(command.disposition)

    @_on.register
    def _(self, command: ReadyRefused) -> None:
        self.desk(command.agent).refused(command.why, command.missing)

    @_on.register
    def _(self, command: CallChanged) -> None:
        self._call(command.call)
        if command.call.state in {CallState.MENU, CallState.LINE}:
            self._cards.want(command.call)

    @_on.register
    def _(self, command: CallEnded) -> None:
        self._call(command.call)
        self._cards.forget(command.call.interaction)
        self._why.pop(command.call.interaction, None)

    def _call(self, call: CallView) -> None:
        self._timings.seen(call)
        if self._board.seen(call):
            self._pages.board_changed()
        for agent in {call.agent, self._shared.get(call.interaction)} - {None}:
            if agent and (desk := self._desks.get(agent)):
                desk.call(call)

    def _card_arrived(self, interaction: InteractionId, card: Card) -> None:
        if desk := self._desks.get(self._agent_of.get(interaction, AgentId(""))):
            desk.card(interaction, card)

    def _handed_over(self, interaction: InteractionId, handed: Handed) -> None:
        concerned = self._shared.get(interaction) or self._agent_of.get(interaction, AgentId(""))
        if desk := self._desks.get(concerned):
            desk.handed(interaction, handed)

    # -- from the pages (pages.py) ------------------------------------------------------------------------------

    def desk(self, agent: AgentId) -> Desk:
        known = self._desks.get(agent)
        if known is None:
            known = self._desks[agent] = Desk(
                agent, self._titles, self._clock, self._link, self._trail, self._card_rules
            )
        return known

    def _trail(self, path: Sequence[str]) -> Trail:
        return trail(path, self._flows().flows)

    def _on_desk(self, agent: AgentId, interaction: InteractionId) -> bool:
        return self._call_of(agent, interaction) is not None

    def _choose(self, agent: AgentId, interaction: InteractionId, customer: str) -> bool:
        if call := self._call_of(agent, interaction):
            self._cards.choose(call, customer)
        return call is not None

    def _call_of(self, agent: AgentId, interaction: InteractionId) -> CallView | None:
        known = self._desks.get(agent)
        return known.call_of(interaction) if known else None

    def _queue_of(self, agent: AgentId, interaction: InteractionId) -> QueueName | None:
        known = self._desks.get(agent)
        return known.queue_of(interaction) if known else None

    def _handing_over(self, moves: Moves | None) -> Iterable[Endpoint]:
        if moves is None:
            return ()
        desks, names, extensions = self._desks.values, self._names, self._extensions
        return HandOverApi(moves, self._call_of, desks, names, extensions, self._titles, self._share).endpoints()

    def _share(self, call: CallView, colleague: AgentId) -> None:
        assert call.agent
        handed = self._handed.shared(call, call.interaction, call.agent)
        self._shared[call.interaction] = colleague
        while len(self._shared) > INTERACTIONS:
            self._shared.popitem(last=False)
        self.desk(colleague).share(call, self._cards.get(call.interaction), handed, self._clock())

    def board_message(self) -> str:
        return wire.text({"type": "board", "now": self._clock(), **wire.board(self._board.lanes())})

    def signed_in(self, account: Account) -> None:
        self._names[account.agent] = account.display_name
        self._extensions[account.agent] = account.endpoint
        self._agent_at = {phone: agent for phone, agent in self._agent_at.items() if agent != account.agent}
        if endpoint := self._phones.endpoint_of(account):
            self._agent_at[endpoint] = account.agent
            if state := self._devices.get(endpoint):
                self.desk(account.agent).device(state)
            self._submit(AgentSignedIn(account.agent, endpoint, account.skills))

    def _phone_changed(self, account: Account) -> None:
        """Nobody is signed in by a choice alone, without a page."""
        if self.desk(account.agent).pages:
            self.signed_in(account)

    def _in_call(self, agent: AgentId) -> bool:
        status = self.desk(agent).status
        return status is not None and status.state in IN_CALL

    def signed_out(self, agent: AgentId) -> None:
        self._phones.signed_out(agent)
        self._submit(AgentSignedOut(agent))

    def session_over(self, session: Session) -> None:
        self._phones.session_over(session)

    def said(self, agent: AgentId, message: wire.FromPage) -> None:
        """A page's word becomes an event about its own agent, never about another."""
        match message:
            case wire.Painted(interaction=interaction, attempt=attempt, visible=visible):
                self._painted(agent, InteractionId(interaction), attempt, visible=visible)
            case wire.Ready():
                self.desk(agent).wished("")
                self._submit(AgentReady(agent))
            case wire.Pause(reason=reason):
                self.desk(agent).wished(reason)
                self._submit(AgentPaused(agent, reason))

    def _painted(self, agent: AgentId, interaction: InteractionId, attempt: int, *, visible: bool) -> None:
        if self._timings.painted(interaction, attempt, agent, self._clock(), visible=visible):
            self._submit(PopPainted(interaction, agent, attempt))
