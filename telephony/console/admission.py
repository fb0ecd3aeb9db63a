"""What becomes of those who are logged in when their account or their sessions change elsewhere.

Whoever keeps accounts and sessions tells it here, as they are now; who has a page open hears it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import structlog

from telephony.console.pages import ACCOUNT_OVER, SESSION_OVER, Pages
from telephony.console.sessions import KeeperAwayError, Session, Sessions
from telephony.core.account import Account, SessionRecord

log = structlog.get_logger()


class Admission:
    def __init__(self, sessions: Sessions, pages: Pages, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._pages = pages
        self._clock = clock

    def here(self, login: str | None = None) -> tuple[Session, ...]:
        """Who is logged in here; to be asked before the keeper is, and given to `learn` with its answer."""
        return tuple(self._sessions.all() if login is None else self._sessions.of(login))

    def learn(
        self, records: Iterable[SessionRecord], accounts: Mapping[str, Account], before: Collection[Session]
    ) -> None:
        """Accounts (by login; those that may log in) and sessions as the keeper has them now."""
        self._sessions.heard(self._clock())
        for session in self._sessions.learn(records, accounts, before):
            known = session.account.login in accounts
            self._pages.end_session(session, SESSION_OVER if known else ACCOUNT_OVER)
            log.info("console.session_ended", agent=session.account.agent, account=known)
        logged_in: dict[str, list[Session]] = {}
        for session in self._sessions.all():
            logged_in.setdefault(session.account.login, []).append(session)
        for login in logged_in.keys() & accounts.keys():
            self._renew(logged_in[login], accounts[login])

    def _renew(self, sessions: Collection[Session], account: Account) -> None:
        old = [each.account for each in sessions]
        for session in sessions:
            session.account = account
        look = any(_shown(each) != _shown(account) for each in old)
        if look or any(each.skills != account.skills for each in old):
            self._pages.renewed(account, look=look)
            log.info("console.account_changed", agent=account.agent, role=account.role)

    async def end(self, sessions: Iterable[Session]) -> None:
        """Log-out by the person's own wish; the pages close at once, whatever becomes of the keeper."""
        for session in sessions:
            self._pages.end_session(session)
        await self.write()

    def heard(self) -> None:
        """The keeper is there, and nothing has changed."""
        self._sessions.heard(self._clock())

    async def write(self, *, everything: bool = False) -> None:
        """Let the keeper know how sessions were used. Where it is away, the next time does it."""
        try:
            await self._sessions.write(self._clock(), everything=everything)
        except KeeperAwayError as error:
            log.warning("console.sessions_not_kept", reason=str(error))


def _shown(account: Account) -> tuple[object, ...]:
    """What pages are drawn by."""
    return account.display_name, account.role, account.endpoint, account.departments
