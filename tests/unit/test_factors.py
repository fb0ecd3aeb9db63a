"""Second factors at rest: what the store gets to see, and whose key opens it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from telephony.console.offers import Brief, HalfWay, HalfWays
from telephony.console.sessions import KeeperAwayError
from telephony.core.account import Account
from telephony.factors import KEY_FILE, StoredFactors, factor_key
from telephony.settings import Settings
from telephony.settings_types import SettingsError
from telephony.site_settings import Site
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store

SECRET = b"a secret of an app!!"
CODE = "ABCDEFGHJKLM"


@pytest.fixture
async def memory() -> Memory:
    memory = Memory()
    for login in ("anna", "piotr"):
        await Store(memory).add_account(Account(login, login, "hash"))
    return memory


@pytest.fixture
async def factors(memory: Memory) -> StoredFactors:
    factors = StoredFactors(Store(memory), "key")
    assert await factors.enrol("anna", SECRET, 7, (CODE,), 1.0)
    return factors


async def test_what_is_stored_shows_neither_secret_nor_codes(memory: Memory, factors: StoredFactors) -> None:
    stored = repr((memory.factors, memory.recovery_codes)).encode()
    assert SECRET not in memory.factors["anna"]["secret"]
    assert CODE.encode() not in stored
    assert await factors.secret("anna") == SECRET


async def test_another_key_or_another_persons_row_opens_nothing(memory: Memory, factors: StoredFactors) -> None:
    with pytest.raises(KeeperAwayError):
        await StoredFactors(Store(memory), "another key").secret("anna")
    memory.factors["piotr"] = {**memory.factors["anna"], "login": "piotr"}
    with pytest.raises(KeeperAwayError):
        await factors.secret("piotr")
    memory.factors["anna"]["secret"] = b"short"
    with pytest.raises(KeeperAwayError):
        await factors.secret("anna")


async def test_a_code_on_paper_is_its_owners_alone(memory: Memory, factors: StoredFactors) -> None:
    await factors.enrol("piotr", SECRET, 7, (), 1.0)
    assert not await factors.use_recovery_code("piotr", CODE, 1.0)
    assert await factors.use_recovery_code("anna", CODE, 1.0)
    assert not await factors.use_recovery_code("anna", CODE, 1.0)


async def test_a_store_that_is_away_is_said_to_be(factors: StoredFactors, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(Memory, "second_factor", away)
    with pytest.raises(KeeperAwayError, match="away"):
        await factors.secret("anna")


def test_the_key_is_made_once_for_nobody_else_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTLINE_DATA", raising=False)
    settings = Settings(data=tmp_path / "new")
    key = factor_key(settings)
    assert len(key) >= 32
    assert factor_key(settings) == key
    assert stat.S_IMODE((settings.data / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in settings.data.iterdir()] == [KEY_FILE]
    given = "x" * 32
    assert factor_key(Settings(data=tmp_path, console=Site.model_validate({"second_factor_key": given}))) == given
    (settings.data / KEY_FILE).write_text("\n")
    with pytest.raises(SettingsError, match="it is empty"):
        factor_key(settings)


def test_what_is_half_done_is_forgotten_after_a_while_and_the_oldest_of_too_many() -> None:
    brief: Brief[str] = Brief(good_s=10.0, most=2)
    brief.put("a", "A", 0.0)
    assert brief.get("a", 9.9) == "A"
    assert brief.get("a", 10.0) is None
    for key in ("b", "c", "d"):
        brief.put(key, key.upper(), 10.0)
    assert [brief.get(key, 11.0) for key in ("b", "c", "d")] == [None, "C", "D"]
    brief.drop("c")
    assert brief.get("c", 11.0) is None


def test_a_log_in_half_way_is_found_by_its_token_alone() -> None:
    ways = HalfWays()
    half = HalfWay(Account("anna", "Anna", "hash"), ("", "", ""), SECRET)
    token = ways.open(half, 0.0)
    assert ways.find(token, 599.0) is half
    assert ways.find(token[:-1], 599.0) is None
    assert ways.find(None, 599.0) is None
    assert ways.find(token, 600.0) is None
    assert "secret" not in repr(half)
