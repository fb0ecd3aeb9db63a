"""Sessions of the console as the store keeps them; no token is here, only its SHA-256."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from telephony.core.account import Account, SessionRecord
from telephony.store.connection import Connection, Row


class SessionStore:
    """Every method may raise StoreError; what was asked for was then not done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(self, session: SessionRecord, account: Account) -> bool:
        """False where the account has another password now, or is disabled or gone."""
        values = dataclasses.asdict(session)
        return bool(await self._connection.rows("open_session", **values, password_hash=account.password_hash))

    async def all(self) -> tuple[SessionRecord, ...]:
        return tuple(map(_session, await self._connection.rows("sessions")))

    async def of(self, login: str) -> tuple[SessionRecord, ...]:
        """The oldest first."""
        return tuple(map(_session, await self._connection.rows("sessions_of", login=login)))

    async def keep(self, sessions: Sequence[SessionRecord]) -> None:
        """When each was used last; one that has ended stays so."""
        uses = [{"key": each.key, "used_at": each.used_at, "proven_at": each.proven_at} for each in sessions]
        await self._connection.run_many("keep_session", uses)

    async def end(self, keys: Collection[str]) -> None:
        await self._connection.run("end_sessions", keys=list(keys))

    async def end_of(self, login: str) -> None:
        await self._connection.run("end_sessions_of", login=login)

    async def end_old(self, *, used_before: float, created_before: float) -> None:
        await self._connection.run("end_old_sessions", used_before=used_before, created_before=created_before)


def _session(row: Row) -> SessionRecord:
    return SessionRecord(**{each.name: row[each.name] for each in dataclasses.fields(SessionRecord)})  # type: ignore[arg-type]
