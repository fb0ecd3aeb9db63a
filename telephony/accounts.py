"""`hotline account`: a person who may log in to the console, entered or given a new password."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from telephony.console.passwords import PASSWORD_CHARACTERS, hash_password
from telephony.core.account import Account, Role
from telephony.settings import Settings
from telephony.store.store import Store

SKILL = re.compile(r"[a-z][a-z0-9-]{0,39}")
LEVELS = frozenset(map(str, range(1, 11)))
SHORTEST = 10  # characters; what is long need not be strange


class AccountError(ValueError):
    """The account cannot be entered; the message says why."""


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    name: str
    endpoint: str  # of the phone
    skills: Sequence[str]  # names of queues, or any skill with its level: `english=2`
    role: Role | None = None  # None: as before, and of a new account a consultant's
    phone: bool = True  # False: takes no calls


def read_password(what: str = "Password") -> str:
    """Asked for twice on a terminal; elsewhere the first line of standard input. Errors: AccountError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"{what}: ")
    if getpass.getpass("Once more: ") != password:
        raise AccountError("the two differ")
    return password


def account_of(person: Person, password: str, settings: Settings) -> Account:
    """Errors: AccountError."""
    skills = dict(_skill(each, settings) for each in person.skills) or dict.fromkeys(settings.queues, 1)
    if len(password) < SHORTEST:
        raise AccountError(f"a password has {SHORTEST} characters or more")
    if len(password) > PASSWORD_CHARACTERS:
        raise AccountError(f"a password has {PASSWORD_CHARACTERS} characters or fewer")
    endpoint = (person.endpoint or person.login) if person.phone else ""
    return Account(person.login, person.name, hash_password(password), endpoint, skills, person.role or Role.AGENT)


def _skill(given: str, settings: Settings) -> tuple[str, int]:
    """A bare name is most likely a queue, and a slip of the pen would leave the person without callers."""
    name, with_level, level = given.partition("=")
    if not with_level and name not in settings.queues:
        queues = ", ".join(sorted(settings.queues))
        raise AccountError(
            f"no queue `{name}` in the settings; there are {queues}. Another skill has its level: {name}=1"
        )
    if not SKILL.fullmatch(name) or (with_level and level not in LEVELS):
        raise AccountError(f"`{given}` is no skill; expected NAME=LEVEL, a level from 1 to 10, such as english=2")
    return name, int(level) if with_level else 1


async def enter(account: Account, settings: Settings, *, keep_role: bool = False) -> None:
    """Insert or replace it; with `keep_role` a known account stays what it was. Errors: StoreError."""
    store = await Store.open(settings.database_url.get_secret_value())
    try:
        known = await store.account_by_login(account.login) if keep_role else None
        await store.add_account(replace(account, role=known.role) if known else account)
    finally:
        await store.close()
