"""Accounts and sessions of the in-memory twin (`memory.py`), with what PostgreSQL's triggers do to sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import itemgetter
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]


class MemorySessions:
    def __init__(self) -> None:
        super().__init__()
        self.people: dict[str, Values] = {}
        self.logged_in: dict[str, Values] = {}

    # -- accounts -----------------------------------------------------------------------------------------------

    def add_account(self, **account: Any) -> None:
        known = self.people.get(account["login"])
        self.people[account["login"]] = account
        if known and (known["password_hash"] != account["password_hash"] or account["disabled_at"] is not None):
            self.end_sessions_of(account["login"])

    def set_password(self, login: str, password_hash: str) -> None:
        if login in self.people:
            self.add_account(**{**self.people[login], "password_hash": password_hash})

    def set_disabled(self, login: str, disabled_at: float | None) -> None:
        if login in self.people:
            self.add_account(**{**self.people[login], "disabled_at": disabled_at})

    def remove_account(self, login: str) -> None:
        self.people.pop(login, None)
        self.end_sessions_of(login)

    def account_by_login(self, login: str) -> Iterable[Row]:
        return [self.people[login]] if login in self.people else ()

    def accounts(self) -> Iterable[Row]:
        return sorted(self.people.values(), key=itemgetter("login"))

    # -- sessions -----------------------------------------------------------------------------------------------

    def open_session(self, login: str, password_hash: str, **session: Any) -> Iterable[Row]:
        known = self.people.get(login)
        if not known or known["password_hash"] != password_hash or known["disabled_at"] is not None:
            return ()
        self.logged_in[session["key"]] = {"login": login, **session}
        return [{"key": session["key"]}]

    def sessions(self) -> Iterable[Row]:
        return sorted(self.logged_in.values(), key=itemgetter("created_at", "key"))

    def sessions_of(self, login: str) -> Iterable[Row]:
        return [each for each in self.sessions() if each["login"] == login]

    def keep_session(self, key: str, used_at: float, proven_at: float) -> None:
        if known := self.logged_in.get(key):
            later = {"used_at": max(known["used_at"], used_at), "proven_at": max(known["proven_at"], proven_at)}
            self.logged_in[key] = {**known, **later}

    def end_sessions(self, keys: Collection[str]) -> None:
        for key in keys:
            self.logged_in.pop(key, None)

    def end_sessions_of(self, login: str) -> None:
        self.end_sessions([str(each["key"]) for each in self.sessions_of(login)])

    def end_old_sessions(self, used_before: float, created_before: float) -> None:
        old = [
            key
            for key, each in self.logged_in.items()
            if each["used_at"] < used_before or each["created_at"] < created_before
        ]
        self.end_sessions(old)
