"""Log-in sessions: opaque random ids in a cookie, everything else on the server [OWASP Session Management].

Only the SHA-256 of an id is kept, so that a look into memory or a log gives nobody a session. A session ends by
log-out, after `idle_s` without use, or `absolute_s` after log-in, whichever comes first.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from telephony.core.account import Account

SESSIONS = 10_000
SESSIONS_PER_LOGIN = 10


@dataclass(slots=True)
class Session:
    key: str  # SHA-256 of the id
    account: Account
    csrf: str
    created_at: float
    used_at: float
    proven_at: float  # when the person last showed to be there, by password or code


@dataclass(slots=True)
class Sessions:
    idle_s: float = 1800.0
    absolute_s: float = 12 * 3600.0
    _by_key: dict[str, Session] = field(default_factory=dict)  # oldest first

    def open(self, account: Account, now: float) -> tuple[str, Session]:
        """A new session and the id for its cookie; the oldest of too many are ended."""
        session_id = secrets.token_urlsafe(32)
        session = Session(_key(session_id), account, secrets.token_urlsafe(32), now, now, now)
        self.sweep(now)
        own = [each.key for each in self._by_key.values() if each.account.login == account.login]
        surplus = own[: max(0, len(own) - SESSIONS_PER_LOGIN + 1)]
        for key in surplus or list(self._by_key)[: max(0, len(self._by_key) - SESSIONS + 1)]:
            del self._by_key[key]
        self._by_key[session.key] = session
        return session_id, session

    def find(self, session_id: str | None, now: float) -> Session | None:
        """The session of a cookie, if it is still good; finding it counts as use."""
        session = self._by_key.get(_key(session_id)) if session_id else None
        if session is None or not self.alive(session, now):
            return None
        session.used_at = now
        return session

    def alive(self, session: Session, now: float) -> bool:
        fresh = now - session.used_at < self.idle_s and now - session.created_at < self.absolute_s
        return fresh and session.key in self._by_key

    def use(self, session: Session, now: float) -> None:
        """An open page keeps its session from idling away."""
        session.used_at = now

    def close(self, session: Session) -> None:
        self._by_key.pop(session.key, None)

    def sweep(self, now: float) -> None:
        for session in [each for each in self._by_key.values() if not self.alive(each, now)]:
            self.close(session)


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
