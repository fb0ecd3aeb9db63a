"""`hotline user …` on a real database."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from telephony import cli
from telephony.console.passwords import Passwords
from telephony.core.account import Account, Role, SessionRecord
from telephony.store.store import Store

T = TypeVar("T")
PASSWORD, ANOTHER = "a long and easy one", "another easy one"


class Shell:
    """The command line with its database."""

    def __init__(self, url: str, typed: Callable[[str], None], output: pytest.CaptureFixture[str]) -> None:
        self.url, self._typed, self._output = url, typed, output

    def user(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """Status, and what was said."""
        self._typed(typed)
        status = cli.main(["user", *arguments])
        said = self._output.readouterr()
        return status, (said.out + said.err).strip()

    def ask(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async def asked() -> T:
            store = await Store.open(self.url)
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(asked())

    def account(self, login: str = "anna") -> Account | None:
        return self.ask(lambda store: store.account_by_login(login))

    def logged_in(self, times: int) -> None:
        account = self.account()
        assert account
        for number in range(times):
            session = SessionRecord(f"f00d{number}", "anna", 1_780_000_000.0, 1_780_000_060.0, 0.0, "192.0.2.7", "")
            self.ask(lambda store, session=session: store.sessions.open(session, account))  # type: ignore[misc]

    def opens(self, password: str) -> bool:
        account = self.account()
        assert account
        return asyncio.run(Passwords().verify(account.password_hash, password))


@pytest.fixture
def shell(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    return Shell(database_url, lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text)), capsys)


@pytest.fixture
def anna(shell: Shell) -> Shell:
    assert shell.user("add", "anna", "--name", "Anna Żak", typed=PASSWORD) == (0, "anna may log in")
    return shell


def test_where_nobody_is_entered_the_list_says_what_to_do(shell: Shell) -> None:
    assert shell.user("list") == (0, "nobody may log in yet: `hotline user add LOGIN --name …`")
    assert shell.user("list", "--json") == (0, "[]")


def test_a_person_is_entered_once_with_a_password_that_no_argument_shows(anna: Shell) -> None:
    account = anna.account()
    assert account
    assert (account.display_name, account.endpoint, account.role) == ("Anna Żak", "anna", Role.AGENT)
    assert anna.opens(PASSWORD)
    status, said = anna.user("add", "anna", "--name", "Another", typed=ANOTHER)
    assert status == 1
    assert "entered already: `hotline user change`" in said
    assert anna.opens(PASSWORD)


def test_a_change_keeps_the_password_and_all_that_was_not_named(anna: Shell) -> None:
    before = anna.account()
    status, said = anna.user("change", "anna", "--role", "supervisor", "--skill", "billing=3", "--no-phone")
    assert status == 0
    assert said == "anna: Anna Żak, supervisor; phone none; skills billing=3; departments billing"
    after = anna.account()
    assert before
    assert after
    assert (after.password_hash, after.display_name) == (before.password_hash, before.display_name)
    assert (after.role, after.endpoint, after.skills) == (Role.SUPERVISOR, "", {"billing": 3})


def test_a_new_password_ends_every_session(anna: Shell) -> None:
    anna.logged_in(2)
    assert anna.user("reset-password", "anna", typed="short") == (1, "hotline: a password has 10 characters or more")
    assert anna.user("reset-password", "anna", typed=ANOTHER) == (0, "anna has a new password; 2 sessions have ended")
    assert anna.opens(ANOTHER)
    assert anna.user("sessions", "anna") == (0, "nobody is logged in")


def test_who_is_disabled_is_logged_out_and_shown_so_until_enabled(anna: Shell) -> None:
    anna.logged_in(1)
    assert anna.user("list")[1].splitlines()[1].endswith("anna   logged in (1)")
    assert anna.user("disable", "anna") == (0, "anna may not log in any more; one session has ended")
    assert "disabled since 20" in anna.user("list")[1]
    assert anna.user("enable", "anna") == (0, "anna may log in")
    assert anna.user("disable", "anna") == (0, "anna may not log in any more; was not logged in")
    assert anna.user("remove", "anna")[0] == 0
    assert anna.account() is None


def test_who_is_logged_in_is_listed_and_can_be_logged_out(anna: Shell) -> None:
    anna.logged_in(1)
    head, line = anna.user("sessions")[1].splitlines()
    assert head.split() == ["LOGIN", "SINCE", "LAST", "SEEN", "FROM", "WITH"]
    assert line == "anna   2026-05-28 22:26  2026-05-28 22:27  192.0.2.7  unknown"
    assert json.loads(anna.user("sessions", "anna", "--json")[1])[0]["address"] == "192.0.2.7"
    assert anna.user("sessions", "--end")[0] == 1
    assert anna.user("sessions", "anna", "--end") == (0, "anna: one session has ended")
    assert json.loads(anna.user("list", "--json")[1])[0]["sessions"] == 0


@pytest.mark.parametrize("action", ["change", "disable", "enable", "remove", "reset-password", "sessions"])
def test_a_login_that_nobody_has_is_told_with_those_there_are(anna: Shell, action: str) -> None:
    assert anna.user(action, "ana", typed=PASSWORD) == (1, "hotline: nobody has the login `ana`; there are: anna")


def test_a_password_on_the_command_line_is_no_way_to_give_one(anna: Shell) -> None:
    with pytest.raises(SystemExit):
        anna.user("reset-password", "anna", "--password", ANOTHER)
    assert anna.opens(PASSWORD)


def test_who_has_lost_phone_and_codes_gets_rid_of_the_second_factor(anna: Shell) -> None:
    anna.logged_in(1)
    assert anna.user("reset-totp", "anna") == (0, "anna has no second factor and had none; one session has ended")
    assert anna.user("reset-totp", "nobody")[0] == 1
