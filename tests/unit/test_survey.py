"""Who is asked: a share, each seldom, nobody who objected; and what a link's token is known by."""

from __future__ import annotations

import hashlib

import pytest

from telephony.core.survey import (
    DAY_S,
    ClosedTicket,
    SurveyRules,
    Why,
    asked_after_call,
    bounded,
    decide,
    key_of,
)

RULES = SurveyRules(share=0.25, quiet_days=90)
NOW = 1000 * DAY_S
TICKET = ClosedTicket(7, "000078", "support", "100200", ("+48600100200",))


def decided(ticket: ClosedTicket = TICKET, drawn: float = 0.1, **changes: object) -> Why:
    known = {"reachable": True, "objected": False, "last_asked": None, **changes}
    return decide(ticket, RULES, NOW, drawn=drawn, **known)  # type: ignore[arg-type]


def test_a_share_is_asked() -> None:
    assert decided(drawn=0.2499) is Why.ASKED
    assert decided(drawn=0.25) is Why.SHARE


def test_nobody_is_asked_who_objected_or_was_lately_or_cannot_be_reached() -> None:
    assert decided(objected=True) is Why.OBJECTED
    assert decided(last_asked=NOW - 89.9 * DAY_S) is Why.QUIET
    assert decided(last_asked=NOW - 90 * DAY_S) is Why.ASKED
    assert decided(reachable=False) is Why.NOBODY
    assert decided(ClosedTicket(7, "000078", None, None, ())) is Why.NOBODY


def test_after_a_call_the_same_holds_without_the_share() -> None:
    assert asked_after_call(RULES, NOW, objected=False, last_asked=None)
    assert asked_after_call(RULES, NOW, objected=False, last_asked=NOW - 90 * DAY_S)
    assert not asked_after_call(RULES, NOW, objected=False, last_asked=NOW - DAY_S)
    assert not asked_after_call(RULES, NOW, objected=True, last_asked=None)


def test_a_person_is_known_by_the_customer_number_and_by_all_telephones() -> None:
    assert TICKET.people == ("100200", "+48600100200")


def test_of_a_token_only_the_hash_is_known() -> None:
    token = "a" * 42 + "-"
    assert key_of(token) == hashlib.sha256(token.encode()).hexdigest()
    for wrong in ("", "a" * 42, "a" * 44, "a" * 42 + "/", "ą" * 43, "a" * 43 + "\n"):
        assert key_of(wrong) is None


def test_choices_that_were_never_offered_are_refused() -> None:
    assert bounded("", range(11)) is None
    assert bounded("10", range(11)) == 10
    for wrong in ("11", "-1", "+1", "1.0", "x", "٣", "010"):
        with pytest.raises(ValueError, match="not one of"):
            bounded(wrong, range(11))
