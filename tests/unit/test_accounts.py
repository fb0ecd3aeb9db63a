from __future__ import annotations

import getpass
import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from telephony import accounts, cli
from telephony.accounts import AccountError, Person, account_of, changed
from telephony.console.passwords import Passwords
from telephony.core.account import Role
from telephony.settings import Settings, load

PASSWORD = "a long and easy one"
ANNA = Person("anna", "Anna Wiśniewska")


@pytest.fixture
def settings() -> Settings:
    return load([Path(__file__).parents[2] / "config/hotline.toml"])


async def test_the_password_opens_and_is_not_kept(settings: Settings) -> None:
    account = account_of(ANNA, PASSWORD, settings)
    assert await Passwords().verify(account.password_hash, PASSWORD)
    assert PASSWORD not in repr(account)
    assert PASSWORD not in account.password_hash


def test_a_password_that_no_page_would_take_is_refused(settings: Settings) -> None:
    for password in ("short", "x" * 1025):
        with pytest.raises(AccountError, match="a password has"):
            account_of(ANNA, password, settings)


def test_a_person_serves_every_queue_unless_told_otherwise(settings: Settings) -> None:
    whole = account_of(ANNA, PASSWORD, settings)
    assert (whole.endpoint, dict(whole.skills)) == ("anna", {"sales": 1, "support": 1, "billing": 1})
    some = account_of(Person("anna", "Anna", "desk-7", ("billing",)), PASSWORD, settings)
    assert (some.endpoint, dict(some.skills)) == ("desk-7", {"billing": 1})
    able = account_of(Person("anna", "Anna", skills=("billing", "support=3", "english=2")), PASSWORD, settings)
    assert able.skills == {"billing": 1, "support": 3, "english": 2}


@pytest.mark.parametrize(
    ("skills", "password", "words"),
    [
        (("fax",), PASSWORD, "no queue `fax` in the settings; there are billing, sales, support"),
        (("english=0",), PASSWORD, "`english=0` is no skill; expected NAME=LEVEL, a level from 1 to 10"),
        (("english=",), PASSWORD, "is no skill"),
        (("Zażółć=1",), PASSWORD, "is no skill"),
        ((), "short", "10"),
    ],
)
def test_what_is_refused(settings: Settings, skills: tuple[str, ...], password: str, words: str) -> None:
    with pytest.raises(AccountError, match=words):
        account_of(Person("anna", "Anna", skills=skills), password, settings)


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (Person("Anna"), "`Anna` is no login"),
        (Person("../etc"), "is no login"),
        (Person("a" * 65), "is no login"),
        (Person("anna", " "), "a name has"),
        (Person("anna", "An\x1bna"), "a name has"),
        (Person("anna", "x" * 101), "a name has"),
        (Person("anna", departments=("fax",)), "no queue `fax` in the settings"),
    ],
)
def test_what_no_person_is_called_is_refused(settings: Settings, person: Person, words: str) -> None:
    with pytest.raises(AccountError, match=re.escape(words)):
        account_of(person, PASSWORD, settings)


def test_what_is_not_said_stays_as_it_was(settings: Settings) -> None:
    whole = account_of(
        Person("anna", "Anna", "desk-7", ("billing=3",), ("billing",), Role.SUPERVISOR), PASSWORD, settings
    )
    assert changed(whole, Person("anna"), settings) == whole
    assert changed(whole, Person("anna", role=Role.AGENT), settings) == replace(whole, role=Role.AGENT)
    assert changed(whole, Person("anna", phone=False), settings).endpoint == ""
    assert changed(whole, Person("anna", "  Anna   Żak "), settings).display_name == "Anna Żak"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [PASSWORD, PASSWORD, PASSWORD, "another"]
    monkeypatch.setattr(sys, "stdin", _Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _: said.pop(0))
    assert accounts.read_password() == PASSWORD
    with pytest.raises(AccountError, match="differ"):
        accounts.read_password()


def test_without_a_database_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert cli.main(["user", "add", "anna", "--name", "Anna"]) == 1
    assert "HOTLINE_DATABASE_URL" in capsys.readouterr().err
