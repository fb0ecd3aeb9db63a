from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.console.known_browser import LONGEST, PEOPLE, recognised, remembering
from telephony.core.account import Account

ANNA = Account("anna", "Anna", "$argon2id$v=19$salt$hash")
PIOTR = replace(ANNA, login="piotr")


def test_a_browser_is_known_to_those_who_logged_in_with_it_and_keeps_its_name() -> None:
    cookie = remembering(None, ANNA)
    name = recognised(cookie, ANNA)
    assert name
    assert recognised(cookie, PIOTR) is None
    both = remembering(cookie, PIOTR)
    assert recognised(both, ANNA) == name
    assert recognised(both, PIOTR) not in {None, name}
    assert remembering(both, ANNA).split("~")[0] == cookie


def test_a_new_password_forgets_it() -> None:
    assert recognised(remembering(None, ANNA), replace(ANNA, password_hash="$argon2id$v=19$salt$other")) is None


@pytest.mark.parametrize("cookie", [None, "", "~~.~", "a.b.c", "ż.ż", "x." + "A" * 22, "a" * (LONGEST + 1)])
def test_what_is_none_of_ours_is_nothing(cookie: str | None) -> None:
    assert recognised(cookie, ANNA) is None
    assert recognised(remembering(cookie, ANNA), ANNA)


def test_a_desk_shared_by_many_keeps_the_latest() -> None:
    cookie = ""
    people = [replace(ANNA, login=f"person{number}") for number in range(PEOPLE + 2)]
    for person in people:
        cookie = remembering(cookie, person)
    assert len(cookie) <= LONGEST
    assert [bool(recognised(cookie, person)) for person in people] == [False] * 2 + [True] * PEOPLE


def test_nothing_of_the_hash_is_in_it() -> None:
    assert "hash" not in remembering(None, ANNA)
    assert "anna" not in remembering(None, ANNA)
