"""The line's order, word by word: lanes, turns, boosts, skills, reserve (Hypothesis over random histories)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings

from telephony.core.decision import MOST_NEXT, Reason
from telephony.core.explain import describe
from telephony.core.needs import Alternatives, meets
from telephony.core.place import OVERDUE_TURN, Rule
from telephony.core.rules import Boost
from telephony.core.views import Lane
from telephony.core.waiting import Waiting
from tests.unit.line_story import (
    CAP_S,
    REQUIRES,
    RULES,
    SUPPORT,
    Caller,
    Freed,
    Passed,
    Story,
    able,
    histories,
    need,
    overdue,
    reserved,
    told,
)

CALM = Caller((SUPPORT, {"support": 1}), Lane.STANDARD, {}, frozenset())
ACCESSIBLE = Caller((SUPPORT, {"support": 1}), Lane.ACCESSIBILITY, {}, frozenset())
many = settings(max_examples=120, deadline=None)


def names(story: Story) -> list[str]:
    return [each.winner.interaction for each in story.assigned]


@many
@given(histories)
def test_an_accessibility_caller_is_overtaken_only_by_an_overdue_one_whose_turn_it_is(history: list[object]) -> None:
    """The third turn: of the whole line, or of the agents who would do for somebody overdue."""
    passed_by: dict[Alternatives, int] = {}
    in_a_row = 0  # assignments, over the whole line, that were no overdue caller's
    for each in told(history).assigned:
        late = overdue(each.winner, each.now)
        mine = {
            need(other, each.now)
            for other in each.before
            if overdue(other, each.now) and meets(each.choice.agent.skills, need(other, each.now))
        }
        asked = need(each.winner, each.now)
        if each.winner.lane is Lane.STANDARD and any(
            other.lane is Lane.ACCESSIBILITY and need(other, each.now) == asked for other in each.before
        ):
            assert late
            assert each.choice.rule is Rule.OVERDUE_TURN
            assert max(in_a_row, *(passed_by.get(one, 0) for one in mine)) >= OVERDUE_TURN - 1
        in_a_row = 0 if late else in_a_row + 1
        passed_by.update({one: 0 if late else passed_by.get(one, 0) + 1 for one in mine})


@many
@given(histories)
def test_within_a_lane_nobody_is_overtaken_by_one_who_came_more_than_the_cap_later(history: list[object]) -> None:
    for each in told(history).assigned:
        for other in peers(each.winner, each.before):
            assert each.winner.first_arrival <= other.first_arrival + CAP_S


@many
@given(histories)
def test_of_three_assignments_one_is_an_overdue_callers_while_there_are_any(history: list[object]) -> None:
    passed_by = 0
    for each in told(history).assigned:
        late = [other for other in each.before if overdue(other, each.now)]
        possible = any(able(other, each.free, each.now) for other in late)
        passed_by = passed_by + 1 if possible and not overdue(each.winner, each.now) else 0
        assert passed_by < OVERDUE_TURN


@many
@given(histories)
def test_of_three_agents_who_would_do_one_goes_to_somebody_overdue(history: list[object]) -> None:
    """For each overdue caller, whatever becomes of the agents who would not do."""
    passed_by: dict[str, int] = {}
    for each in told(history).assigned:
        late = overdue(each.winner, each.now)
        for other in each.before:
            if overdue(other, each.now) and meets(each.choice.agent.skills, need(other, each.now)):
                passed_by[other.interaction] = 0 if late else passed_by.get(other.interaction, 0) + 1
                assert passed_by[other.interaction] < OVERDUE_TURN


def test_one_departments_overdue_callers_do_not_use_up_the_turns_of_another() -> None:
    billing = Caller(REQUIRES[2], Lane.STANDARD, {}, frozenset())
    accessible = Caller(REQUIRES[2], Lane.ACCESSIBILITY, {}, frozenset())
    story = told([billing, *[CALM] * 4, Passed(101.0), *[accessible] * 4])
    for agent in (3, 0, 8, 5, 3):  # a consultant of billing, and of support, by turns
        story.tell(Freed(agent))
    assert [(each.winner.queue, each.winner.lane) for each in story.assigned] == [
        ("billing", Lane.ACCESSIBILITY),
        (SUPPORT, Lane.STANDARD),
        ("billing", Lane.ACCESSIBILITY),
        (SUPPORT, Lane.STANDARD),
        ("billing", Lane.STANDARD),
    ]
    assert story.assigned[4].choice.rule is Rule.OVERDUE_TURN


@many
@given(histories)
def test_equal_callers_are_first_come_first_served(history: list[object]) -> None:
    for each in told(history).assigned:
        for other in peers(each.winner, each.before):
            if other.boosts == each.winner.boosts:
                assert each.winner.sequence <= other.sequence


@many
@given(histories)
def test_no_agent_idles_while_an_eligible_caller_waits_reservations_aside(history: list[object]) -> None:
    story = Story()
    for happening in history:
        story.tell(happening)
        free = tuple(story.free.values())
        assert not any(able(waiting, free, story.now) for waiting in story.waiting.values())


@many
@given(histories)
def test_the_longest_idle_of_the_best_fit_is_chosen_and_the_reserve_is_kept(history: list[object]) -> None:
    for each in told(history).assigned:
        late = overdue(each.winner, each.now)
        wishes = {} if late else each.winner.wishes
        best = min(
            able(each.winner, each.free, each.now),
            key=lambda agent: (
                -sum(agent.skills.get(skill, 0) >= level for skill, level in wishes.items()),
                agent.idle_since,
                agent.agent,
            ),
        )
        assert each.choice.agent == best
        if each.winner.lane is Lane.STANDARD and not late:
            assert best.agent not in reserved(each.free)


@many
@given(histories)
def test_the_oldest_overdue_one_has_the_turn(history: list[object]) -> None:
    for each in told(history).assigned:
        if each.choice.rule is Rule.OVERDUE_TURN:
            late = [other for other in each.before if overdue(other, each.now)]
            late = [other for other in late if meets(each.choice.agent.skills, need(other, each.now))]
            assert each.winner == min(late, key=lambda other: (other.first_arrival, other.sequence))


@many
@given(histories)
def test_a_decision_accounts_for_everyone_who_waited(history: list[object]) -> None:
    for each in told(history).assigned:
        decision = each.decision
        assert decision.waiting == len(each.before)
        assert decision.winner.waiting == each.winner
        assert len(decision.following) == min(MOST_NEXT, len(each.before) - 1)
        assert all(count > 0 for count in decision.rest.values())
        order = [(other.waiting.lane is Lane.STANDARD, other.key) for other in decision.following]
        assert order == sorted(order)
        for other in decision.following:
            mine = each.choice.agent in able(other.waiting, each.free, each.now)
            assert mine == (other.reason not in {Reason.SKILLS, Reason.RESERVE})


@many
@given(histories)
def test_those_ahead_are_the_ones_who_come_first_and_want_the_same_agents(history: list[object]) -> None:
    story = Story()
    for happening in history:
        story.tell(happening)
    for lane in Lane:
        assert story.line.count(lane) == sum(each.lane is lane for each in story.waiting.values())
    for each in story.waiting.values():
        mine = (each.lane is Lane.STANDARD, key(each))
        others = [other for other in story.waiting.values() if (other.lane is Lane.STANDARD, key(other)) < mine]
        assert story.line.ahead(each.interaction) == sum(story.rivals(each, other) for other in others)


def test_two_accessibility_calls_then_the_oldest_overdue() -> None:
    story = told([CALM, Passed(80.0), CALM, Passed(30.0), *[ACCESSIBLE] * 4])
    for agent in (0, 1, 2, 4, 5, 7):
        story.tell(Freed(agent))
    assert [each.winner.lane for each in story.assigned] == [
        *[Lane.ACCESSIBILITY] * 2, Lane.STANDARD, *[Lane.ACCESSIBILITY] * 2, Lane.STANDARD,
    ]  # fmt: skip
    assert story.assigned[2].choice.rule is Rule.OVERDUE_TURN
    assert story.assigned[5].choice.rule is Rule.FIRST_COME


def test_a_boost_counts_like_an_earlier_call_and_all_of_them_no_more_than_the_cap() -> None:
    boosted = Caller(CALM.needs, Lane.STANDARD, {}, frozenset(Boost))  # 90 s, capped at 60
    story = told([CALM, Passed(50.0), boosted, Passed(5.0), CALM, Freed(2), Freed(2), Freed(2)])
    assert names(story) == ["c998", "c999", "c997"]
    late = told([CALM, Passed(61.0), boosted, Freed(2), Freed(2)])
    assert names(late) == ["c999", "c998"]


def test_the_reserve_is_let_go_when_the_caller_is_overdue_and_not_a_moment_before() -> None:
    story = told([Freed(1), CALM, Passed(100.0)])  # agent 1 is trained in accessibility, and the only one
    assert not story.assigned
    story.tell(Passed(0.001))
    assert names(story) == ["c999"]
    assert names(told([Freed(1), Freed(6), CALM])) == ["c999"]  # of two, one is left in reserve


def test_another_level_and_another_department_will_do_after_a_while() -> None:
    senior = Caller(REQUIRES[1], Lane.STANDARD, {}, frozenset())
    story = told([Freed(0), senior, Passed(29.9)])
    assert not story.assigned
    story.tell(Passed(0.1))
    assert [each.choice.agent.agent for each in story.assigned] == ["a0"]
    other = told([Freed(3), senior, Passed(59.9)])
    assert not other.assigned
    other.tell(Passed(0.1))
    assert [each.choice.agent.agent for each in other.assigned] == ["a3"]


def test_who_comes_back_to_the_line_has_the_old_place() -> None:
    story = told([Freed(2), CALM, CALM, CALM])
    first = story.assigned[0].winner
    story.enter(first)
    story.tell(Freed(2))
    assert story.assigned[1].winner == first


def test_a_supervisor_reads_who_was_chosen_and_why_not_the_others() -> None:
    boosted = Caller(CALM.needs, Lane.STANDARD, {"english": 1}, frozenset({Boost.OUTAGE}))
    billing = Caller(REQUIRES[2], Lane.STANDARD, {}, frozenset())
    story = told([boosted, billing, CALM, ACCESSIBLE, Passed(15.0), *[CALM] * 3, Freed(0), Freed(2)])
    first, second = story.assigned
    assert describe(first.decision, first.now).splitlines() == [
        "Zasada: pierwszeństwo dzwoniących ze wsparciem dostępności.",
        "Wybrano: c996 (support, dostępność), czeka 15 s.",
        "Konsultant: a0, wolny od 0 s.",
        "2. c999 (support, zwykłe), czeka 15 s + 20 s premii (awaria): po dzwoniących ze wsparciem dostępności.",
        "3. c998 (billing, zwykłe), czeka 15 s: konsultant nie ma wymaganych umiejętności.",
        "4. c997 (support, zwykłe), czeka 15 s: po dzwoniących ze wsparciem dostępności.",
        "5. c995 (support, zwykłe), czeka 0 s: po dzwoniących ze wsparciem dostępności.",
        "Pozostali: po dzwoniących ze wsparciem dostępności: 2.",
    ]
    text = describe(second.decision, second.now)
    assert "Zasada: kolejność zgłoszeń.\nWybrano: c999" in text
    assert "Konsultant: a2, wolny od 0 s; spełnia 1 z 1 życzeń." in text


def key(waiting: Waiting) -> tuple[float, int]:
    return waiting.first_arrival - RULES.of(waiting.queue).boost_s(waiting.boosts), waiting.sequence


def peers(winner: Waiting, before: tuple[Waiting, ...]) -> list[Waiting]:
    """Those of the same lane who need the same."""
    asks = (winner.lane, winner.queue, winner.requires)
    return [other for other in before if (other.lane, other.queue, other.requires) == asks]


def test_the_story_has_turns_to_judge() -> None:
    story = told([*[CALM] * 4, Passed(101.0), *[ACCESSIBLE] * 8, *map(Freed, [0, 1, 2, 4, 5, 6, 7, 9, 0, 1, 2, 4])])
    turns = [number for number, each in enumerate(story.assigned) if each.choice.rule is Rule.OVERDUE_TURN]
    assert len(story.assigned) == 12
    assert turns[:3] == [2, 5, 8]
    assert all(after - before == OVERDUE_TURN for before, after in pairwise(turns))


def test_it_is_told_that_less_is_required_by_now_and_that_wishes_count_no_longer() -> None:
    demanding = Caller(REQUIRES[1], Lane.STANDARD, {"english": 1}, frozenset())
    story = told([demanding, Passed(60.0), Freed(3)])
    [only] = story.assigned
    assert "czeka 60 s, wymagania złagodzone.\nKonsultant: a3, wolny od 0 s; spełnia 0 z 1 życzeń." in describe(
        only.decision, only.now
    )
    late = told([demanding, Passed(101.0), Freed(3)]).assigned[0]
    assert "czeka 101 s, po terminie, wymagania złagodzone." in describe(late.decision, late.now)
    assert "po terminie życzenia się nie liczą" in describe(late.decision, late.now)
