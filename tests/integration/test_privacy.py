"""A person's data over a real PostgreSQL and real files: exported, held, erased with a receipt, and not found again."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from telephony.cli import main
from telephony.core.audit import Verifier
from telephony.core.customer import Customer, CustomerAccount
from telephony.core.ids import InteractionId, QueueName
from telephony.core.note import Note
from telephony.core.outbox import Message
from telephony.core.personal_data.person import told
from telephony.core.privacy import Answer, RequestKind
from telephony.core.promises import CallBackRequest, Complaint, SurveyAnswer
from telephony.core.ticket import OpenTicket
from telephony.core.views import Lane
from telephony.crm.seed import customers, files
from telephony.office_settings import Privacy
from telephony.privacy.desk import NothingThereError, PrivacyDesk
from telephony.privacy.erasing import DAY_S, HeldError, NotErasedError
from telephony.privacy.exporting import summary
from telephony.privacy.house import House
from telephony.privacy.receipts import FalseReceiptError
from telephony.settings import AsteriskNode, Settings
from telephony.store.catalogue_sql import Moment
from telephony.store.memory import Memory
from telephony.store.privacy import PrivacyStore
from telephony.store.store import Store
from tests.integration.test_store import ENDED

NOW = 1_800_000_000.0
PERSON, OTHER = customers(2)
PHONE = PERSON.phones[0]
CALL = "0000000b-0000-4000-8000-000000000001"
OTHERS = "0000000b-0000-4000-8000-000000000002"
NINE = PHONE.removeprefix("+48")
SPACED = f"{NINE[:2]} {NINE[2:5]} {NINE[5:7]} {NINE[7:]}"


def owing(customer: Customer) -> CustomerAccount:
    return CustomerAccount(customer.number)


def settings_for(folder: Path, by_law_days: int) -> Settings:
    node = AsteriskNode(name="n1", secret=SecretStr("x"), log_folder=folder / "log")
    return Settings(data=folder, asterisk=(node,), privacy=Privacy(calls_by_law_days=by_law_days))


async def house_of(database_url: str, folder: Path, by_law_days: int = 0) -> House:
    house = House.of(settings_for(folder, by_law_days), await Store.open(database_url), lambda: NOW)
    assert house
    return house


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """The law keeps no call records in it."""
    known = await house_of(database_url, tmp_path)
    await fill(known)
    yield known
    await known.store.close()


async def fill(house: House) -> None:
    """Two customers; everything there is of the first, and a little of the second."""
    store = house.store
    await store.customers.add([PERSON, OTHER])
    await store.customers.add_files(files([PERSON, OTHER], map(owing, (PERSON, OTHER))))
    for call, caller in ((CALL, PHONE), (OTHERS, OTHER.phones[0])):
        await store.record_call(replace(ENDED, interaction=InteractionId(call), caller=caller, ended_at=NOW - DAY_S))
        await store.open_ticket(OpenTicket(InteractionId(call), QueueName("support"), "Sprawa", f"z {caller}"), NOW)
        await store.notes.keep(call, "anna", Note("dioda", 1, NOW))
    await store.notes.keep(OTHERS, "ewa", Note(f"sąsiad {PERSON.name}, tel. {SPACED}, prosi o kontakt", 1, NOW))
    await store.record_survey_answers([SurveyAnswer(InteractionId(CALL), "nps", 9, NOW)])
    wanted = CallBackRequest(
        InteractionId(CALL), QueueName("support"), Lane.STANDARD, PHONE, "+48220000100", NOW, NOW, InteractionId("b-1")
    )
    await store.request_callback(wanted)
    await store.outbox.keep_messages([Message("m-1", "crm", json.dumps({"from": PHONE}), NOW)])
    await store.outbox.keep_messages([Message("m-2", "crm", json.dumps({"from": OTHER.phones[0]}), NOW)])
    folder = house.settings.recording_folder
    folder.mkdir()
    for call in (CALL, OTHERS):
        (folder / f"{call}-caller.sln16").write_bytes(b"\0" * 64)
    log = house.settings.data / "log"
    (log / "cel-custom").mkdir(parents=True)
    (log / "cel-custom/hotline.csv").write_text(
        f'"1.0","CHAN_START","{PHONE}"\n"1.0","CHAN_START","{OTHER.phones[0]}"\n'
    )
    os.utime(log / "cel-custom/hotline.csv", (NOW - DAY_S,) * 2)


async def everything(database_url: str) -> str:
    """The text of all rows of all tables."""
    connection = await asyncpg.connect(database_url)
    names = await connection.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    parts = [str(await connection.fetch(f'SELECT row_to_json(t)::text FROM "{name[0]}" AS t')) for name in names]  # noqa: S608
    await connection.close()
    return "\n".join(parts)


async def test_an_export_has_everything_and_nothing_of_anybody_else(house: House, tmp_path: Path) -> None:
    desk = PrivacyDesk(house)
    document = await desk.export(PHONE, "ewa", "r-1")
    places = document["places"]
    assert document["person"] == {"customers": [PERSON.number], "phones": sorted(PERSON.phones)}
    assert set(places) >= {"customer", "interaction", "ticket", "note", "survey_answer", "callback_request", "contract"}
    assert [row["text"] for row in places["note"]["rows"]] == ["dioda"]
    assert "agent" not in places["note"]["rows"][0], "who works here is not the person's data"
    assert [each["file"] for each in document["recordings"]] == [f"{CALL}-caller.sln16"]
    assert OTHER.phones[0] not in json.dumps(document)
    assert PERSON.number in summary(document)
    folder, _ = await desk.export_to(PERSON.number, "ewa", "r-1", None)
    assert sorted(each.name for each in folder.iterdir()) == ["data.json", "podsumowanie.md", "recordings"]
    assert (folder / "data.json").stat().st_mode & 0o777 == 0o600
    assert {line.entry.act for line in await desk.audited(PHONE, "", "ewa")} == {"exported"}


async def test_after_erasing_nothing_is_found_and_the_others_stay(house: House, database_url: str) -> None:
    desk = PrivacyDesk(house)
    await desk.export_to(PHONE, "ewa", "r-1", None)
    preview = await desk.preview(PHONE)
    assert preview.erased["recordings"] == 1
    assert preview.kept[0].place == "Asterisk's hotline.csv", "before it is masked"
    signed = await desk.erase(PHONE, "ewa")
    receipt = house.signer.checked(signed).receipt
    assert receipt["kept"] == []
    assert receipt["erased"]["recordings"] == receipt["erased"]["lines of Asterisk's logs"] == 1
    assert receipt["erased"]["interaction"] == 1
    left = await everything(database_url)
    for trace in (*PERSON.phones, PERSON.number, PERSON.name, NINE, SPACED):
        assert trace not in left
        assert trace not in signed
    assert "sąsiad (usunięto), tel. (usunięto), prosi o kontakt" in left, "the other's note stays, without the numbers"
    assert OTHER.phones[0] in left
    names = [each.name for each in house.settings.recording_folder.iterdir()]
    assert names == [f"{OTHERS}-caller.sln16"]
    log = (house.settings.data / "log/cel-custom/hotline.csv").read_text()
    assert log == f'"1.0","CHAN_START","+{"x" * 11}"\n"1.0","CHAN_START","{OTHER.phones[0]}"\n'
    assert list((house.settings.data / "exports").iterdir()) == []
    verifier = Verifier()
    async for part in house.store.audit.lines():
        verifier.read(part)
    assert not verifier.end()
    assert {line.entry.act for line in await desk.audited(PERSON.number, "", "ewa")} == {"exported", "erased"}


async def test_a_hold_and_the_law_win_and_say_so(database_url: str, tmp_path: Path) -> None:
    house = await house_of(database_url, tmp_path, by_law_days=365)
    await fill(house)
    desk = PrivacyDesk(house)
    hold = await desk.hold(PERSON.number, "ewa", "a court asks", NOW + 5 * DAY_S)
    with pytest.raises(HeldError, match="a court asks"):
        await desk.erase(PHONE, "ewa")
    with pytest.raises(NothingThereError):
        await desk.release("nobody", "ewa")
    assert await desk.release(hold.id, "ewa") == (hold,)
    await house.store.file_complaint(Complaint(InteractionId(CALL), "billing", PERSON.number, {"name": "x"}, NOW))
    kept = {each["place"]: each["why"] for each in house.signer.checked(await desk.erase(PHONE, "ewa")).receipt["kept"]}
    assert set(kept) >= {"complaint", "ticket", "customer", "customer_phone", "interaction", "recordings"}
    assert "complaint is open" in kept["complaint"]
    assert "survey_answer" not in kept
    assert "note" not in kept
    assert await house.store.customers.by_number(PERSON.number)
    await house.store.complaints.over(CALL, NOW)
    receipt = house.signer.checked(await desk.erase(PHONE, "ewa")).receipt
    assert {each["place"] for each in receipt["kept"]} == {"interaction", "Asterisk's hotline.csv"}
    later = replace(house, clock=lambda: NOW + 400 * DAY_S)
    assert await later.eraser.forget_kept() == 1, "the law no longer wants it"
    assert PHONE not in await everything(database_url)
    await house.store.close()


async def test_what_was_killed_in_the_middle_is_carried_on(
    house: House, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for part in ("erase", "search"):
        with monkeypatch.context() as patched:
            patched.setattr(type(house.data), part, killed)
            with pytest.raises(KeyboardInterrupt):
                await PrivacyDesk(house).erase(PHONE, "ewa")
        assert len(await house.store.privacy.open_erasures()) == 1
    (begun,) = await house.store.privacy.open_erasures()
    receipt = house.signer.checked(await house.eraser.carry_on(begun)).receipt
    assert receipt["erased"]["recordings"] == 1, "removed before it was killed"
    assert receipt["erased"]["interaction"] == 1
    assert PHONE not in await everything(database_url)
    assert await house.store.privacy.open_erasures() == ()


async def test_a_restored_back_up_is_erased_again(house: House, database_url: str) -> None:
    await PrivacyDesk(house).erase(PERSON.number, "ewa")
    assert await house.eraser.erase_restored() == 0
    connection = await asyncpg.connect(database_url)  # the back-up is older than the erasure, and has the person
    await connection.execute("DELETE FROM privacy_erasure")
    await connection.close()
    await house.store.customers.add([PERSON])
    await house.store.customers.add_files(files([PERSON], [owing(PERSON)]))
    assert await house.eraser.erase_restored() == 1
    (begun,) = await house.store.privacy.open_erasures()
    await house.eraser.carry_on(begun)
    assert await house.store.customers.by_number(PERSON.number) is None
    assert await house.store.customers.by_number(OTHER.number)
    assert await house.eraser.erase_restored() == 0


async def test_a_spool_that_has_the_person_is_waited_for(house: House) -> None:
    spool = house.settings.data / "facts.spool"
    spool.write_text(json.dumps({"caller": PHONE}) + "\n")
    with pytest.raises(NotErasedError, match=r"facts\.spool"):
        await PrivacyDesk(house).erase(PHONE, "ewa")
    spool.unlink()
    assert house.signer.checked(await PrivacyDesk(house).erase(PHONE, "ewa")).receipt


async def test_a_changed_receipt_is_found(house: House, tmp_path: Path) -> None:
    signed = await PrivacyDesk(house).erase(PHONE, "ewa")
    for false in (signed.replace("ewa", "jan"), "{}", "no JSON", json.dumps({**json.loads(signed), "key": "AAAA"})):
        with pytest.raises(FalseReceiptError):
            house.signer.checked(false)


async def test_a_search_knows_where_it_has_looked(house: House) -> None:
    person = await house.data.find(told([PHONE]))
    before = await house.data.search(person, Moment(NOW, 0.0))
    assert {"customer", "note", "outbox", "ticket"} <= set(before.left)
    assert set(before.left) <= set(before.searched)


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def privacy(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[PrivacyStore]:
    store = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield store.privacy
    await store.close()


async def test_requests_holds_and_erasures_are_kept_alike(privacy: PrivacyStore, house: House) -> None:
    made = await PrivacyDesk(house).enter(RequestKind.ACCESS, PHONE, "pismo", date(2026, 1, 31), "ewa")
    assert made.due_on == date(2026, 3, 2), "28 February is a Saturday"
    if await privacy.requests() == ():  # the desk's own database is PostgreSQL's
        await privacy.enter(made)
    assert await privacy.requests() == (made,)
    assert await privacy.extend(made.id, date(2026, 4, 30), "wiele nagrań")
    assert not await privacy.extend(made.id, date(2026, 5, 30), "again")
    assert await privacy.answer(made.id, Answer.DONE, date(2026, 2, 3), "ewa")
    assert not await privacy.answer(made.id, Answer.REFUSED, date(2026, 2, 4), "jan")
    (known,) = await privacy.requests()
    assert (known.due_on, known.answer, known.answered_by) == (date(2026, 4, 30), Answer.DONE, "ewa")
    hold = await PrivacyDesk(house).hold(PHONE, "ewa", "court", None)
    if await privacy.holds() == ():
        await privacy.hold(hold)
    assert await privacy.holds() == (hold,)
    assert await privacy.release(hold.id, NOW, "jan")
    assert not await privacy.release(hold.id, NOW, "jan")
    assert (await privacy.holds())[0].numbers == ()
    person = told([PHONE])
    await privacy.begin("e-1", ["p"], "ewa", NOW, person)
    await privacy.count("e-1", {"note": 2})
    (begun,) = await privacy.open_erasures()
    assert (begun.wanted, begun.counts) == (person, {"note": 2})
    await privacy.end("e-1", NOW, "signed", ["c-1"])
    assert await privacy.open_erasures() == ()
    assert [each.wanted for each in await privacy.with_kept_calls()] == [None]
    await privacy.keep_calls("e-1", [])
    assert await privacy.with_kept_calls() == ()
    assert [each.receipt for each in await privacy.erasures()] == ["signed"]


def test_the_commands_say_first_what_they_would_do(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    async def filled() -> None:
        house = await house_of(database_url, tmp_path)
        await fill(house)
        await house.store.close()

    asyncio.run(filled())
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    monkeypatch.setenv("HOTLINE_PRIVACY__CALLS_BY_LAW_DAYS", "0")

    def hotline(*arguments: str, status: int = 0) -> str:
        assert main(["privacy", *arguments]) == status
        return capsys.readouterr().out

    assert "interaction" in hotline("erase", PHONE)
    assert "nothing is old enough" in hotline("retention", "run", "--dry-run")
    assert json.loads(hotline("export", PHONE, "--json"))["format"] == "hotline-person-1"
    assert "released" in hotline("release", hotline("hold", PHONE, "--reason", "court").split()[1].rstrip(":"))
    assert "over" in hotline("holds")
    receipt = tmp_path / "receipt.json"
    receipt.write_text(hotline("erase", PHONE, "--yes"))
    assert hotline("verify", str(receipt)).startswith("genuine")
    receipt.write_text(receipt.read_text().replace("interaction", "interactions"))
    assert hotline("verify", str(receipt), status=1).startswith("false")
    assert "interaction (database)" in hotline("catalogue")
    assert main(["privacy", "erase", "a b c"]) == 1
    assert "customer number" in capsys.readouterr().err
