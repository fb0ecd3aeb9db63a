from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.console.caller_message import CallerMessage, Refused, clean, read
from telephony.core.ids import QueueName

QUEUES = ("sales", "support")
RIGHT = {"once": "x" * 43, "name": "Jan Żółty", "phone": "600 100 200", "queue": "support", "text": "Nie działa."}


def problems(**changes: str) -> dict[str, str]:
    found = read({**RIGHT, **changes}, QUEUES)
    assert isinstance(found, Refused)
    return dict(found.problems)


def taken(**changes: str) -> CallerMessage:
    found = read({**RIGHT, **changes}, QUEUES)
    assert isinstance(found, CallerMessage)
    return found


def test_a_message_as_it_should_be() -> None:
    assert taken(call_back="yes") == CallerMessage(
        "x" * 43, "Jan Żółty", "+48600100200", None, QueueName("support"), "Nie działa.", call_back=True
    )


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("600100200", "+48600100200"),
        ("+48 600-100-200", "+48600100200"),
        ("0048 600 100 200", "+48600100200"),
        ("(22) 600.10.20", "+48226001020"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_a_number_may_be_typed_in_many_ways(typed: str, number: str) -> None:
    assert taken(phone=typed).phone == number


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": ""}, {"name": "error_name"}),
        ({"name": "\u202e\u0000 "}, {"name": "error_name"}),
        ({"name": "a" * 101}, {"name": "error_name"}),
        ({"phone": ""}, {"phone": "error_reach"}),
        ({"phone": "12"}, {"phone": "error_phone"}),
        ({"phone": "600100200 wew. 5"}, {"phone": "error_phone"}),
        ({"phone": "", "email": "jan@example.com", "call_back": "yes"}, {"phone": "error_phone_call"}),
        ({"phone": "+442079460958", "call_back": "yes"}, {"phone": "error_phone_call"}),
        ({"phone": "700 100 200", "call_back": "yes"}, {"phone": "error_phone_call"}),
        ({"email": "jan@"}, {"email": "error_email"}),
        ({"email": "jan@example.com\nBcc: all@example.com"}, {"email": "error_email"}),
        ({"email": f"{'a' * 250}@example.com"}, {"email": "error_email"}),
        ({"queue": ""}, {"queue": "error_queue"}),
        ({"queue": "vip"}, {"queue": "error_queue"}),
        ({"text": " \n\t "}, {"text": "error_text"}),
        ({"text": "a" * 4001}, {"text": "error_text"}),
        ({"website": "http://buy.example"}, {"website": "error_trap"}),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changes: dict[str, str], wrong: dict[str, str]) -> None:
    assert problems(**changes) == wrong


def test_an_address_alone_is_enough() -> None:
    message = taken(phone="", email="jan.zolty+tv@poczta.example.com")
    assert (message.phone, message.email) == (None, "jan.zolty+tv@poczta.example.com")


def test_lines_stay_lines_where_there_may_be_some() -> None:
    assert clean("a\r\nb\rc", lines=True) == "a\nb\nc"
    assert clean("a\r\nb", lines=False) == "ab"
    assert clean("z\u0307", lines=False) == "ż"


@given(st.text())
def test_nothing_that_moves_or_ends_other_text_is_left(text: str) -> None:
    left = clean(text, lines=False)
    assert not set(left) & {*map(chr, range(32)), "\x7f", *map(chr, range(0x202A, 0x202F)), "\u2066", "\u2069"}
    left.encode()  # fails for a lone surrogate


@given(st.dictionaries(st.sampled_from([*RIGHT, "email", "website", "call_back"]), st.text()))
def test_whatever_is_sent_is_a_message_or_told(fields: dict[str, str]) -> None:
    found = read({**fields, "once": "x"}, QUEUES)
    assert isinstance(found, CallerMessage) or found.problems
