"""`hotline account`: a person who may log in to the console, entered or given a new password."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from telephony.console.passwords import hash_password
from telephony.core.account import Account
from telephony.settings import Settings
from telephony.store.store import Store

SHORTEST = 10  # characters; what is long need not be strange


class AccountError(ValueError):
    """The account cannot be entered; the message says why."""


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    name: str
    endpoint: str  # of the phone
    skills: Sequence[str]  # names of queues


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
    if unknown := sorted(set(person.skills) - set(settings.queues)):
        raise AccountError(f"no queue `{unknown[0]}` in the settings; there are {', '.join(sorted(settings.queues))}")
    if len(password) < SHORTEST:
        raise AccountError(f"a password has {SHORTEST} characters or more")
    skills = dict.fromkeys(person.skills or settings.queues, 1)
    return Account(person.login, person.name, hash_password(password), person.endpoint or person.login, skills)


async def enter(account: Account, settings: Settings) -> None:
    """Insert or replace it. Errors: StoreError."""
    store = await Store.open(settings.database_url.get_secret_value())
    try:
        await store.add_account(account)
    finally:
        await store.close()
