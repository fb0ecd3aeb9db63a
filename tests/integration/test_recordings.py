"""Recordings over the console's interface and by command: heard with a reason, whole or said to be broken."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import aiohttp
import pytest

from telephony.cli import main
from telephony.console.api.endpoint import Endpoint
from telephony.console.rules import ConsoleRules
from telephony.core.account import Role
from telephony.core.recording import Recording, RecordingKind
from telephony.core.ticket import ticket_number
from telephony.recordings_api import LISTENING_S, RecordingsApi
from telephony.store.memory import Memory
from telephony.store.store import Store
from telephony.vault.keys import own_ring
from telephony.vault.vault import Vault
from tests.integration.console_house import ACCOUNTS, PASSWORD, House
from tests.integration.test_console_api import Page, page_of
from tests.integration.test_sealing import ENDED, FIRST
from tests.unit.test_vault import put, silence, tone

BEGUN = 1_789_999_940.0  # 21 September 2026 in Poland
NAME = f"{FIRST}-talk"
REASON = {"reason": "reklamacja 000412, co obiecano"}
AUDIO = f"/api/console/recordings/{NAME}/audio"


class Cupboard:
    """What stands behind the interface."""

    def __init__(self, folder: Path) -> None:
        self.now = 1030.0
        self.store = Store(Memory())
        self.vault = Vault(folder / "vault", lambda: own_ring(folder / "keys"))
        self.heard: list[tuple[str, str, str, str]] = []
        put(self.vault, NAME, tone(8) + silence(3), silence(11), muted=((1.0, 2.0),))

    def note(self, *what: str) -> None:
        login, customer, interaction, reason = what
        self.heard.append((login, customer, interaction, reason))


async def fill(store: Store) -> None:
    await store.record_call(ENDED)
    await store.recordings.add(Recording(NAME, FIRST, RecordingKind.TALK, BEGUN, 11.0, BEGUN + 60))


@pytest.fixture
def rules() -> ConsoleRules:
    return ConsoleRules()


@pytest.fixture
def cupboard(tmp_path: Path) -> Cupboard:
    return Cupboard(tmp_path)


@pytest.fixture
def endpoints(cupboard: Cupboard) -> tuple[Endpoint, ...]:
    return tuple(RecordingsApi(cupboard.vault, cupboard.store, cupboard.note, lambda: cupboard.now).endpoints())


@pytest.fixture
async def piotr(http: aiohttp.ClientSession, house: House, cupboard: Cupboard, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A supervisor."""
    monkeypatch.setitem(ACCOUNTS, "piotr", replace(ACCOUNTS["piotr"], role=Role.SUPERVISOR))
    await fill(cupboard.store)
    return await page_of(http, house, "piotr")


async def test_it_is_found_by_call_by_ticket_and_by_day(piotr: Page) -> None:
    async def found(**query: str) -> list[str]:
        status, told = await piotr.ask("GET", "/recordings", params=query)
        assert status == 200
        return [each["name"] for each in told["recordings"]]

    assert await found() == await found(interaction=FIRST) == [NAME]
    assert await found(day=str(date(2026, 9, 21))) == [NAME]
    assert await found(day=str(date(2026, 9, 20))) == await found(interaction="i-2") == []
    assert await found(ticket=ticket_number(1)) == []
    status, problem = await piotr.ask("GET", "/recordings", params={"ticket": "123456"})
    assert (status, problem["reason"]) == (422, "ticket_number")
    assert (await piotr.ask("GET", "/recordings", params={"day": "9999-12-31"}))[0] == 422


async def test_nothing_is_heard_without_a_reason_and_a_proof(piotr: Page, house: House, cupboard: Cupboard) -> None:
    async with piotr.http.get(AUDIO) as answer:
        assert (answer.status, (await answer.json())["reason"]) == (409, "recording_reason")
    where = f"/recordings/{NAME}/listenings"
    house.now += 301
    status, problem = await piotr.ask("POST", where, json=REASON)
    assert (status, problem["reason"]) == (403, "step_up")
    await piotr.ask("POST", "/step-up", json={"password": PASSWORD})
    for short in ("", "        bo tak        "):
        assert (await piotr.ask("POST", where, json={"reason": short}))[0] == 422
    assert cupboard.heard == []
    status, told = await piotr.ask("POST", where, json=REASON)
    assert status == 200
    assert told == {
        "until": cupboard.now + LISTENING_S, "duration_s": 11.0, "channels": 2, "silences": [[8.0, 11.0]],
        "muted": [[1.0, 2.0]],
    }  # fmt: skip
    assert cupboard.heard == [("piotr", "", FIRST, REASON["reason"])]
    async with piotr.http.get(AUDIO) as answer:
        assert answer.status == 200
    cupboard.now += LISTENING_S
    async with piotr.http.get(AUDIO) as answer:
        assert answer.status == 409


async def test_any_part_of_the_sound_comes_and_nobody_stores_it(piotr: Page, cupboard: Cupboard) -> None:
    await piotr.ask("POST", f"/recordings/{NAME}/listenings", json=REASON)
    with cupboard.vault.open(NAME) as opened:
        whole = opened.read(0, opened.size)
    async with piotr.http.get(AUDIO) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/wav")
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.read() == whole
    for asked, begin, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-70000", 100, 70_001),
        (f"bytes={len(whole) - 10}-", len(whole) - 10, len(whole)),
        ("bytes=-7", len(whole) - 7, len(whole)),
        ("bytes=5-99999999", 5, len(whole)),
    ):
        async with piotr.http.get(AUDIO, headers={"Range": asked}) as answer:
            assert (answer.status, answer.headers["Content-Range"]) == (206, f"bytes {begin}-{end - 1}/{len(whole)}")
            assert await answer.read() == whole[begin:end]
    async with piotr.http.get(AUDIO, headers={"Range": f"bytes={len(whole)}-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
    async with piotr.http.get(AUDIO, headers={"Range": "chapters=1-2"}) as answer:
        assert answer.status == 200
    assert len(cupboard.heard) == 1


async def test_another_session_has_to_say_why_for_itself(piotr: Page, house: House) -> None:
    await piotr.ask("POST", f"/recordings/{NAME}/listenings", json=REASON)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(house.url, cookie_jar=jar) as other:
        await page_of(other, house, "piotr")
        async with other.get(AUDIO) as answer:
            assert answer.status == 409


async def test_what_was_changed_on_the_disk_is_not_played(piotr: Page, cupboard: Cupboard) -> None:
    where = f"/recordings/{NAME}/listenings"
    await piotr.ask("POST", where, json=REASON)
    (file,) = cupboard.vault.folder.rglob("*.sealed")
    raw = bytearray(file.read_bytes())
    raw[200_000] ^= 1
    file.write_bytes(raw)
    with pytest.raises(aiohttp.ClientError):
        async with piotr.http.get(AUDIO) as answer:
            await answer.read()
    file.write_bytes(raw[:-1])
    status, problem = await piotr.ask("POST", where, json=REASON)
    assert (status, problem["reason"]) == (503, "recording_broken")
    assert (await piotr.ask("POST", "/recordings/nobodys/listenings", json=REASON))[0] == 404
    assert len(cupboard.heard) == 1


# -- the command ------------------------------------------------------------------------------------------------------


async def test_the_command_lists_shows_verifies_and_rotates(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await Store.open(database_url)
    await fill(store)
    await store.close()
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    vault = Vault(tmp_path / "vault", lambda: own_ring(tmp_path / "vault-keys"))
    put(vault, NAME, tone(2), silence(2))

    async def told(*words: str, status: int = 0) -> str:
        assert await asyncio.to_thread(main, ["recordings", *words]) == status
        return capsys.readouterr().out

    assert NAME in await told("list")
    assert json.loads(await told("list", "--json", "--interaction", FIRST))[0]["kind"] == "talk"
    assert await told("list", "--interaction", "another") == "there are none\n"
    assert json.loads(await told("show", NAME, "--json"))["master_key"] == "k1"
    assert await told("verify") == "nothing is wrong with 1 recordings\n"
    rotated = await told("rotate")
    assert "1 recordings are under the key k2 now" in rotated
    assert "no recording here needs k1 any more" in rotated
    put(vault, "stranger-talk", tone(1))
    (file,) = vault.folder.rglob(f"{NAME}.sealed")
    file.write_bytes(file.read_bytes()[:-1])
    faults = json.loads(await told("verify", "--json", status=1))["faults"]
    assert faults["stranger-talk"] == "the database does not know it"
    assert "chunk" in faults[NAME]
    vault.remove(NAME)
    assert "it is gone from the vault" in await told("verify", status=1)
