from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from telephony.accounts import Person, account_of, enter
from telephony.core.account import Role
from telephony.settings import load
from telephony.store.store import Store


async def test_a_person_entered_twice_has_the_last_password(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    settings = load([Path(__file__).parents[2] / "config/hotline.toml"])
    for password in ("the first password", "the second password"):
        account = account_of(Person("anna", "Anna Wiśniewska", "desk-7", ("billing",)), password, settings)
        await enter(account, settings)
    store = await Store.open(database_url)
    try:
        assert await store.accounts() == (account,)
    finally:
        await store.close()


async def test_a_new_password_does_not_take_a_role_away(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    settings = load([Path(__file__).parents[2] / "config/hotline.toml"])
    head = Person("ola", "Aleksandra", "", (), Role.SUPERVISOR, phone=False)
    await enter(account_of(head, "the first password", settings), settings)
    again = replace(head, role=None)
    await enter(account_of(again, "the second password", settings), settings, keep_role=True)
    store = await Store.open(database_url)
    try:
        known = await store.account_by_login("ola")
        assert known is not None
        assert (known.role, known.endpoint) == (Role.SUPERVISOR, "")
    finally:
        await store.close()
