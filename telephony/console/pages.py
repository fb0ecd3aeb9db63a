"""The open pages: which agent has how many, who signs in with the first and out some time after the last.

Several pages of one agent are welcome: all get the pop, the first that has painted it counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from telephony.console import wire
from telephony.console.desk import Desk
from telephony.console.outlet import Close, Outlet
from telephony.console.sessions import Session, Sessions
from telephony.core.account import Account
from telephony.core.ids import AgentId

PAGES_PER_AGENT = 8

SESSION_OVER = Close(4401, "session over")
ACCOUNT_OVER = Close(4401, "account disabled")
ACCOUNT_CHANGED = Close(4409, "account changed")  # the page comes again and is another one
TOO_MANY = Close(4429, "too many pages")
GOING_AWAY = Close(1001, "going away")


class Office(Protocol):
    """What pages need of the console."""

    def desk(self, agent: AgentId) -> Desk: ...
    def board_message(self) -> str: ...
    def signed_in(self, account: Account) -> None: ...
    def signed_out(self, agent: AgentId) -> None: ...
    def session_over(self, session: Session) -> None: ...
    def said(self, agent: AgentId, message: wire.FromPage) -> None: ...


class Pages:
    def __init__(
        self, office: Office, sessions: Sessions, clock: Callable[[], float], away_s: float, board_s: float
    ) -> None:
        self.office = office
        self._sessions = sessions
        self._clock = clock
        self._away_s = away_s
        self._board_s = board_s
        self._all: dict[Outlet, Session] = {}
        self._leaving: dict[AgentId, asyncio.TimerHandle] = {}
        self._board_due: asyncio.TimerHandle | None = None
        self._stopping = False

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._all)

    def start(self) -> None:
        self._stopping = False

    def refusal(self, session: Session | None) -> Close | None:
        """Why no page may be opened now, if so."""
        if session is None:
            return SESSION_OVER
        if self._stopping:
            return GOING_AWAY
        full = len(self.office.desk(session.account.agent).pages) >= PAGES_PER_AGENT
        return TOO_MANY if full else None

    def opened(self, session: Session, page: Outlet, epoch: str, seq: int) -> None:
        """Bring the page up to date and sign its agent in."""
        account = session.account
        desk = self.office.desk(account.agent)
        desk.viewer = account
        for message in desk.catch_up(epoch, seq):
            page.put(message)
        page.put(self.office.board_message())
        first = not self._cancel_leaving(account.agent) and not desk.pages
        desk.pages.add(page)
        self._all[page] = session
        if first:
            self.office.signed_in(account)

    def closed(self, page: Outlet) -> None:
        """The page has gone; the last one signs its agent out after a while, in case it is only being reloaded."""
        agent = self._all.pop(page).account.agent
        desk = self.office.desk(agent)
        if page not in desk.pages:  # logged out: signed out already
            return
        desk.pages.discard(page)
        if not desk.pages and not self._stopping:
            loop = asyncio.get_running_loop()
            self._leaving[agent] = loop.call_later(self._away_s, self._leave, agent)

    def said(self, page: Outlet, message: wire.FromPage) -> None:
        self.office.said(self._all[page].account.agent, message)

    def end_session(self, session: Session, why: Close = SESSION_OVER) -> None:
        """Over by somebody's wish: the session's pages close, and nobody waits for their return."""
        self._sessions.close(session)
        agent = session.account.agent
        desk = self.office.desk(agent)
        had = [page for page, its_session in self._all.items() if its_session is session]
        for page in had:
            page.put(why)
            desk.pages.discard(page)
        if not desk.pages and (self._cancel_leaving(agent) or had):
            self.office.signed_out(agent)
        self.office.session_over(session)

    def renewed(self, account: Account, *, look: bool) -> None:
        """The account is another one; with `look` its pages are to be drawn anew. A talk under way goes on."""
        desk = self.office.desk(account.agent)
        if desk.pages or account.agent in self._leaving:
            if account.endpoint:
                self.office.signed_in(account)
            else:
                self.office.signed_out(account.agent)
        for page in tuple(desk.pages) if look else ():
            page.put(ACCOUNT_CHANGED)

    # -- all pages ----------------------------------------------------------------------------------------------

    def board_changed(self) -> None:
        """Tell every page soon, once for all changes of that time."""
        if self._all and self._board_due is None:
            self._board_due = asyncio.get_running_loop().call_later(self._board_s, self._send_board)

    def tick(self) -> None:
        """From time to time: a sign of life for each page, and an end for those whose session is over."""
        now = self._clock()
        for page, session in self._all.items():
            if self._sessions.alive(session, now):
                self._sessions.use(session, now)
            else:
                page.put(SESSION_OVER)
                self.office.session_over(session)
        self._sessions.sweep(now)
        self._send_board()

    def stop(self) -> None:
        """Pages that close from now on sign nobody out: another server takes over, or this one comes back."""
        self._stopping = True
        for handle in (*self._leaving.values(), self._board_due):
            if handle:
                handle.cancel()
        self._leaving.clear()
        self._board_due = None
        for page in tuple(self._all):
            page.put(GOING_AWAY)

    def _send_board(self) -> None:
        self._board_due = None
        message = self.office.board_message()
        for page in tuple(self._all):
            page.put(message)

    def _cancel_leaving(self, agent: AgentId) -> bool:
        handle = self._leaving.pop(agent, None)
        if handle:
            handle.cancel()
        return handle is not None

    def _leave(self, agent: AgentId) -> None:
        del self._leaving[agent]
        self.office.signed_out(agent)
