"""The phone in the page: who chose it, and the password of each log-in, given only to the page that asks for it.

Passwords live in memory alone: a restarted server gives new ones, and pages ask again when they are connected again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Protocol

import structlog
from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.notes import CONSULTANTS
from telephony.console.sessions import Session
from telephony.core.account import Account
from telephony.core.ids import AgentId

log = structlog.get_logger()

SECRET_BYTES = 24  # 48 letters; the digest that hides it on the way is only MD5 [RFC 3261 §22.4]


class Registrar(Protocol):
    """Where the pages' phones register. Both calls return at once; Asterisk hears of it as soon as it can."""

    url: str  # of the WebSocket; empty: pages have no phones here

    def endpoint(self, own: str) -> str:
        """The page's phone of whoever has `own`."""
        ...

    def admit(self, endpoint: str, secret: str) -> None: ...

    def dismiss(self, endpoint: str) -> None: ...


class NoRegistrar:
    url = ""

    def endpoint(self, own: str) -> str:
        return own

    def admit(self, endpoint: str, secret: str) -> None:
        pass

    def dismiss(self, endpoint: str) -> None:
        pass


class PageTold(Wire):
    offered: bool  # whether pages can be phones here
    chosen: bool  # whether calls of this person come to the page


class PageGiven(Wire):
    url: str  # of the WebSocket to Asterisk
    user: str
    secret: str = Field(repr=False)
    expires_s: int = 60  # how long a registration holds: the page registers anew before


class PagePhones:
    """`changed` hears whose calls go to another phone now; `busy` tells whether somebody is in a call."""

    def __init__(
        self, registrar: Registrar, changed: Callable[[Account], None], busy: Callable[[AgentId], bool]
    ) -> None:
        self._registrar = registrar
        self._changed = changed
        self._busy = busy
        self._given: dict[AgentId, tuple[str, str, str]] = {}  # agent → key of the session, endpoint, secret

    def endpoint_of(self, account: Account) -> str:
        """The phone that rings for whoever has this account."""
        given = self._given.get(account.agent)
        return given[1] if given else account.endpoint

    def signed_out(self, agent: AgentId) -> None:
        """Nobody is there any more, whatever the reason: the password is worth nothing from now on."""
        if given := self._given.pop(agent, None):
            self._registrar.dismiss(given[1])

    def session_over(self, session: Session) -> None:
        """The password of this log-in ends with it, even where the person is logged in elsewhere, too."""
        account = session.account
        given = self._given.get(account.agent)
        if given and given[0] == session.key:
            self.signed_out(account.agent)
            if not self._busy(account.agent):  # a talk goes on where it is
                self._changed(account)

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint("GET", "/phone", "which phone rings for oneself", CONSULTANTS, self._tell, gives=PageTold)
        yield Endpoint(
            "POST",
            "/phone",
            "this page is one's phone",
            CONSULTANTS,
            self._choose,
            gives=PageGiven,
            refuses=(404, 409),
        )
        yield Endpoint("DELETE", "/phone", "the phone on the desk again", CONSULTANTS, self._leave, refuses=(409,))

    async def _tell(self, asked: Asked) -> PageTold:
        offered = bool(self._registrar.url and asked.account.endpoint)
        return PageTold(offered=offered, chosen=asked.account.agent in self._given)

    async def _choose(self, asked: Asked) -> PageGiven:
        account = asked.account
        if not self._registrar.url or not account.endpoint:
            raise ProblemError(404, detail="no phone in the page here")
        endpoint = self._registrar.endpoint(account.endpoint)
        given = self._given.get(account.agent)
        if given is None:
            self._refuse_in_a_call(account.agent)
        if given is None or given[:2] != (asked.session.key, endpoint):
            given = asked.session.key, endpoint, secrets.token_hex(SECRET_BYTES)
            self._given[account.agent] = given
            self._registrar.admit(endpoint, given[2])
            log.info("phone.in_page", agent=account.agent)
            self._changed(account)
        return PageGiven(url=self._registrar.url, user=endpoint, secret=given[2])

    async def _leave(self, asked: Asked) -> None:
        if asked.account.agent in self._given:
            self._refuse_in_a_call(asked.account.agent)
            self.signed_out(asked.account.agent)
            log.info("phone.on_desk", agent=asked.account.agent)
            self._changed(asked.account)

    def _refuse_in_a_call(self, agent: AgentId) -> None:
        """A talk stays at its phone."""
        if self._busy(agent):
            raise ProblemError(409, "in_call")
