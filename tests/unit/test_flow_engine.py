"""The flow engine: keys, silence, mistakes and hang-ups, with literal times."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_flows import (
    SHIPPED,
    Digits,
    Ending,
    EnterLine,
    Facts,
    Flow,
    FlowError,
    HangUp,
    HungUp,
    LineResult,
    Prompt,
    RequestCallBack,
    Result,
    Say,
    Session,
    SessionError,
    Status,
    Step,
    TimedOut,
    WaitDigits,
    WaitLine,
    WaitResult,
    load,
)
from ivr_flows import resume as resume_in
from ivr_flows import start as start_in
from ivr_flows.answers import MAX_REPEATS
from tests.always_open import ALWAYS_OPEN

start, resume = partial(start_in, calendar=ALWAYS_OPEN), partial(resume_in, calendar=ALWAYS_OPEN)
GENERAL = load(SHIPPED / "general.yaml")
ACCESSIBILITY = load(SHIPPED / "accessibility.yaml")
STANDARD = Facts("+48221000100", accessibility=False)
SLOW = replace(STANDARD, accessibility=True)


def flow_of(tmp_path: Path, nodes: str, start_at: str) -> Flow:
    path = tmp_path / "flow.yaml"
    path.write_text(
        f"flow: test\nstart: {start_at}\nperson: person\n"
        'menu_words: {closing: {pl: "Zero.", en: "Zero, please."}, wrong_key: "Nie."}\n'
        f"nodes:\n  person: {{type: line, queue: support}}\n{nodes}",
        encoding="utf-8",
    )
    return load(path)


def said(step: Step) -> list[str]:
    return [prompt.text for action in step.actions if isinstance(action, Say) for prompt in action.prompts]


def line(step: Step) -> EnterLine:
    assert step.wait == WaitLine()
    first = step.actions[0]  # before the last words: an agent is sought while they are said
    assert isinstance(first, EnterLine)
    return first


def test_the_general_number_greets_and_asks_in_one_interruptible_breath() -> None:
    step = start(GENERAL, STANDARD, now=100.0)
    assert said(step)[0] == "Dzień dobry, tu MARSOFT."
    assert said(step)[1] == "Sprzedaż: jeden."
    (say,) = step.actions
    assert isinstance(say, Say)
    assert say.interruptible
    assert step.wait == WaitDigits(max_digits=1, timeout_s=6.0, terminator=None, keys="0123456789*#")
    assert step.session.started_at == 100.0


@pytest.mark.parametrize(
    ("key", "queue", "words"),
    [
        ("1", "sales", "Łączę z działem sprzedaży. Proszę czekać."),
        ("2", "support", "Łączę z pomocą techniczną. Proszę czekać."),
        ("3", "billing", "Łączę z działem rozliczeń. Proszę czekać."),
        ("0", "support", "Łączę z konsultantem. Proszę czekać."),
    ],
)
def test_a_key_leads_to_its_department_after_a_confirmation(key: str, queue: str, words: str) -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    step = resume(GENERAL, first.session, Digits(key), now=3.0)
    assert step.actions == (
        EnterLine(queue, accessibility=False, requires={}),
        Say((Prompt(words, "pl", slow=False),), interruptible=False),
    )
    assert step.wait == WaitLine()


def test_nine_slows_the_menu_and_changes_the_lane() -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    asked = resume(GENERAL, first.session, Digits("9"), now=3.0)
    assert isinstance(asked.wait, WaitDigits)
    assert asked.wait.timeout_s == 16.0
    (say,) = asked.actions
    assert isinstance(say, Say)
    assert all(prompt.slow for prompt in say.prompts)
    assert line(resume(GENERAL, asked.session, Digits("3"), now=9.0)) == EnterLine("billing", accessibility=True)


def test_a_remembered_preference_needs_no_key() -> None:
    step = start(GENERAL, SLOW, now=0.0)
    assert "Osoby ze szczególnymi potrzebami: dziewięć." not in said(step)
    assert line(resume(GENERAL, step.session, Digits("0"), now=9.0)) == EnterLine("support", accessibility=True)


def test_silence_repeats_the_menu_and_then_leads_to_a_person() -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    again = resume(GENERAL, first.session, TimedOut(), now=20.0)
    assert said(again) == said(first)[1:]
    assert line(resume(GENERAL, again.session, TimedOut(), now=40.0)) == EnterLine("support", accessibility=False)


def test_a_wrong_key_is_named_and_counts_as_an_attempt() -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    again = resume(GENERAL, first.session, Digits("4"), now=2.0)
    assert said(again)[0] == "Nie ma takiej opcji."
    last = resume(GENERAL, again.session, Digits("5"), now=4.0)
    assert said(last) == ["Nie ma takiej opcji.", "Łączę z konsultantem. Proszę czekać."]
    assert line(last).queue == "support"


def test_the_star_repeats_without_counting_as_a_mistake_but_not_for_ever() -> None:
    step = start(GENERAL, STANDARD, now=0.0)
    menu = said(step)[1:]
    for count in range(MAX_REPEATS):
        step = resume(GENERAL, step.session, Digits("*"), now=float(count))
        assert said(step) == menu
    assert line(resume(GENERAL, step.session, Digits("*"), now=99.0)).queue == "support"


def test_only_the_first_of_several_digits_counts_in_a_menu() -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    assert line(resume(GENERAL, first.session, Digits("19"), now=1.0)).queue == "sales"


@pytest.mark.parametrize("pressed", [TimedOut(), Digits("7"), Digits("2"), Digits("0"), Digits("")])
def test_the_accessibility_number_ends_with_a_person_whatever_is_pressed(pressed: Digits | TimedOut) -> None:
    first = start(ACCESSIBILITY, STANDARD, now=0.0)
    assert first.wait == WaitDigits(max_digits=1, timeout_s=10.0, terminator=None, keys="0123456789*#")
    entered = line(resume(ACCESSIBILITY, first.session, pressed, now=5.0))
    assert entered == EnterLine("support", accessibility=True)


@pytest.mark.parametrize(
    ("status", "actions"),
    [("answered", (HangUp(Ending.SERVED),)), ("failed", ())],
)
def test_the_end_of_the_line_hangs_up_only_on_who_was_served(status: str, actions: tuple[HangUp, ...]) -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    queued = resume(GENERAL, first.session, Digits("1"), now=3.0)
    step = resume(GENERAL, queued.session, LineResult(status), now=90.0)
    assert (step.actions, step.wait, step.session.ended) == (actions, None, True)


@pytest.mark.parametrize("keys", ["", "1"])
def test_a_hang_up_ends_the_flow_anywhere(keys: str) -> None:
    step = start(GENERAL, STANDARD, now=0.0)
    for key in keys:
        step = resume(GENERAL, step.session, Digits(key), now=1.0)
    ended = resume(GENERAL, step.session, HungUp(), now=2.0)
    assert (ended.actions, ended.wait) == ((), None)


def test_misuse_is_our_own_bug() -> None:
    first = start(GENERAL, STANDARD, now=0.0)
    with pytest.raises(SessionError, match="node `departments` does not wait for LineResult"):
        resume(GENERAL, first.session, LineResult("answered"), now=1.0)
    with pytest.raises(SessionError, match="belongs to general@"):
        resume(ACCESSIBILITY, first.session, TimedOut(), now=1.0)
    with pytest.raises(SessionError, match="has ended"):
        resume(GENERAL, replace(first.session, ended=True), TimedOut(), now=1.0)


def test_a_loop_without_a_wait_raises_instead_of_hanging(tmp_path: Path) -> None:
    loop = '  a: {type: say, say: "A.", next: b}\n  b: {type: say, say: "B.", next: a}\n'
    with pytest.raises(FlowError, match=r"flow.yaml:\d+:3: more than 1000 nodes without a wait"):
        start(flow_of(tmp_path, loop, "a"), STANDARD, now=0.0)


def test_a_flow_may_end_by_itself_after_its_words(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, '  bye: {type: hang_up, say: "Do widzenia.", reason: closed}\n', "bye")
    step = start(flow, STANDARD, now=0.0)
    farewell = Say((Prompt("Do widzenia.", "pl", slow=False),), interruptible=False)
    assert (step.actions, step.wait) == ((farewell, HangUp(Ending.CLOSED)), None)


def test_a_branch_asks_whether_the_caller_is_known(tmp_path: Path) -> None:
    nodes = (
        "  ask: {type: branch, when: [{if: {caller_known: true}, next: sales}], otherwise: person}\n"
        "  sales: {type: line, queue: sales}\n"
    )
    flow = flow_of(tmp_path, nodes, "ask")
    assert line(start(flow, replace(STANDARD, customer="1002"), now=0.0)).queue == "sales"
    assert start(flow, STANDARD, now=0.0).actions == (EnterLine("support", accessibility=False),)


def test_the_callers_language_is_spoken_where_there_is_a_translation(tmp_path: Path) -> None:
    menu = '  menu: {type: menu, choices: {1: {say: "Raz.", next: person}}}\n'
    step = start(flow_of(tmp_path, menu, "menu"), replace(STANDARD, language="en"), now=0.0)
    (say,) = step.actions
    assert isinstance(say, Say)
    assert say.prompts == (Prompt("Raz.", "pl", slow=False), Prompt("Zero, please.", "en", slow=False))


def test_a_session_survives_being_written_down() -> None:
    first = start(GENERAL, SLOW, now=1789.25)
    assert Session.from_json(first.session.to_json()) == first.session
    with pytest.raises(SessionError, match="not a session"):
        Session.from_json('{"flow": "general"}')


@given(
    pressed=st.lists(st.sampled_from([*"0123456789*#AD", None]), max_size=40),
    facts=st.sampled_from([STANDARD, SLOW]),
    flow=st.sampled_from([GENERAL, ACCESSIBILITY]),
)
def test_whatever_is_pressed_a_menu_leads_to_a_person_and_never_to_a_hang_up(
    pressed: list[str | None], facts: Facts, flow: Flow
) -> None:
    step = start(flow, facts, now=0.0)
    for key in [*pressed, *[None] * 4]:
        if step.wait == WaitLine():
            break
        if isinstance(step.wait, WaitResult):  # a person will call
            assert step.actions[-1] == RequestCallBack("support", True, None, None)  # noqa: FBT003
            step = resume(flow, step.session, Result(Status.REFUSED), now=2.0)  # or, if not this number, answers now
            break
        assert isinstance(step.wait, WaitDigits)
        step = resume(flow, step.session, TimedOut() if key is None else Digits(key), now=1.0)
    entered = line(step)
    assert entered.accessibility or not (facts.accessibility or flow.accessibility)
    assert not any(isinstance(action, HangUp) for action in step.actions)
