"""What else may become of a simulated caller: a phone that nobody picks up, an overflow, a call back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.core.ids import QueueName
from telephony.core.rules import CallBackRules, FirstLeg, OverflowRule, QueueRules
from telephony.core.views import Lane
from telephony.simulation.callers import draw
from telephony.simulation.run import Run, play
from telephony.simulation.scenario import AgentGroup, Arrivals, Handle, OverflowTo, PastCall, Scenario
from telephony.simulation.summary import figures
from tests.unit.queueing import SUPPORT

SALES = QueueName("sales")
STREAM = Arrivals(SUPPORT, Lane.STANDARD, handle_mean_s=100.0, handle=Handle.FIXED)
ONE = AgentGroup(1, {"support": 1}, 0.0, 3600.0)
AFTER_60 = QueueRules(overflow=OverflowRule(after_s=60.0), ring_timeout_s=20.0)


def played(
    stream: Arrivals, *times_s: float, agents: tuple[AgentGroup, ...] = (ONE,), rules: QueueRules = AFTER_60
) -> Run:
    calls = tuple(PastCall(at) for at in times_s)
    scenario = Scenario(3600.0, 1, agents, (replace(stream, calls=calls),), {SUPPORT: rules})
    return play(scenario, draw(scenario, 1))


def test_who_does_not_pick_up_is_set_aside_and_the_caller_keeps_the_place() -> None:
    away = replace(ONE, no_answer_ratio=1.0, back_after_s=300.0)
    run = played(STREAM, 0.0, 5.0, agents=(away, ONE))
    first, second = run.calls
    # agent-1 rings 20 s for nobody; agent-2 has taken the second caller meanwhile, and then the first.
    assert (second.answered_s, second.agent) == (5.0, "agent-2")
    assert (first.answered_s, first.agent) == (105.0, "agent-2")


def test_who_was_set_aside_is_ready_again() -> None:
    run = played(STREAM, 0.0, agents=(replace(ONE, no_answer_ratio=0.5, back_after_s=30.0),))
    (call,) = run.calls
    assert call.answered_s is not None
    assert call.answered_s % 50.0 == 0.0, "rings of 20 s and pauses of 30 s"


def test_without_another_way_an_overflow_lets_nobody_go() -> None:
    run = played(STREAM, 0.0, 1.0)
    assert [call.answered_s for call in run.calls] == [0.0, 100.0]


def test_who_is_sent_away_is_neither_answered_nor_has_given_up() -> None:
    run = played(replace(STREAM, overflow=OverflowTo()), 0.0, 1.0)
    sent = run.calls[1]
    assert (sent.left_s, sent.answered_s, sent.abandoned_s, sent.called_back) == (61.0, None, None, False)
    found = figures(run.calls, 20.0, 3600.0)
    assert (found.answered, found.abandoned, found.left, found.waiting) == (1, 0, 1, 0)
    assert found.service_level.of_all == 0.5


def test_another_queue_takes_the_caller_over() -> None:
    other = AgentGroup(1, {"sales": 1}, 0.0, 3600.0)
    run = played(replace(STREAM, overflow=OverflowTo(SALES)), 0.0, 1.0, agents=(ONE, other))
    assert [(call.answered_s, call.agent) for call in run.calls] == [(0.0, "agent-1"), (61.0, "agent-2")]


@pytest.mark.parametrize("first", FirstLeg)
def test_who_takes_a_call_back_is_called_with_the_old_place(first: FirstLeg) -> None:
    rules = replace(AFTER_60, call_back=CallBackRules(first))
    run = played(replace(STREAM, overflow=OverflowTo(call_back=True)), 0.0, 1.0, 99.0, rules=rules)
    promised, later = run.calls[1:]
    assert (promised.left_s, promised.called_back) == (61.0, True)
    assert promised.answered_s == 100.0, "before the one who came later and holds on"
    assert later.called_back, "waits for more than 60 s, too"
    found = figures(run.calls, 20.0, 3600.0)
    assert (found.answered, found.called_back, found.left) == (1, 2, 2)


def test_who_declines_the_call_back_waits_on() -> None:
    run = played(replace(STREAM, overflow=OverflowTo(call_back=True), callback_ratio=0.0), 0.0, 1.0)
    assert [call.answered_s for call in run.calls] == [0.0, 100.0]


@pytest.mark.parametrize("first", FirstLeg)
def test_who_is_never_reached_is_called_so_often_and_no_more(first: FirstLeg) -> None:
    rules = replace(AFTER_60, call_back=CallBackRules(first, attempts=2, pause_s=200.0, ring_s=30.0))
    run = played(replace(STREAM, overflow=OverflowTo(call_back=True), reached_ratio=0.0), 0.0, 1.0, rules=rules)
    assert (run.calls[1].answered_s, run.calls[1].called_back) == (None, True)
    worked_s = sum(shift.worked_s for shift in run.shifts.values())
    assert worked_s == 100.0 + 2 * 30.0, "the talk, and twice a phone that nobody picks up"
