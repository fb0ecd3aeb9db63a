"""The outcome that follows from what we had seen and what the logs add."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core.afterwards import as_logged, from_log
from telephony.core.call import arrived
from telephony.core.events import CallArrived
from telephony.core.ids import AgentId, InteractionId, Uniqueid
from telephony.core.logged import LoggedCall
from telephony.core.views import CallState, Lane, Outcome

S, END = CallState, Outcome
CALL = arrived(CallArrived(InteractionId("i"), "n", "PJSIP/c-1", Uniqueid("n-1.1"), "n-1.1", "+48221", None), 100.0)
GAVE_UP = LoggedCall(
    "n", "PJSIP/c-1", Uniqueid("n-1.1"), "n-1.1", "+48221", None, arrived_at=99.0, queued_at=None, answered_at=None,
    by_fallback=False, agent=None, left_house=False, ended_at=150.0,
)  # fmt: skip
IN_FALLBACK = replace(GAVE_UP, queued_at=110.0)
SERVED = replace(IN_FALLBACK, answered_at=120.0, by_fallback=True, agent=AgentId("anna"))
OUR_DIAL = replace(GAVE_UP, answered_at=120.0, agent=AgentId("anna"))
HANDED_ON = replace(SERVED, left_house=True)
CUT_OFF = replace(SERVED, complete=False)


@pytest.mark.parametrize(("state", "log", "outcome"), [
    (S.MENU, GAVE_UP, END.ABANDONED_MENU),
    (S.FALLBACK, GAVE_UP, END.ABANDONED_MENU),
    (S.FALLBACK, IN_FALLBACK, END.ABANDONED_LINE),
    (S.FALLBACK, SERVED, END.FALLBACK_ANSWERED),
    (S.FALLBACK, OUR_DIAL, END.ANSWERED),
    (S.FALLBACK, HANDED_ON, END.TRANSFERRED_OUT),
    (S.RINGING, OUR_DIAL, END.ANSWERED),
    (S.TALKING, GAVE_UP, END.ANSWERED),
    (S.TALKING, HANDED_ON, END.TRANSFERRED_OUT),
    (S.AFTER_TALK, HANDED_ON, END.TRANSFERRED_OUT),
    (S.TRANSFERRED_OUT, GAVE_UP, END.TRANSFERRED_OUT),
    (S.SERVED, GAVE_UP, END.SELF_SERVED),
    (S.FALLBACK_TALK, SERVED, END.FALLBACK_ANSWERED),
    (S.TALKING, CUT_OFF, END.INTERRUPTED),
    (S.FALLBACK, CUT_OFF, END.INTERRUPTED),
])  # fmt: skip
def test_the_outcome_of_a_call_we_knew(state: CallState, log: LoggedCall, outcome: Outcome) -> None:
    assert as_logged(replace(CALL, state=state), log).outcome is outcome


def test_a_caller_we_had_put_in_line_abandons_the_line() -> None:
    assert as_logged(replace(CALL, state=S.FALLBACK, queued_at=105.0), GAVE_UP).outcome is END.ABANDONED_LINE


def test_what_we_saw_stands_and_the_log_adds_the_rest() -> None:
    ended = as_logged(replace(CALL, state=S.FALLBACK), SERVED)
    assert (ended.arrived_at, ended.answered_at, ended.ended_at, ended.agent) == (100.0, 120.0, 150.0, "anna")
    talked = as_logged(replace(CALL, state=S.TALKING, answered_at=111.0, agent=AgentId("piotr")), SERVED)
    assert (talked.answered_at, talked.ended_at, talked.agent) == (111.0, 150.0, "piotr")
    assert as_logged(replace(CALL, answered_at=160.0, state=S.TALKING), GAVE_UP).ended_at == 160.0


@pytest.mark.parametrize(("log", "outcome"), [
    (GAVE_UP, END.ABANDONED_MENU), (IN_FALLBACK, END.ABANDONED_LINE), (SERVED, END.FALLBACK_ANSWERED),
    (OUR_DIAL, END.ANSWERED), (HANDED_ON, END.TRANSFERRED_OUT), (CUT_OFF, END.INTERRUPTED),
])  # fmt: skip
def test_the_outcome_of_a_call_nobody_saw(log: LoggedCall, outcome: Outcome) -> None:
    call = from_log(log, InteractionId("new"), Lane.ACCESSIBILITY)
    assert (call.outcome, call.state, call.lane, call.ended_at) == (outcome, S.ENDED, Lane.ACCESSIBILITY, 150.0)
