"""People who may log in to the console: what may be entered of them, and what `hotline user …` does with it.

A server that runs hears of every change at once, whoever writes it (`logins.py`).
"""

from __future__ import annotations

import getpass
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from telephony.console.passwords import PASSWORD_CHARACTERS, hash_password
from telephony.core.account import Account, Role, SessionRecord
from telephony.settings import Settings
from telephony.store.store import Store

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
SKILL = re.compile(r"[a-z][a-z0-9-]{0,39}")
LEVELS = frozenset(map(str, range(1, 11)))
SHORTEST = 10  # characters; what is long need not be strange
NAME_CHARACTERS = 100


class AccountError(ValueError):
    """It cannot be done to the account; the message says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is to be entered or changed; None: as before, and of a new account the usual."""

    login: str
    name: str | None = None
    endpoint: str | None = None  # of the phone (usual: the login)
    skills: Sequence[str] = ()  # names of queues, or any skill with its level: `english=2` (usual: every queue)
    departments: Sequence[str] = ()  # usual: the queues among the skills
    role: Role | None = None  # usual: a consultant's
    phone: bool = True  # False: takes no calls


@dataclass(frozen=True, slots=True)
class Known:
    """An account and how often its person is logged in."""

    account: Account = field(repr=False)
    sessions: int


def read_password(what: str = "Password") -> str:
    """Asked for twice on a terminal; elsewhere the first line of standard input. Errors: AccountError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"{what}: ")
    if getpass.getpass("Once more: ") != password:
        raise AccountError("the two differ")
    return password


def hashed(password: str) -> str:
    """Errors: AccountError."""
    if len(password) < SHORTEST:
        raise AccountError(f"a password has {SHORTEST} characters or more")
    if len(password) > PASSWORD_CHARACTERS:
        raise AccountError(f"a password has {PASSWORD_CHARACTERS} characters or fewer")
    return hash_password(password)


def account_of(person: Person, password: str, settings: Settings) -> Account:
    """A new one. Errors: AccountError."""
    if not LOGIN.fullmatch(person.login):
        raise AccountError(f"`{person.login}` is no login; expected small letters, digits and `.`, `_`, `-`, up to 64")
    fresh = Account(person.login, person.login, hashed(password), person.login, dict.fromkeys(settings.queues, 1))
    return changed(fresh, person, settings)


def changed(account: Account, person: Person, settings: Settings) -> Account:
    """The account with what is said of the person. Errors: AccountError."""
    skills = dict(_skill(each, settings) for each in person.skills) or account.skills
    endpoint = account.endpoint if person.endpoint is None else person.endpoint
    if (person.role or account.role) is Role.DPO:
        if person.endpoint or person.skills or person.departments:
            raise AccountError("a data-protection officer takes no calls and belongs to no department")
        name = account.display_name if person.name is None else _name(person.name)
        return replace(account, display_name=name, endpoint="", skills={}, role=Role.DPO, departments=())
    return replace(
        account,
        display_name=account.display_name if person.name is None else _name(person.name),
        endpoint=endpoint if person.phone else "",
        skills=skills,
        role=person.role or account.role,
        departments=tuple(_department(each, settings) for each in person.departments) or account.departments,
    )


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise AccountError(f"a name has 1 to {NAME_CHARACTERS} characters, all of them to be seen")
    return name


def _skill(given: str, settings: Settings) -> tuple[str, int]:
    """A bare name is most likely a queue, and a slip of the pen would leave the person without callers."""
    name, with_level, level = given.partition("=")
    if not with_level and name not in settings.queues:
        raise AccountError(f"{_no_queue(name, settings)}. Another skill has its level: {name}=1")
    if not SKILL.fullmatch(name) or (with_level and level not in LEVELS):
        raise AccountError(f"`{given}` is no skill; expected NAME=LEVEL, a level from 1 to 10, such as english=2")
    return name, int(level) if with_level else 1


def _department(given: str, settings: Settings) -> str:
    if given not in settings.queues:
        raise AccountError(_no_queue(given, settings))
    return given


def _no_queue(name: str, settings: Settings) -> str:
    return f"no queue `{name}` in the settings; there are {', '.join(sorted(settings.queues))}"


class Register:
    """The accounts of a database. Every method may raise StoreError, and AccountError for a login nobody has."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def known(self, login: str) -> Account:
        if account := await self._store.account_by_login(login):
            return account
        logins = ", ".join(each.login for each in await self._store.accounts()) or "none yet"
        raise AccountError(f"nobody has the login `{login}`; there are: {logins}")

    async def enter(self, account: Account) -> None:
        """Errors: AccountError for a login that somebody has."""
        if await self._store.account_by_login(account.login):
            raise AccountError(
                f"`{account.login}` is entered already: `hotline user change` changes what is known of them, "
                "`hotline user reset-password` the password"
            )
        await self._store.add_account(account)

    async def change(self, person: Person, settings: Settings) -> Account:
        async with self._store.together() as store:
            account = changed(await Register(store).known(person.login), person, settings)
            await store.add_account(account)
        return account

    async def set_password(self, login: str, password_hash: str) -> int:
        """How many sessions have ended."""
        ended = await self._sessions_of(login)
        await self._store.set_password(login, password_hash)
        return ended

    async def reset_totp(self, login: str) -> tuple[bool, int]:
        """Whether there was a second factor, and how many sessions have ended."""
        ended = await self._sessions_of(login)
        had = await self._store.second_factors.remove(login)
        await self._store.sessions.end_of(login)
        return had, ended

    async def disable(self, login: str, at: float) -> int:
        """How many sessions have ended."""
        ended = await self._sessions_of(login)
        await self._store.set_disabled(login, at)
        return ended

    async def enable(self, login: str) -> None:
        await self.known(login)
        await self._store.set_disabled(login, None)

    async def remove(self, login: str) -> int:
        """How many sessions have ended."""
        ended = await self._sessions_of(login)
        await self._store.remove_account(login)
        return ended

    async def log_out(self, login: str) -> int:
        """How many sessions have ended."""
        ended = await self._sessions_of(login)
        await self._store.sessions.end_of(login)
        return ended

    async def everybody(self) -> tuple[Known, ...]:
        logged_in = Counter(each.login for each in await self._store.sessions.all())
        return tuple(Known(each, logged_in[each.login]) for each in await self._store.accounts())

    async def sessions(self, login: str | None = None) -> tuple[SessionRecord, ...]:
        """Of one, or of everybody."""
        if login is None:
            return await self._store.sessions.all()
        await self.known(login)
        return await self._store.sessions.of(login)

    async def _sessions_of(self, login: str) -> int:
        await self.known(login)
        return len(await self._store.sessions.of(login))


@asynccontextmanager
async def register(settings: Settings) -> AsyncIterator[Register]:
    """Of the database in the settings. Errors: StoreError."""
    store = await Store.open(settings.database_url.get_secret_value())
    try:
        yield Register(store)
    finally:
        await store.close()
