"""Persons in texts, the clock of requests, receipts and files of persons: without a database."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from ivr_flows.calendar import holidays_of
from telephony.accounts import AccountError, account_of
from telephony.accounts import Person as NewPerson
from telephony.core.account import Role
from telephony.core.personal_data.person import Person, UnknownPersonError, mentions, numbers_in_logs, told
from telephony.core.privacy import Hold, Kept, Receipt, held, months_after
from telephony.privacy.files import Folders, PersonFiles, remove
from telephony.privacy.receipts import FalseReceiptError, Signer
from telephony.settings import Settings

PHONE = "+48601234567"
CALL = "0000000c-0000-4000-8000-000000000001"
ME = Person(frozenset({"100045"}), frozenset({PHONE}), names=frozenset({"Łucja Żak-Nowak"}))


@pytest.mark.parametrize(
    "text",
    [
        "+48601234567", "48 601 234 567", "601-234-567", "(601) 234567", "tel.601234567.", "0048601234567",
        "klient 100045 prosi", "pani ŁUCJA  ŻAK-NOWAK dzwoniła", '{"from":"+48601234567"}',
    ],
)  # fmt: skip
def test_a_mention_is_found_however_it_is_written(text: str) -> None:
    assert re.search(mentions(ME), text, re.IGNORECASE)


@pytest.mark.parametrize(
    "text", ["1601234567", "6012345678", "601234568", "1000451", "FV100045A", "Łucja Żak", "1790601234.567", ""]
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert not re.search(mentions(ME), text, re.IGNORECASE)


def test_nobody_is_mentioned_nowhere() -> None:
    assert not re.search(mentions(Person()), "")
    assert not re.search(numbers_in_logs(Person(frozenset({"100045"}))), "100045")


def test_signs_of_a_number_mean_themselves() -> None:
    odd = told(["A.1/2-^"[:6], "+4930123456"])
    assert re.search(mentions(odd), "nr A.1/2-")
    assert not re.search(mentions(odd), "nr Ax1/2-")
    assert re.search(mentions(odd), "0049 30 123456")
    assert re.search(mentions(Person(names=frozenset({"Anna ^Nowak]"}))), "anna ^nowak]", re.IGNORECASE)
    for wrong in ("", "a b", "+48", "x" * 41):
        with pytest.raises(UnknownPersonError):
            told([wrong])


def test_a_person_without_anything_is_empty() -> None:
    assert told([PHONE]).empty
    assert not ME.empty
    assert told(["7", PHONE]).numbers == (PHONE, "7")


@pytest.mark.parametrize(
    ("received", "months", "due"),
    [
        (date(2026, 3, 17), 1, date(2026, 4, 17)),
        (date(2026, 1, 31), 1, date(2026, 3, 2)),  # 28 February is a Saturday
        (date(2028, 1, 31), 1, date(2028, 2, 29)),  # a leap year
        (date(2026, 11, 25), 1, date(2026, 12, 28)),  # Christmas and a weekend
        (date(2026, 12, 6), 1, date(2027, 1, 7)),  # Epiphany, in the next year
        (date(2026, 10, 1), 3, date(2027, 1, 4)),
    ],
)
def test_a_month_ends_on_a_working_day(received: date, months: int, due: date) -> None:
    assert months_after(received, months, lambda day: day in holidays_of(day.year)) == due


def test_a_hold_lasts_until_its_end_or_its_release() -> None:
    hold = Hold("h", "p", (PHONE,), "court", 1.0, "ewa", until=9.0)
    released = Hold("h", "p", (), "court", 1.0, "ewa", released_at=5.0)
    assert held([hold, released], 8.0) == (hold,)
    assert held([hold, released], 9.0) == ()


def test_a_receipt_is_of_this_house_or_none() -> None:
    signer = Signer(b"a key")
    receipt = Receipt("e", ("p",), "ewa", 1.0, 2.0, {"note": 1}, (Kept("interaction", 2, "law"),), ("note",), ("crm",))
    signed = signer.signed(receipt)
    assert signer.checked(signed).receipt["kept"] == [{"place": "interaction", "count": 2, "why": "law"}]
    for false in (signed.replace("ewa", "jan"), "[]", "{", json.dumps({"receipt": "{}", "key": 1, "signature": ""})):
        with pytest.raises(FalseReceiptError):
            signer.checked(false)
    with pytest.raises(FalseReceiptError, match="another key"):
        Signer(b"another").checked(signed)


@pytest.fixture
def files(tmp_path: Path) -> PersonFiles:
    for folder in ("recordings", "log/cel-custom"):
        (tmp_path / folder).mkdir(parents=True)
    folders = (tmp_path / "recordings", tmp_path / "vault", (tmp_path / "log",), tmp_path / "messages")
    return PersonFiles(Folders(tmp_path, *folders))


def test_recordings_are_found_by_their_call(files: PersonFiles, tmp_path: Path) -> None:
    for name in (f"{CALL}-1.wav", f"{CALL[:-1]}2-caller.sln16"):
        (tmp_path / "recordings" / name).touch()
        os.utime(tmp_path / "recordings" / name, (5.0, 5.0))
    assert [each.name for each in files.recordings([CALL])] == [f"{CALL}-1.wav"]
    assert [each.name for each in files.old_recordings(6.0, frozenset({CALL}))] == [f"{CALL[:-1]}2-caller.sln16"]
    assert files.old_recordings(5.0, frozenset()) == []
    sealed = tmp_path / f"vault/0a/{CALL}-talk.sealed"
    sealed.parent.mkdir(parents=True)
    for path in (sealed, sealed.with_suffix(".key")):
        path.touch()
    assert files.recordings([CALL])[1:] == [sealed]
    assert files.remove_recordings([CALL]) == 2
    assert files.remove_recordings([CALL]) == 0
    assert list(sealed.parent.iterdir()) == []


def test_logs_are_masked_where_they_stand(files: PersonFiles, tmp_path: Path) -> None:
    log = tmp_path / "log/queue_log"
    before = f"1|a|{PHONE}|x\n2|b|601234567|y\n3|c|+48601234568|z\n".encode()
    for path, at in ((log, 9.0), (log.with_name("queue_log.1"), 3.0), (log.with_name("queue_log.bak"), 3.0)):
        path.write_bytes(before)
        os.utime(path, (at, at))
    assert files.mentioned_in_logs(ME) == {"queue_log": 2, "queue_log.1": 2}
    assert [each.name for each in files.old_logs(5.0)] == ["queue_log.1"]
    assert files.mask_logs(ME, before=5.0) == 2, "in the old one alone"
    masked = log.with_name("queue_log.1").read_bytes()
    assert len(masked) == len(before)
    assert masked == b"1|a|+xxxxxxxxxxx|x\n2|b|xxxxxxxxx|y\n3|c|+48601234568|z\n"
    assert remove(files.old_logs(1e12)) == 1
    assert log.read_bytes() == before, "one that is written is not removed"


def test_messages_are_found_by_what_they_say(files: PersonFiles, tmp_path: Path) -> None:
    assert files.old_messages(1e12) == []
    folder = tmp_path / "messages"
    folder.mkdir()
    mail = EmailMessage()
    mail["To"] = "kto@example.com"
    mail.set_content("Szanowna Pani Łucja Żak-Nowak, zgłoszenie przyjęte.", cte="base64")
    (folder / "1.eml").write_bytes(mail.as_bytes())
    (folder / "2.sms").write_text(f"{PHONE}\nZgłoszenie przyjęte.\n")
    (folder / "3.sms").write_text("+48601234568\nZgłoszenie przyjęte.\n")
    assert len(files.old_messages(1e12)) == 3
    assert files.remove_messages(ME) == 2
    assert [each.name for each in folder.iterdir()] == ["3.sms"]


def test_messages_that_were_cut_off_while_they_were_written_go_with_their_person(
    files: PersonFiles, tmp_path: Path
) -> None:
    folder = tmp_path / "messages"
    folder.mkdir()
    mail = EmailMessage()
    mail["To"] = "kto@example.com"
    mail.set_content("Szanowna Pani Łucja Żak-Nowak, zgłoszenie przyjęte.", cte="base64")
    (folder / ".1.eml.77").write_bytes(mail.as_bytes())
    (folder / ".2.sms.77").write_text(f"{PHONE}\nZgłosz")
    (folder / ".3.eml.77").write_text(f"Subject: {PHONE}\nContent-Type: text/plain; charset=ut")
    (folder / "4.txt").write_text(PHONE)
    assert len(files.old_messages(1e12)) == 3
    assert files.remove_messages(ME) == 3
    assert [each.name for each in folder.iterdir()] == ["4.txt"], "which is not ours"


def test_who_was_erased_is_listed_once(files: PersonFiles) -> None:
    for _ in range(2):
        files.note_erased("e-1", ["p", "q"])
    files.note_erased("e-2", ["r"])
    assert files.erased() == {"e-1": frozenset({"p", "q"}), "e-2": frozenset({"r"})}


def test_spools_and_exports_of_a_person(files: PersonFiles, tmp_path: Path) -> None:
    assert files.spooled(ME) == []
    (tmp_path / "facts.spool").write_text(json.dumps({"interaction": CALL}) + "\n")
    assert files.spooled(ME) == []
    assert files.spooled(Person(calls=frozenset({CALL}))) == ["facts.spool"]
    files.export_folder("p-20260101").mkdir(parents=True)
    files.export_folder("q-20260101").mkdir(parents=True)
    assert files.remove_exports(["p"]) == 1
    assert files.export_folder("q-20260101").is_dir()


def test_the_officer_takes_no_calls() -> None:
    officer = account_of(NewPerson("ola", role=Role.DPO), "a long password", Settings())
    assert (officer.endpoint, officer.skills, officer.departments) == ("", {}, ())
    with pytest.raises(AccountError, match="takes no calls"):
        account_of(NewPerson("ola", endpoint="ola", role=Role.DPO), "a long password", Settings())
