"""Log-in sessions: opaque random tokens in a cookie, everything else on the server [OWASP Session Management].

Only the SHA-256 of a token is kept, in memory and by the keeper (a database), so that a look into either gives nobody a
session. A session ends by log-out, after `idle_s` without use, or `absolute_s` after log-in, whichever comes first.
The keeper is the record, memory is what answers: while the keeper is away, sessions go on for `without_keeper_s`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from telephony.console.whence import Whence
from telephony.core.account import Account, SessionRecord

SESSIONS = 10_000
SESSIONS_PER_LOGIN = 10
KEPT_EVERY_S = 60.0  # the keeper's word on when a session was used is not older than this and a tick


class KeeperAwayError(Exception):
    """What keeps accounts and sessions cannot be reached: nobody new comes in, and nothing was changed."""


class SessionKeeper(Protocol):
    """Where sessions outlive the server. Every method may raise KeeperAwayError."""

    async def open(self, session: SessionRecord, account: Account) -> bool:
        """False where the account has another password meanwhile, or is disabled or gone."""

    async def keep(self, sessions: Sequence[SessionRecord]) -> None: ...

    async def end(self, keys: Collection[str]) -> None: ...

    async def end_old(self, *, used_before: float, created_before: float) -> None: ...


class Unkept:
    """No keeper: sessions end with the server."""

    async def open(self, session: SessionRecord, account: Account) -> bool:
        return True

    async def keep(self, sessions: Sequence[SessionRecord]) -> None:
        """It is not."""

    async def end(self, keys: Collection[str]) -> None:
        """Nothing to end."""

    async def end_old(self, *, used_before: float, created_before: float) -> None:
        """Nothing to end."""


@dataclass(slots=True)
class Session:
    key: str  # SHA-256 of the token
    account: Account
    created_at: float
    used_at: float
    proven_at: float  # when the person last showed to be there, by password or code
    whence: Whence = field(default_factory=Whence)
    csrf: str = field(default="", repr=False)  # made of the token, so that it is nowhere kept; "": no request since
    kept: tuple[float, float] = (0.0, 0.0)  # `used_at` and `proven_at` as the keeper has them

    @classmethod
    def of(cls, record: SessionRecord, account: Account) -> Session:
        return cls(
            record.key,
            account,
            record.created_at,
            record.used_at,
            record.proven_at,
            Whence(record.address, record.browser),
            kept=(record.used_at, record.proven_at),
        )

    @property
    def record(self) -> SessionRecord:
        return SessionRecord(
            self.key,
            self.account.login,
            self.created_at,
            self.used_at,
            self.proven_at,
            self.whence.address,
            self.whence.browser,
        )

    @property
    def unkept(self) -> bool:
        used_at, proven_at = self.kept
        return self.used_at - used_at >= KEPT_EVERY_S or self.proven_at > proven_at


@dataclass(slots=True)
class Sessions:
    idle_s: float = 1800.0
    absolute_s: float = 12 * 3600.0
    without_keeper_s: float = 4 * 3600.0
    keeper: SessionKeeper = field(default_factory=Unkept)
    _by_key: dict[str, Session] = field(default_factory=dict)  # oldest first
    _ended: dict[str, bool] = field(default_factory=dict)  # key → whether the keeper knows it, so that none comes back
    _heard_at: float | None = None  # of the keeper; None: there is none

    async def open(self, account: Account, now: float, whence: Whence | None = None) -> tuple[str, Session] | None:
        """A new session and the token for its cookie; the oldest of too many are ended. Errors: KeeperAwayError.

        None where the account is another one than was looked at.
        """
        token = secrets.token_urlsafe(32)
        session = Session(_key(token), account, now, now, now, whence or Whence(), _csrf(token), (now, now))
        if not await self.keeper.open(session.record, account):
            return None
        self.sweep(now)
        own = self.of(account.login)
        surplus = own[: max(0, len(own) - SESSIONS_PER_LOGIN + 1)]
        for each in surplus or list(self._by_key.values())[: max(0, len(self._by_key) - SESSIONS + 1)]:
            self.close(each)
        self._by_key[session.key] = session
        return token, session

    def find(self, token: str | None, now: float) -> Session | None:
        """The session of a cookie, if it is still good; finding it counts as use."""
        session = self._by_key.get(_key(token)) if token else None
        if token is None or session is None or not self.alive(session, now):
            return None
        session.csrf = _csrf(token)
        session.used_at = now
        return session

    def all(self) -> list[Session]:
        return list(self._by_key.values())

    def of(self, login: str) -> list[Session]:
        """The oldest first."""
        return [each for each in self._by_key.values() if each.account.login == login]

    def alive(self, session: Session, now: float) -> bool:
        return session.key in self._by_key and not self._over(session, now) and not self.forsaken(now)

    def forsaken(self, now: float) -> bool:
        """Nothing has been heard of the keeper for so long that who was logged out there may be here still."""
        return self._heard_at is not None and now - self._heard_at >= self.without_keeper_s

    def use(self, session: Session, now: float) -> None:
        """An open page keeps its session from idling away."""
        session.used_at = now

    def close(self, session: Session) -> None:
        """Over at once; the keeper is told with the next `write`."""
        if self._by_key.pop(session.key, None):
            self._ended[session.key] = False

    def sweep(self, now: float) -> None:
        """Forget those whose time is over; the keeper ends them by the same rule."""
        for session in [each for each in self._by_key.values() if self._over(each, now)]:
            del self._by_key[session.key]

    def _over(self, session: Session, now: float) -> bool:
        return now - session.used_at >= self.idle_s or now - session.created_at >= self.absolute_s

    # -- the keeper ---------------------------------------------------------------------------------------------

    def heard(self, now: float) -> None:
        """The keeper is there."""
        self._heard_at = now

    async def write(self, now: float, *, everything: bool = False) -> None:
        """Tell the keeper what has happened since. Errors: KeeperAwayError; the next time tells it all."""
        used = [each for each in self._by_key.values() if everything or each.unkept]
        written = [each.record for each in used]
        if untold := [key for key, told in self._ended.items() if not told]:
            await self.keeper.end(untold)
            self._ended.update(dict.fromkeys(untold, True))
        if written:
            await self.keeper.keep(written)
        for session, record in zip(used, written, strict=True):
            session.kept = record.used_at, record.proven_at
        # What was used a moment ago may not be written yet.
        used_before = now - self.idle_s - 2 * KEPT_EVERY_S
        await self.keeper.end_old(used_before=used_before, created_before=now - self.absolute_s)
        self._tidy()

    def learn(
        self, records: Iterable[SessionRecord], accounts: Mapping[str, Account], before: Collection[Session]
    ) -> Iterator[Session]:
        """Take over what the keeper has. Yields those of `before` (here when it was asked) that have ended there."""
        found = {each.key: each for each in records if each.login in accounts}
        for each in before:
            if each.key not in found and self._by_key.pop(each.key, None) is not None:
                self._ended[each.key] = True
                yield each
        for record in found.values():
            if session := self._by_key.get(record.key):  # used at another server, maybe
                session.used_at = max(session.used_at, record.used_at)
                session.proven_at = max(session.proven_at, record.proven_at)
                session.kept = record.used_at, record.proven_at
            elif record.key not in self._ended:
                self._by_key[record.key] = Session.of(record, accounts[record.login])

    def _tidy(self) -> None:
        """Remember enough of those that have ended: an answer of the keeper under way may still have them."""
        for key in [key for key, told in self._ended.items() if told][:-SESSIONS]:
            del self._ended[key]


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _csrf(token: str) -> str:
    """What only a page of this session knows; nothing of the token can be read from it [RFC 2104]."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()
