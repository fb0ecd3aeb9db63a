"""Nodes that ask for keys: collect, identify, survey, record; what is pressed, mistyped, forgotten and refused."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr_flows import (
    CheckIdentity,
    Digits,
    Ending,
    EnterLine,
    Facts,
    HangUp,
    Identity,
    KeepAnswer,
    LineResult,
    PauseRecording,
    Result,
    ResumeRecording,
    Session,
    StartRecording,
    Status,
    TimedOut,
    WaitDigits,
    WaitLine,
    WaitResult,
)
from ivr_flows.engine import MAX_WAITS
from tests.unit.flow_story import DID, KNOWN, STANDARD, Caller, flow_of

COLLECT = """\
  first:
    type: collect
    say: "Numer."
    into: number
    min_digits: 3
    max_digits: 6
    confirm: "{number|digits}. Zgadza się: jeden. Poprawka: dwa."
    next: done
  done: {type: hang_up, say: "Numer {number}."}
"""
IDENTIFY = """\
  first: {type: identify, by: pin, customer_number: "Numer klienta.", pin: "PIN.", next: done, on_unknown: unknown}
  done: {type: hang_up}
  unknown: {type: say, say: "Nie udało się.", next: person}
"""
RECORD = """\
  first: {type: record, say: "Rozmowa jest nagrywana. Bez nagrania: dziewięć.", refuse_key: 9, next: pin}
  pin: {type: collect, say: "Kod.", into: code, min_digits: 4, max_digits: 6, next: menu}
  menu: {type: menu, choices: {1: {say: "Jeden.", next: pin}}}
"""


def test_digits_are_read_back_and_confirmed(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"))
    assert caller.said == ["Numer.", "Krzyżyk."]
    assert caller.step.wait == WaitDigits(6, 6.0, "#", "0123456789*#", enders="*")
    caller.gives(Digits("1234"))
    assert caller.said == ["jeden dwa, trzy cztery. Zgadza się: jeden. Poprawka: dwa."]
    caller.gives(Digits("1"))
    assert caller.did(HangUp)


def test_a_correction_asks_again_and_forgets_what_was_wrong(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"))
    caller.gives(Digits("1234"))
    caller.gives(Digits("2"))
    assert caller.said == ["Numer.", "Krzyżyk."]
    assert caller.step.session.variables == {}
    caller.gives(Digits("5678"))
    caller.gives(Digits("7"))
    assert caller.node == "person", "two mistakes in one question lead to a person"


def test_the_star_reads_back_once_more(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"))
    caller.gives(Digits("1234"))
    words = caller.said
    caller.gives(Digits("*"))
    assert caller.said == words


def test_the_star_clears_what_was_keyed_in(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"))
    caller.gives(Digits("12*"))
    assert caller.said == ["Numer.", "Krzyżyk."]
    assert caller.step.session.failures == 0


@pytest.mark.parametrize("before", ["", "1234"])
def test_a_lone_zero_reaches_a_person(tmp_path: Path, before: str) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"))
    if before:
        caller.gives(Digits(before))
    caller.gives(Digits("0"))
    assert caller.step.wait == WaitLine()


@pytest.mark.parametrize("wrong", [Digits("12"), Digits("1234567"), TimedOut()])
def test_mistakes_and_silence_lead_to_a_person_at_last(tmp_path: Path, wrong: Digits | TimedOut) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"))
    caller.gives(wrong)
    assert caller.said == [*([] if isinstance(wrong, TimedOut) else ["Źle."]), "Numer.", "Krzyżyk."]
    caller.gives(wrong)
    assert caller.step.wait == WaitLine()


def test_what_is_keyed_in_has_to_be_of_the_variables_type(tmp_path: Path) -> None:
    nodes = """\
  first: {type: collect, say: "Dzień.", into: day, min_digits: 8, max_digits: 8, next: done}
  done: {type: hang_up, say: "{day|date_year}"}
"""
    caller = Caller(flow_of(tmp_path, nodes, variables="day: date"))
    caller.gives(Digits("31022026"))
    assert caller.said[0] == "Źle."
    caller.gives(Digits("24122026"))
    assert caller.said == ["dwudziestego czwartego grudnia dwa tysiące dwudziestego szóstego roku"]


def test_who_needs_more_time_gets_twice_as_much(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, COLLECT, variables="number: digits"), Facts(DID, accessibility=True))
    assert isinstance(caller.step.wait, WaitDigits)
    assert caller.step.wait.timeout_s == 12.0


# -- identification -------------------------------------------------------------------------------------------------


def test_customer_number_and_pin_prove_who_calls(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, IDENTIFY))
    assert caller.said == ["Numer klienta.", "Krzyżyk."]
    caller.gives(Digits("100200"))
    assert caller.said == ["PIN.", "Krzyżyk."]
    wait = caller.step.wait
    assert isinstance(wait, WaitDigits)
    assert wait.secret
    caller.gives(Digits("4711"))
    assert caller.step.actions == (CheckIdentity("100200", SecretStr("4711")),)
    assert caller.step.wait == WaitResult(2.0)
    assert "4711" not in repr(caller.step) + caller.step.session.to_json()
    caller.gives(Result(Status.OK))
    assert (caller.step.session.identity, caller.step.session.customer) == (Identity.PIN, "100200")
    assert caller.did(HangUp)


def test_a_known_number_is_asked_for_its_pin_alone_and_after_a_mistake_for_both(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, IDENTIFY), KNOWN)
    assert caller.said == ["PIN.", "Krzyżyk."]
    caller.gives(Digits("1111"))
    caller.gives(Result(Status.REFUSED))
    assert caller.said == ["Źle.", "Numer klienta.", "Krzyżyk."]
    caller.gives(Digits("300400"))
    caller.gives(Digits("2222"))
    assert caller.step.actions == (CheckIdentity("300400", SecretStr("2222")),)
    caller.gives(Result(Status.REFUSED))
    assert caller.said == ["Źle.", "Nie udało się."]
    assert caller.step.session.identity is Identity.NONE


@pytest.mark.parametrize("result", [Result(Status.UNAVAILABLE), Result(Status.REFUSED, {"blocked": True})])
def test_who_cannot_be_checked_is_not_asked_again(tmp_path: Path, result: Result) -> None:
    caller = Caller(flow_of(tmp_path, IDENTIFY), KNOWN)
    caller.gives(Digits("1111"))
    caller.gives(result)
    assert caller.said == ["Nie udało się."]


@pytest.mark.parametrize("typed", ["12", "12#4"])
def test_a_number_that_is_none_is_not_looked_up(tmp_path: Path, typed: str) -> None:
    caller = Caller(flow_of(tmp_path, IDENTIFY))
    caller.gives(Digits(typed))
    assert caller.said == ["Źle.", "Numer klienta.", "Krzyżyk."]
    caller.gives(Digits("100200"))
    caller.gives(Digits(typed))
    assert caller.said == ["Źle.", "Nie udało się."]


def test_identified_once_is_enough(tmp_path: Path) -> None:
    again = IDENTIFY.replace("done: {type: hang_up}", "done: {type: menu, choices: {1: {say: Jeden., next: first}}}")
    caller = Caller(flow_of(tmp_path, again), KNOWN)
    caller.gives(Digits("1111"))
    caller.gives(Result(Status.OK))
    caller.gives(Digits("1"))
    assert caller.node == "done"


@pytest.mark.parametrize(("facts", "node"), [(KNOWN, "done"), (STANDARD, "person")])
def test_the_number_that_calls_identifies_but_proves_nothing(tmp_path: Path, facts: Facts, node: str) -> None:
    caller = Caller(
        flow_of(tmp_path, "  first: {type: identify, by: number, next: done}\n  done: {type: hang_up}\n"), facts
    )
    assert caller.node == node
    assert caller.step.session.identity is (Identity.NUMBER if facts is KNOWN else Identity.NONE)


# -- recording ------------------------------------------------------------------------------------------------------


def test_a_recording_never_hears_a_secret(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, RECORD, variables="code: secret"))
    assert caller.did(StartRecording) == []
    caller.gives(TimedOut())
    assert caller.step.actions[:2] == (StartRecording(), PauseRecording())
    caller.gives(Digits("918273"))
    assert caller.step.actions[0] == ResumeRecording()
    assert "918273" not in repr(caller.step)
    caller.gives(Digits("1"))
    assert caller.did(PauseRecording)
    caller.gives(Digits("0"))
    assert caller.step.actions == (ResumeRecording(), EnterLine("support", accessibility=False))


@pytest.mark.parametrize("key", ["9", "0"])
def test_who_refuses_goes_on_unrecorded(tmp_path: Path, key: str) -> None:
    caller = Caller(flow_of(tmp_path, RECORD, variables="code: secret"))
    caller.gives(Digits(key))
    assert caller.node == ("pin" if key == "9" else "person")
    assert not caller.did(StartRecording)
    assert not caller.did(PauseRecording)


def test_a_recording_is_announced_once(tmp_path: Path) -> None:
    nodes = RECORD.replace("next: pin}}}", "next: first}}}")
    caller = Caller(flow_of(tmp_path, nodes, variables="code: secret"))
    caller.gives(Digits("*"))
    assert len(caller.said) == 1
    caller.gives(Digits("9"))
    caller.gives(Digits("918273"))
    caller.gives(Digits("1"))
    assert caller.said == ["Kod.", "Krzyżyk."]


def test_a_session_that_was_read_back_has_forgotten_its_secrets(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, RECORD, variables="code: secret"))
    caller.gives(Digits("9"))
    caller.gives(Digits("918273"))
    session = caller.step.session
    assert session.secrets["code"].get_secret_value() == "918273"
    assert Session.from_json(session.to_json()).secrets == {}


# -- surveys --------------------------------------------------------------------------------------------------------


def survey(folder: Path, kind: str) -> Caller:
    nodes = f"""\
  first: {{type: survey, kind: {kind}, say: "Ocena.", into: mark, next: done}}
  done: {{type: hang_up, say: "Dziękujemy."}}
"""
    return Caller(flow_of(folder, nodes, variables="mark: number"))


@pytest.mark.parametrize(("kind", "digits"), [("csat", "5"), ("csat", "1"), ("nps", "10"), ("nps", "0")])
def test_an_answer_is_kept(tmp_path: Path, kind: str, digits: str) -> None:
    caller = survey(tmp_path, kind)
    caller.gives(Digits(digits))
    assert caller.did(KeepAnswer) == [KeepAnswer(kind, int(digits))]
    assert caller.step.session.variables == {"mark": int(digits)}


@pytest.mark.parametrize(("kind", "given"), [("csat", Digits("7")), ("nps", Digits("11")), ("nps", TimedOut())])
def test_no_answer_is_no_mistake(tmp_path: Path, kind: str, given: Digits | TimedOut) -> None:
    caller = survey(tmp_path, kind)
    caller.gives(given)
    assert caller.said[-1] == "Ocena."
    caller.gives(given)
    assert caller.said[-1] == "Dziękujemy."
    assert caller.did(HangUp)
    assert not caller.did(KeepAnswer)


def test_after_the_talk_comes_what_the_line_says(tmp_path: Path) -> None:
    nodes = """\
  first: {type: line, queue: sales, after: ask, on_overflow: bye}
  ask: {type: survey, kind: csat, say: "Ocena.", next: bye}
  bye: {type: hang_up, reason: closed}
"""
    caller = Caller(flow_of(tmp_path, nodes))
    caller.gives(LineResult("answered"))
    caller.gives(Digits("4"))
    assert caller.step.actions == (KeepAnswer("csat", 4), HangUp(Ending.SERVED))
    other = Caller(flow_of(tmp_path, nodes))
    other.gives(LineResult("overflow"))
    assert other.step.actions == (HangUp(Ending.CLOSED),)


def test_a_caller_who_goes_round_in_circles_comes_to_a_person(tmp_path: Path) -> None:
    nodes = "  first: {type: menu, choices: {1: {say: Jeden., next: first}}}\n"
    caller = Caller(flow_of(tmp_path, nodes))
    for _ in range(MAX_WAITS):
        assert caller.gives(Digits("1")).wait != WaitLine()
    assert caller.gives(Digits("1")).wait == WaitLine()


def test_a_menu_may_do_without_its_built_in_keys(tmp_path: Path) -> None:
    nodes = """\
  first:
    type: menu
    without_person: "a person has just hung up"
    without_repeat: "there is only one choice"
    choices: {1: {say: Jeden., next: bye}}
  bye: {type: hang_up}
"""
    caller = Caller(flow_of(tmp_path, nodes))
    assert caller.said == ["Jeden."]
    for key in "0*":
        caller.gives(Digits(key))
    assert caller.node == "person"
