from __future__ import annotations

from pathlib import Path

import pytest

from telephony.accounts import Person, account_of, enter
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
