"""The roles of the database, tried by logging in as each: what `hotline database roles` prints, run by a superuser."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from telephony.cli import main
from telephony.core.audit import Act, Entry, Verifier
from telephony.core.ids import InteractionId, QueueName
from telephony.core.personal_data.model import Holds
from telephony.core.personal_data.tables import TABLES
from telephony.core.ticket import OpenTicket, TicketStatus
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.roles import statements
from telephony.store.store import Store
from tests.integration.test_store import CUSTOMER, ENDED

AUDIT_ATTEMPTS = (
    "UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit", "DROP TABLE audit",
    "ALTER TABLE audit DISABLE TRIGGER USER",
)  # fmt: skip
REPORTS_ATTEMPTS = (
    "SELECT caller FROM interaction", "SELECT * FROM interaction", "SELECT name FROM customer",
    "SELECT text FROM note", "SELECT body FROM ticket", "SELECT subject FROM audit", "SELECT * FROM report_reader",
    "SELECT password_hash FROM account", "DELETE FROM interaction", "UPDATE ticket SET status = 'closed'",
    "UPDATE report_reader SET departments = '{billing}'", "CREATE TABLE mine (one integer)",
)  # fmt: skip


async def filled(store: Store) -> None:
    await store.customers.add([CUSTOMER])
    for name, queue in (("i-s", "support"), ("i-b", "billing")):
        call = replace(ENDED, interaction=InteractionId(name), queue=QueueName(queue))
        await store.record_call(call)
        await store.open_ticket(OpenTicket(call.interaction, call.queue, "Sprawa", "z +48221234567"), 9.0)


async def test_each_role_can_do_what_it_needs_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    await (await Store.open(await server.start())).close()
    await server.stop()
    with (tmp_path / "postgres/data/pg_hba.conf").open("a") as file:
        file.write("host all postgres,anna,nobody 127.0.0.1/32 trust\n")
    url = await server.start()
    address = url.rsplit("@", 1)[1]
    store = await Store.open(url)
    role = await asyncpg.connect(url)
    try:
        await filled(store)
        monkeypatch.setenv("HOTLINE_DATABASE_URL", url)
        assert await asyncio.to_thread(main, ["database", "roles"]) == 0
        printed = capsys.readouterr().out
        assert printed.strip() == statements("hotline").strip()
        superuser = await asyncpg.connect(f"postgresql://postgres@{address}")
        for _ in range(2):
            await superuser.execute(printed)
        await superuser.execute("CREATE ROLE anna LOGIN IN ROLE hotline_reports")
        await superuser.execute("CREATE ROLE nobody LOGIN IN ROLE hotline_reports")
        await superuser.close()
        await role.execute("INSERT INTO report_reader VALUES ('anna', '{support}')")
        await the_server(store, role)
        await reports(await asyncpg.connect(f"postgresql://anna@{address}"), ["i-s"])
        await reports(await asyncpg.connect(f"postgresql://nobody@{address}"), [])
    finally:
        await store.close()
        await role.close()
        await server.stop()


async def the_server(store: Store, role: asyncpg.Connection) -> None:
    """It works as ever; of the audit it can take nothing away."""
    await store.audit.add([Entry(f"e-{at}", float(at), "anna", str(Act.CARD_SHOWN)) for at in (1, 2)])
    verifier = Verifier()
    async for part in store.audit.lines():
        verifier.read(part)
    assert (verifier.end(), verifier.head.sequence) == ("", 2)
    for attempt in AUDIT_ATTEMPTS:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(attempt)
    assert len(await store.recent_interactions()) == 2, "row security is not for the server"
    await store.set_ticket_status(InteractionId("i-s"), TicketStatus.PENDING)


async def reports(reader: asyncpg.Connection, expected: list[str]) -> None:
    """Rows of the reader's own departments, in every table; and no column that tells who it was."""
    try:
        seen = await reader.fetch("SELECT interaction, queue, outcome FROM interaction ORDER BY interaction")
        assert [row["interaction"] for row in seen] == expected
        for name in ("ticket", "ticket_interaction"):
            assert [row[0] for row in await reader.fetch(f"SELECT interaction FROM {name}")] == expected  # noqa: S608
        for table in (each for each in TABLES if each.department):
            readable = table.of(Holds.FACT, Holds.STAFF)
            await reader.fetch(f"SELECT {', '.join(readable)} FROM {table.name}")  # noqa: S608
        for attempt in REPORTS_ATTEMPTS:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.execute(attempt)
    finally:
        await reader.close()


def test_a_role_is_a_name() -> None:
    with pytest.raises(ValueError, match="no role"):
        statements("hotline; DROP TABLE audit")
