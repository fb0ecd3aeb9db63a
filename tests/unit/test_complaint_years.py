"""Whole histories of complaints, day by day through years: what is drawn at random is done where it is allowed, the
hotline does its own, and what must never be is looked for each day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_flows.calendar import holidays_of
from telephony.core.account import Role
from telephony.core.complaints import (
    HOTLINE,
    LEVEL_OF,
    USUAL,
    Act,
    ComplaintRules,
    Level,
    NotPossibleError,
    Standing,
    State,
    Step,
    allowed,
    next_look,
    owed,
    proper,
    standing,
)

# Other tests cover what these run, and counting takes longer than running.
pytestmark = pytest.mark.no_cover

DAY = timedelta(days=1)
STAFF = {"anna": Role.AGENT, "piotr": Role.AGENT, "jan": Role.ENGINEER, "ewa": Role.SUPERVISOR, "adam": Role.ADMIN}
KINDS = st.sampled_from(["service_quality", "billing"])
# Leap days, both changes of the clocks, and every holiday are among them.
FILED = st.dates(date(2027, 10, 1), date(2032, 6, 30))
Doing = tuple[int, Act, str]  # days after filing, what, who
USUAL_WAY: list[Doing] = [
    (0, Act.ASK, "anna"),
    (7, Act.COMPLETE, "anna"),
    (8, Act.PROPOSE, "ewa"),
    (9, Act.APPROVE, "adam"),
    (10, Act.ANSWER, "adam"),
    (11, Act.CONFIRM, "anna"),
    (20, Act.WANT, "anna"),
]
BY_PEOPLE = [act for act in Act if act is not Act.REMIND]
NEVER_COMPLETED: list[Doing] = [(0, Act.ASK, "anna"), (1, Act.CONFIRM, "anna")]
ANYTHING = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from(BY_PEOPLE), st.sampled_from(sorted(STAFF))), max_size=25
)
DOINGS = st.builds(list.__add__, st.sampled_from([[], NEVER_COMPLETED, USUAL_WAY[2:], USUAL_WAY]), ANYTHING)
FACTS = {Act.PROPOSE: {"decision": "accepted"}, Act.ASK: {"missing": "adres"}}


def free(day: date) -> bool:
    return day.weekday() >= 5 or day in holidays_of(day.year)


@dataclass
class History:
    """`sometimes` looks only on the days that the last look has named, as the database does; else it looks each day."""

    kind: str
    filed: date
    sometimes: bool = False
    rules: ComplaintRules = USUAL
    steps: list[Step] = field(default_factory=list)
    due: date | None = date.min
    over_on: date | None = None  # seen to be over, since then

    def now(self, today: date) -> Standing:
        return standing(self.kind, self.filed, self.steps, today, self.rules, free)

    def look(self, today: date) -> None:
        if self.sometimes and (self.due is None or self.due > today):
            return
        self.steps += owed(self.now(today), self.steps, today, self.rules)
        self.over_on = (self.over_on or today) if self.now(today).over else None
        self.due = next_look(self.now(today), today, self.rules)

    def try_to(self, act: Act, actor: str, today: date) -> bool:
        now = self.now(today)
        facts = FACTS.get(act, {"level": str(min(int(now.level) + 1, 3))} if act is Act.ESCALATE else {})
        try:
            allowed(now, act, actor, STAFF[actor])
            proper(act, facts)
        except NotPossibleError:
            return False
        self.steps.append(Step(act, today, actor, facts))
        self.due = today
        if act is Act.PROPOSE:
            assert not self.try_to(Act.APPROVE, actor, today), "somebody has approved their own"
        return True

    def play(self, doings: list[Doing], days: int = 130) -> None:
        for n in range(days):
            today = self.filed + n * DAY
            self.look(today)
            for at, act, actor in doings:
                if at == n and self.try_to(act, actor, today):
                    self.look(today)
            self.holds(today)

    def holds(self, today: date) -> None:
        now = self.now(today)
        self._clocks_hold(now, today)
        decided = any(step.act is Act.ANSWER for step in self.steps)
        assert (now.state is State.ANSWERED) <= decided
        if now.over:
            assert now.confirmation.done, "over, and never confirmed"
            assert owed(now, self.steps, today, self.rules) == []

    def _clocks_hold(self, now: Standing, today: date) -> None:
        assert now.confirmation.due == self.filed + 14 * DAY
        assert now.law.due == self.filed + 30 * DAY
        assert now.answer.due <= now.law.due
        answered = now.answer.done
        silent = today > now.law.due and (answered is None or answered > now.law.due)
        waiting = now.completion is not None and now.completion.done is None
        assert (now.state is State.SILENCE) == (silent and not waiting), "silence is an acceptance, and nothing else"
        assert (now.state is State.LEFT) <= (waiting and now.completion is not None and now.completion.due < today)
        for clock in (now.completion, now.copy):
            assert clock is None or not free(clock.due), "a limit ends on a day off"


def by_hotline(history: History) -> list[Step]:
    return [step for step in history.steps if step.actor == HOTLINE]


@settings(deadline=None)
@given(KINDS, FILED, DOINGS)
def test_whatever_people_do_the_law_holds_each_day(kind: str, filed: date, doings: list[Doing]) -> None:
    history = History(kind, filed)
    history.play(doings)
    levels = [int(step.facts["level"]) for step in history.steps if step.act is Act.ESCALATE]
    assert all(before < after for before, after in pairwise([1, *levels])), "it goes up, and each level once"
    for step in history.steps:
        if step.act in (Act.PROPOSE, Act.APPROVE, Act.RETURN):
            before = history.steps[: history.steps.index(step)]
            level = standing(kind, filed, before, step.on, USUAL, free).level
            assert LEVEL_OF[STAFF[step.actor]] >= level, "below the level that it has reached"


@settings(deadline=None)
@given(KINDS, FILED, DOINGS)
def test_who_looks_on_named_days_alone_does_the_same_as_who_looks_each_day(
    kind: str, filed: date, doings: list[Doing]
) -> None:
    daily, named = History(kind, filed), History(kind, filed, sometimes=True)
    daily.play(doings)
    named.play(doings)
    assert (named.steps, named.over_on) == (daily.steps, daily.over_on)
    now = named.now(filed + 400 * DAY)
    assert next_look(now, filed + 400 * DAY) is None, "whatever becomes of it, it is left alone some day"


@settings(deadline=None)
@given(KINDS, FILED)
def test_what_nobody_touches_reaches_all_three_levels_and_is_accepted_by_law(kind: str, filed: date) -> None:
    history = History(kind, filed, sometimes=True)
    history.play([])
    due = standing(kind, filed, [], filed).answer.due
    assert [(step.on, step.facts["level"]) for step in by_hotline(history) if step.act is Act.ESCALATE] == [
        (due - 7 * DAY, "2"),
        (due - 3 * DAY, "3"),
    ]
    assert history.now(filed + 30 * DAY).state is State.OPEN
    assert history.now(filed + 31 * DAY).state is State.SILENCE
    assert history.now(filed + 31 * DAY).level is Level.MANAGER


@pytest.mark.parametrize(("kind", "year"), [("service_quality", 2028), ("billing", 2027)])
def test_each_day_of_a_year_in_turn_with_both_changes_of_the_clocks_and_a_leap_day(kind: str, year: int) -> None:
    first = date(year, 1, 1)
    for n in range((date(year + 1, 1, 1) - first).days):
        history = History(kind, first + n * DAY, sometimes=True)
        history.play(USUAL_WAY, days=24)
        now = history.now(history.filed + 40 * DAY)
        assert (now.state, now.answer.done) == (State.ANSWERED, history.filed + 10 * DAY), history.filed
        assert now.copy
        working = [day for day in (history.filed + at * DAY for at in range(21, 40)) if not free(day)]
        assert now.copy.due == working[2], f"three working days, from {history.filed + 20 * DAY}"
