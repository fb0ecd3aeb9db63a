"""Complaints through time: months, leap days, both changes of the clocks, holidays, and every day in between."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_flows.calendar import holidays_of
from telephony.core.account import Role
from telephony.core.complaints import (
    Act,
    Clock,
    ComplaintRules,
    Level,
    NotPossibleError,
    Standing,
    State,
    Step,
    allowed,
    owed,
    standing,
)

DAY = timedelta(days=1)
QUALITY, OTHER = "service_quality", "billing"
FILED = date(2026, 3, 20)
DAYS = st.dates(date(2026, 1, 1), date(2032, 12, 31))


def free(day: date) -> bool:
    return day.weekday() >= 5 or day in holidays_of(day.year)


def at(today: date, *steps: Step, kind: str = QUALITY, filed: date = FILED) -> Standing:
    return standing(kind, filed, steps, today, free_day=free)


def proposed(on: date = FILED + DAY, by: str = "anna") -> Step:
    return Step(Act.PROPOSE, on, by, {"decision": "accepted"})


ASKED = Step(Act.ASK, FILED, "anna", {"missing": "address"})
APPROVED = Step(Act.APPROVE, FILED + DAY, "piotr")
ANSWERED = Step(Act.ANSWER, FILED + 2 * DAY, "anna", {"way": "letter"})
CONFIRMED = Step(Act.CONFIRM, FILED, "anna", {"way": "e-mail"})


@pytest.mark.parametrize(
    ("filed", "confirm", "promised", "law"),
    [
        (date(2026, 3, 20), date(2026, 4, 3), date(2026, 4, 3), date(2026, 4, 19)),  # summer time begins on 29 March
        (date(2026, 10, 20), date(2026, 11, 3), date(2026, 11, 3), date(2026, 11, 19)),  # and ends on 25 October
        (date(2028, 2, 20), date(2028, 3, 5), date(2028, 3, 5), date(2028, 3, 21)),  # a leap year
        (date(2027, 2, 20), date(2027, 3, 6), date(2027, 3, 6), date(2027, 3, 22)),
        (date(2026, 12, 11), date(2026, 12, 25), date(2026, 12, 25), date(2027, 1, 10)),  # we do not gain by a holiday
        (date(2026, 12, 31), date(2027, 1, 14), date(2027, 1, 14), date(2027, 1, 30)),
    ],
)
def test_the_clocks_count_calendar_days_from_the_day_after_filing(
    filed: date, confirm: date, promised: date, law: date
) -> None:
    now = at(filed, filed=filed)
    assert (now.confirmation.due, now.answer.due, now.law.due) == (confirm, promised, law)
    assert at(filed, filed=filed, kind=OTHER).answer.due == law
    assert now.answer.left(filed) == 14
    assert now.answer.left(promised) == 0
    assert now.answer.left(promised + DAY) == -1


@given(DAYS)
def test_each_day_takes_one_off_both_clocks_until_silence_is_an_acceptance(filed: date) -> None:
    seen = [at(filed + n * DAY, filed=filed, kind=OTHER) for n in range(40)]
    for before, after in pairwise(enumerate(seen)):
        today = filed + after[0] * DAY
        assert after[1].answer.left(today) == before[1].answer.left(today - DAY) - 1
    assert [now.state for now in seen] == [State.OPEN] * 31 + [State.SILENCE] * 9


def test_confirmation_and_answer_run_separately() -> None:
    answered = at(FILED + 20 * DAY, proposed(), APPROVED, ANSWERED)
    assert (answered.state, answered.answer.done, answered.confirmation.done) == (State.ANSWERED, FILED + 2 * DAY, None)
    assert not answered.over, "the confirmation is owed all the same"
    confirmed = at(FILED + 20 * DAY, CONFIRMED)
    assert (confirmed.state, confirmed.confirmation.done, confirmed.answer.done) == (State.OPEN, FILED, None)
    assert at(FILED + 20 * DAY, CONFIRMED, proposed(), APPROVED, ANSWERED).over


def test_what_was_done_late_stays_late() -> None:
    late = Step(Act.CONFIRM, FILED + 16 * DAY, "anna")
    assert at(FILED + 40 * DAY, late).confirmation.left(FILED + 40 * DAY) == -2


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (date(2026, 3, 20), date(2026, 3, 27)),
        (date(2026, 3, 21), date(2026, 3, 30)),  # a Saturday: Monday
        (date(2026, 12, 17), date(2026, 12, 28)),  # Christmas Eve, two holidays of which one is a Saturday, a Sunday
        (date(2026, 4, 24), date(2026, 5, 4)),  # 1 May, a Saturday, 3 May, which is a Sunday
        (date(2028, 2, 22), date(2028, 2, 29)),
    ],
)
def test_the_customers_limit_ends_on_a_working_day(asked: date, due: date) -> None:
    step = Step(Act.ASK, asked, "anna", {"missing": "address"})
    assert at(asked, step, filed=asked).completion == Clock(due)
    assert at(due, step, filed=asked).state is State.INCOMPLETE
    assert at(due + DAY, step, filed=asked).state is State.LEFT


def test_what_is_completed_keeps_its_day_of_filing() -> None:
    done = Step(Act.COMPLETE, FILED + 7 * DAY, "anna")
    now = at(FILED + 8 * DAY, ASKED, done)
    assert (now.state, now.completion) == (State.OPEN, Clock(FILED + 7 * DAY, FILED + 7 * DAY))
    assert now.answer.due == FILED + 14 * DAY
    again = at(FILED + 9 * DAY, ASKED, done, Step(Act.ASK, FILED + 8 * DAY, "anna", {"missing": "account"}))
    assert again.state is State.INCOMPLETE, "and may be asked for once more"


def test_a_complaint_that_is_left_is_no_acceptance() -> None:
    assert at(FILED + 60 * DAY, ASKED).state is State.LEFT


def test_silence_while_a_decision_waits_is_an_acceptance_too() -> None:
    assert at(FILED + 30 * DAY, proposed(), APPROVED).state is State.APPROVED
    assert at(FILED + 31 * DAY, proposed(), APPROVED).state is State.SILENCE
    assert at(FILED + 31 * DAY, proposed()).state is State.SILENCE


def test_an_answer_after_silence_is_still_sent_and_changes_nothing() -> None:
    day = FILED + 31 * DAY
    allowed(at(day, CONFIRMED), Act.ANSWER, "anna", Role.SUPERVISOR)
    assert refused(at(day, CONFIRMED), Act.PROPOSE) == "over"
    assert not at(day, CONFIRMED).over
    late = at(day, CONFIRMED, Step(Act.ANSWER, day, "anna"))
    assert (late.state, late.over) == (State.SILENCE, True)
    assert refused(late, Act.ANSWER) == "over"
    assert owed(late, [], day) == []


def test_what_was_left_is_over_once_it_is_confirmed() -> None:
    assert not at(FILED + 60 * DAY, ASKED).over
    assert at(FILED + 60 * DAY, ASKED, CONFIRMED).over


def test_a_stricter_promise_than_the_law_does_not_bring_the_acceptance_forward() -> None:
    assert at(FILED + 15 * DAY).state is State.OPEN
    longer = standing(QUALITY, FILED, [], FILED, ComplaintRules(answer={QUALITY: 60}))
    assert longer.answer.due == longer.law.due, "and no promise is longer than the law allows"


def refused(now: Standing, act: Act, actor: str = "anna", role: Role = Role.SUPERVISOR) -> str:
    with pytest.raises(NotPossibleError) as error:
        allowed(now, act, actor, role)
    return str(error.value)


def test_nobody_approves_their_own_proposal() -> None:
    now = at(FILED + DAY, proposed())
    assert refused(now, Act.APPROVE, "anna") == "own"
    allowed(now, Act.APPROVE, "piotr", Role.SUPERVISOR)
    again = at(FILED + DAY, proposed(), Step(Act.RETURN, FILED + DAY, "piotr", {"why": "…"}), proposed(by="piotr"))
    assert again.proposed_by == "piotr"
    assert refused(again, Act.APPROVE, "piotr") == "own"
    allowed(again, Act.APPROVE, "anna", Role.AGENT)


def test_a_returned_proposal_decides_nothing() -> None:
    now = at(FILED + DAY, proposed(), Step(Act.RETURN, FILED + DAY, "piotr"))
    assert (now.state, now.decision, now.proposed_by) == (State.OPEN, {}, "")


@pytest.mark.parametrize(
    ("steps", "act", "why"),
    [
        ((), Act.COMPLETE, "not_asked"),
        ((), Act.APPROVE, "not_proposed"),
        ((), Act.RETURN, "not_proposed"),
        ((), Act.ANSWER, "not_approved"),
        ((proposed(),), Act.ANSWER, "not_approved"),
        ((proposed(),), Act.PROPOSE, "done"),
        ((proposed(),), Act.ASK, "done"),
        ((ASKED,), Act.PROPOSE, "done"),
        ((proposed(), APPROVED, ANSWERED), Act.ANSWER, "over"),
        ((proposed(), APPROVED, ANSWERED), Act.ESCALATE, "over"),
        ((CONFIRMED,), Act.CONFIRM, "done"),
        ((Step(Act.ESCALATE, FILED, "anna", {"level": "3"}),), Act.ESCALATE, "done"),
    ],
)
def test_what_cannot_be_done_now_is_said(steps: tuple[Step, ...], act: Act, why: str) -> None:
    assert refused(at(FILED + DAY, *steps), act, "ewa") == why


def test_every_level_has_its_people() -> None:
    engineer, manager = (at(FILED, Step(Act.ESCALATE, FILED, "anna", {"level": level})) for level in "23")
    assert (engineer.level, manager.level) == (Level.ENGINEER, Level.MANAGER)
    assert refused(engineer, Act.PROPOSE, role=Role.AGENT) == "level"
    assert refused(manager, Act.PROPOSE, role=Role.ENGINEER) == "level"
    for now, role in ((engineer, Role.ENGINEER), (engineer, Role.SUPERVISOR), (manager, Role.ADMIN)):
        allowed(now, Act.PROPOSE, "ewa", role)
    allowed(manager, Act.ASK, "anna", Role.AGENT)  # whoever talks to the customer
    allowed(manager, Act.CONFIRM, "anna", Role.AGENT)
    allowed(at(FILED + 60 * DAY), Act.CONFIRM, "anna", Role.AGENT)  # however late


def played(kind: str, filed: date, *given: Step, days: int = 45) -> list[Step]:
    """What the hotline does by itself, looked at each morning; `given` is done by people meanwhile."""
    steps: list[Step] = []
    for day in (filed + n * DAY for n in range(days)):
        steps += owed(standing(kind, filed, steps, day, free_day=free), steps, day)
        steps += [step for step in given if step.on == day]
    return [step for step in steps if not step.actor]


def told(steps: list[Step]) -> list[tuple[int, str, str]]:
    """Days after filing, what was done, and of which clock or to which level."""
    return [((step.on - FILED).days, step.act, step.facts.get("clock") or step.facts["level"]) for step in steps]


def test_what_nobody_touches_climbs_and_reminds_until_it_is_accepted_by_law() -> None:
    assert told(played(QUALITY, FILED)) == [
        (7, "escalate", "2"), (7, "remind", "confirmation"), (7, "remind", "answer"),
        (11, "escalate", "3"), (11, "remind", "confirmation"), (11, "remind", "answer"),
        (13, "remind", "confirmation"), (13, "remind", "answer"),
    ]  # fmt: skip
    assert told(played(OTHER, FILED)) == [
        (7, "remind", "confirmation"), (11, "remind", "confirmation"), (13, "remind", "confirmation"),
        (23, "escalate", "2"), (23, "remind", "answer"), (27, "escalate", "3"), (27, "remind", "answer"),
        (29, "remind", "answer"),
    ]  # fmt: skip


def test_nobody_is_reminded_of_what_is_done() -> None:
    done = played(QUALITY, FILED, CONFIRMED, proposed(), APPROVED, ANSWERED)
    assert done == []
    assert {step.facts.get("clock") for step in played(QUALITY, FILED, proposed(), APPROVED, ANSWERED)} == {
        "confirmation"
    }


def test_a_server_that_was_away_for_days_does_what_is_owed_once() -> None:
    day = FILED + 12 * DAY
    steps = owed(at(day), [], day)
    assert told(steps) == [(12, "escalate", "3"), (12, "remind", "confirmation"), (12, "remind", "answer")]
    assert [step.facts["days"] for step in steps] == ["2", "2", "2"]
    assert owed(at(day, *steps), steps, day) == []
    assert len(owed(at(day + DAY, *steps), steps, day + DAY)) == 2  # the last reminders


@settings(deadline=None)  # the first call reads the calendar
@given(DAYS, st.sampled_from([QUALITY, OTHER]), st.data())
def test_whatever_is_done_no_step_comes_twice_and_the_level_never_falls(
    filed: date, kind: str, data: st.DataObject
) -> None:
    steps: list[Step] = []
    level = Level.CONSULTANT
    for n in range(40):
        today = filed + n * DAY
        now = standing(kind, filed, steps, today, free_day=free)
        new = owed(now, steps, today)
        since = max((at for at, step in enumerate(steps) if step.act is Act.WANT), default=0)  # each copy is anew
        assert not [step for step in new if step.facts in [old.facts for old in steps[since:] if old.act is step.act]]
        steps += new
        act = data.draw(st.sampled_from(Act))
        now = standing(kind, filed, steps, today, free_day=free)
        try:
            allowed(now, act, "anna" if act is not Act.APPROVE else "piotr", Role.ADMIN)
        except NotPossibleError:
            continue
        if act is not Act.REMIND:
            facts = {"level": str(int(now.level) + 1)} if act is Act.ESCALATE else {}
            steps.append(Step(act, today, "anna", facts))
        assert standing(kind, filed, steps, today).level >= level
        level = standing(kind, filed, steps, today).level
