"""The audit over real PostgreSQL: added in one order, not to be changed, and what is changed all the same is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from telephony.audit import AuditTrail
from telephony.cli import main
from telephony.core.audit import Act, Entry, Head, Verifier, pseudonym
from telephony.core.card_fields import CardField, Look
from telephony.core.ids import InteractionId
from telephony.store.errors import StoreError
from telephony.store.memory import Memory
from telephony.store.store import Store

KEY = b"a key of the tests"
CALL = InteractionId("i-1")


def entry(at: int, actor: str = "anna") -> Entry:
    return Entry(f"e-{at}", 1_790_000_000.1 + at, actor, str(Act.CARD_SHOWN), f"p-{at % 2}", ("address", "imię"), CALL)


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


async def fault(store: Store, *noted: Head) -> str:
    verifier = Verifier(noted)
    async for part in store.audit.lines():
        verifier.read(part)
    return verifier.end()


async def test_lines_are_one_chain_and_each_is_written_once(store: Store) -> None:
    await store.audit.add([entry(1), entry(2)])
    await store.audit.add([entry(2), entry(3)])  # the answer to the first try was lost on the way
    assert [line.entry.id async for part in store.audit.lines() for line in part] == ["e-1", "e-2", "e-3"]
    head = await store.audit.head()
    assert head.sequence == 3
    assert await fault(store, head) == ""


async def test_lines_are_found_by_person_by_actor_and_by_time(store: Store) -> None:
    await store.audit.add([entry(1), entry(2, "piotr"), entry(3)])
    audit = store.audit
    assert [line.entry.id for line in await audit.of()] == ["e-3", "e-2", "e-1"]
    assert [line.entry.id for line in await audit.of(subject="p-1")] == ["e-3", "e-1"]
    assert [line.entry.id for line in await audit.of(actor="piotr")] == ["e-2"]
    assert [line.entry.id for line in await audit.of(since=1_790_000_003.0)] == ["e-3"]
    assert [line.entry.id for line in await audit.of(most=1)] == ["e-3"]
    assert await audit.of(subject="p-1", actor="piotr") == ()


async def test_many_servers_add_to_one_chain(database_url: str) -> None:
    stores = [await Store.open(database_url) for _ in range(3)]
    try:
        work = (stores[at % 3].audit.add([entry(10 * at), entry(10 * at + 1)]) for at in range(30))
        await asyncio.gather(*work)
        assert (await stores[0].audit.head()).sequence == 60
        assert await fault(stores[0]) == ""
    finally:
        for each in stores:
            await each.close()


@pytest.mark.parametrize("attempt", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"])
async def test_lines_are_neither_changed_nor_removed(database_url: str, attempt: str) -> None:
    store, connection = await Store.open(database_url), await asyncpg.connect(database_url)
    try:
        await store.audit.add([entry(1), entry(2)])
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="neither changed nor removed"):
            await connection.execute(attempt)
        assert await fault(store, await store.audit.head()) == ""
    finally:
        await connection.close()
        await store.close()


@pytest.mark.parametrize(
    ("attempt", "found"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE sequence = 2", "line 2 was changed"),
        ("UPDATE audit SET at = at + 0.001 WHERE sequence = 1", "line 1 was changed"),
        ("UPDATE audit SET fields = '{address}' WHERE sequence = 3", "line 3 was changed"),
        ("DELETE FROM audit WHERE sequence = 1", "line 1 is missing"),
        ("DELETE FROM audit WHERE sequence = 3", "lines 3 to 3 are gone"),
        ("DELETE FROM audit", "lines 1 to 3 are gone"),
        ("UPDATE audit SET sequence = 5 - sequence WHERE sequence IN (2, 3)", "line 2 was changed, moved"),
    ],
)
async def test_what_the_owner_of_the_table_does_to_it_is_found(database_url: str, attempt: str, found: str) -> None:
    store, owner = await Store.open(database_url), await asyncpg.connect(database_url)
    try:
        await store.audit.add([entry(1), entry(2), entry(3)])
        noted = await store.audit.head()
        await owner.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        if "5 - sequence" in attempt:
            await owner.execute("ALTER TABLE audit DROP CONSTRAINT audit_pkey")
        await owner.execute(attempt)
        assert (await fault(store, noted)).startswith(found)
    finally:
        await owner.close()
        await store.close()


# -- the server's -----------------------------------------------------------------------------------------------------


class Away(Memory):
    """A database that may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    def lock_audit(self) -> list[dict[str, object]]:
        if self.away:
            raise StoreError("the database is away")
        return []


def look(customer: str, call: InteractionId | None = CALL) -> Look:
    return Look("anna", customer, frozenset({CardField.NAME, CardField.ADDRESS}), call)


class House:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memory = Away()
        self.store = Store(self.memory)
        self.pauses = 0
        self.start()

    def start(self) -> None:
        self.trail = AuditTrail(KEY, self.folder / "spool", self.store, lambda: 5.0, self.pause)
        self.running = asyncio.create_task(self.trail.run())

    async def pause(self, _seconds: float) -> None:
        self.pauses += 1
        await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    async def refused(self, times: int = 1) -> None:
        """Until the database was asked in vain so often."""
        async with asyncio.timeout(5):
            while self.pauses < times:  # noqa: ASYNC110 - a double that counts tells nobody
                await asyncio.sleep(0.01)

    async def written(self, count: int) -> list[Entry]:
        async with asyncio.timeout(5):
            while len(self.memory.audit) < count:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        return [line.entry async for part in self.store.audit.lines() for line in part]


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.stop()


async def test_a_look_is_a_line_with_groups_of_fields_and_no_value(house: House) -> None:
    house.trail.seen(look("1004217"))
    (line,) = await house.written(1)
    expected = (5.0, "anna", "card_shown", pseudonym("1004217", KEY), ("address", "name"), "i-1")
    assert (line.at, line.actor, line.act, line.subject, line.fields, line.why) == expected
    assert "1004217" not in json.dumps(list(house.memory.audit.values()))


async def test_the_same_look_during_a_call_is_one_line_and_each_search_is_another(house: House) -> None:
    for _ in range(3):
        house.trail.seen(look("1004217"))
        house.trail.seen(look("1004217", None))
    assert sorted(each.act for each in await house.written(4)) == ["card_shown", *["search_shown"] * 3]


async def test_what_is_seen_while_the_database_is_away_is_written_in_order_when_it_is_back(house: House) -> None:
    house.memory.away = True
    for at in range(5):
        house.trail.seen(look(f"C-{at}"))
        await house.refused(at + 1)
    assert house.trail.waiting == 5
    assert (house.folder / "spool").exists()
    house.memory.away = False
    assert [each.subject for each in await house.written(5)] == [pseudonym(f"C-{at}", KEY) for at in range(5)]
    await house.trail.drain(5)
    assert not (house.folder / "spool").exists()


async def test_a_server_that_is_killed_meanwhile_leaves_it_to_the_next_one(house: House) -> None:
    house.memory.away = True
    house.trail.seen(look("C-1"))
    await house.refused()
    await house.stop()
    house.memory.away = False
    house.start()
    house.trail.seen(look("C-2"))
    assert [each.subject for each in await house.written(2)] == [pseudonym(f"C-{at}", KEY) for at in (1, 2)]
    await house.trail.drain(5)
    assert not (house.folder / "spool").exists()


async def test_a_stop_leaves_what_is_not_written_in_the_file(house: House) -> None:
    house.memory.away = True
    house.trail.seen(look("C-1"))
    await house.trail.drain(0.05)
    await house.stop()
    house.memory.away = False
    house.start()
    assert [each.subject for each in await house.written(1)] == [pseudonym("C-1", KEY)]


async def test_a_full_disk_costs_nothing_while_the_server_lives(house: House) -> None:
    (house.folder / "spool").mkdir()  # nothing can be written there
    house.memory.away = True
    house.trail.seen(look("C-1"))
    await house.refused()
    (house.folder / "spool").rmdir()
    house.memory.away = False
    assert len(await house.written(1)) == 1


# -- the command ------------------------------------------------------------------------------------------------------


def run(monkeypatch: pytest.MonkeyPatch, url: str, folder: Path, *words: str) -> int:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", url)
    monkeypatch.setenv("HOTLINE_DATA", str(folder))
    monkeypatch.setenv("HOTLINE_AUDIT_KEY", "k" * 32)
    return main(["audit", *words])


async def test_the_command_reads_and_verifies(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await Store.open(database_url)
    subject = pseudonym("1004217", b"k" * 32)
    await store.audit.add([Entry("e-1", 1_790_000_000.0, "anna", str(Act.CARD_SHOWN), subject, ("name",), CALL)])
    head = await store.audit.head()

    def say(*words: str) -> tuple[int, str]:
        status = run(monkeypatch, database_url, tmp_path, *words)
        return status, capsys.readouterr().out

    assert await asyncio.to_thread(say, "verify") == (0, f"nothing is wrong with 1 lines\nhead {head}\n")
    assert (await asyncio.to_thread(say, "verify", "--head", str(head)))[0] == 0
    told = (await asyncio.to_thread(say, "show", "--customer", "1004217"))[1]
    assert told == f"       1  2026-09-21 16:13:20  anna  card_shown  {subject}  name (i-1)\n"
    assert (await asyncio.to_thread(say, "show", "--customer", "1"))[1] == "nothing stands there\n"
    assert (await asyncio.to_thread(say, "show", "--since", "2026-09-22"))[1] == "nothing stands there\n"
    (line,) = json.loads((await asyncio.to_thread(say, "show", "--actor", "anna", "--json"))[1])
    assert (line["subject"], line["fields"], line["why"]) == (subject, ["name"], "i-1")
    owner = await asyncpg.connect(database_url)
    await owner.execute("ALTER TABLE audit DISABLE TRIGGER USER")
    await owner.execute("DELETE FROM audit")
    await owner.close()
    gone = "lines 1 to 1 are gone: the chain is shorter than was noted\n"
    assert await asyncio.to_thread(say, "verify", "--head", str(head)) == (1, gone)
    status, told = await asyncio.to_thread(say, "verify", "--head", str(head), "--json")
    assert (status, json.loads(told)["fault"]) == (1, gone.strip())
    await store.close()
