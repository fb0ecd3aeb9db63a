"""Nodes that ask the house: hours, announcements, look-ups, call-backs, complaints, voicemail, transfers, sub-flows."""

from pathlib import Path

import pytest

from ivr_flows import (
    Digits,
    Ending,
    Facts,
    FindOutages,
    HangUp,
    LookUp,
    OpenComplaint,
    RequestCallBack,
    Result,
    SessionError,
    Status,
    TakeVoicemail,
    TimedOut,
    Transfer,
    WaitLine,
    WaitResult,
    load,
)
from ivr_flows.calendar import Calendar, Closure, Department, Exceptional, Span
from ivr_flows.calendar import local as local_time
from ivr_flows.variables import Value
from tests.unit.flow_story import DID, KNOWN, STANDARD, Caller, flow_of

OK, REFUSED, UNAVAILABLE = Result(Status.OK), Result(Status.REFUSED), Result(Status.UNAVAILABLE)
DAY = tuple((Span(480, 960),) for _ in range(7))  # 08:00 to 16:00
MONDAY_10 = 1795424400.0  # 2026-11-23T10:00+01:00
NODES = """\
  open: {type: hang_up, say: "Otwarte."}
  closed: {type: hang_up, say: "Zamknięte. Zapraszamy {opening}.", reason: closed}
"""


def hours(folder: Path, now: float, more: str = "", **closures: Closure) -> Caller:
    nodes = f"  first: {{type: hours, department: sales, open: open, closed: closed{more}}}\n{NODES}"
    calendar = Calendar({"sales": Department(DAY, ())}, closures)
    return Caller(flow_of(folder, nodes), calendar=calendar, now=now)


def test_a_department_is_open_or_says_when_it_will_be(tmp_path: Path) -> None:
    assert local_time(MONDAY_10).isoformat() == "2026-11-23T10:00:00+01:00"
    assert hours(tmp_path, MONDAY_10).said == ["Otwarte."]
    night = hours(tmp_path, MONDAY_10 + 12 * 3600)
    assert night.said == ["Zamknięte. Zapraszamy jutro o ósmej."]
    assert night.did(HangUp) == [HangUp(Ending.CLOSED)]


def test_holidays_and_emergencies_may_have_words_of_their_own(tmp_path: Path) -> None:
    christmas_eve = MONDAY_10 + 31 * 86400
    assert hours(tmp_path, christmas_eve, ", holiday: open").said == ["Otwarte."]
    assert hours(tmp_path, christmas_eve).node == "closed"
    fire = Closure("pożar")
    assert hours(tmp_path, MONDAY_10, ", emergency: open", sales=fire).said == ["Otwarte."]
    lasting = hours(tmp_path, MONDAY_10, sales=fire)
    assert lasting.said == [], "nobody knows when: a sentence that would have to say it is left out"
    assert lasting.step.unsaid == ("`opening` is not known",)


def test_what_is_out_of_order_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    nodes = """\
  first: {type: announce, of: outages, budget_s: 0.5, next: quiet, affected: told}
  quiet: {type: hang_up, say: "Cisza."}
  told: {type: hang_up, say: "Pracujemy."}
"""
    flow = flow_of(tmp_path, nodes)
    caller = Caller(flow, KNOWN)
    assert (caller.step.actions, caller.step.wait) == ((FindOutages("100200"),), WaitResult(0.5))
    caller.gives(Result(Status.OK, texts=({"pl": "Awaria\n na Polnej."}, {"de": "Nichts"}, {"pl": "\x07"})))
    assert caller.said == ["Awaria na Polnej.", "Pracujemy."]
    for nothing in (OK, UNAVAILABLE):
        caller = Caller(flow)
        assert caller.step.actions == (FindOutages(None),)
        caller.gives(nothing)
        assert caller.said == ["Cisza."]


LOOK_UP = """\
  first: {type: identify, by: pin, customer_number: "Numer.", pin: "PIN.", next: ask}
  ask:
    type: lookup
    what: last_invoice
    into: {amount: amount, due: due, paid: paid}
    next: tell
    on_missing: missing
    on_unavailable: unavailable
  tell:
    type: branch
    when: [{if: {paid: true}, next: paid}, {if: {amount: {more: 100}}, next: owed}]
    otherwise: small
  paid: {type: hang_up, say: "Zapłacona."}
  owed: {type: hang_up, say: "Do zapłaty {amount}, do {due}."}
  small: {type: hang_up, say: "Niewiele."}
  missing: {type: hang_up, say: "Brak."}
  unavailable: {type: say, say: "Nie wiem.", next: person}
"""
INVOICE: dict[str, Value] = {"amount": 12350, "due": "2026-12-24", "paid": False, "number": "77", "more": "ignored"}


def looked_up(folder: Path, result: Result) -> Caller:
    caller = Caller(flow_of(folder, LOOK_UP, variables="amount: amount; due: date; paid: boolean"), KNOWN)
    caller.gives(Digits("1234"))
    caller.gives(OK)
    assert (caller.step.actions, caller.step.wait) == ((LookUp("last_invoice", "100200"),), WaitResult(1.0))
    caller.gives(result)
    return caller


def test_the_answer_of_a_look_up_is_said_in_words(tmp_path: Path) -> None:
    caller = looked_up(tmp_path, Result(Status.OK, INVOICE))
    amount, day = "sto dwadzieścia trzy złote pięćdziesiąt groszy", "dwudziestego czwartego grudnia"
    assert caller.said == [f"Do zapłaty {amount}, do {day}."]
    assert "more" not in caller.step.session.variables
    assert looked_up(tmp_path, Result(Status.OK, INVOICE | {"paid": True})).said == ["Zapłacona."]
    assert looked_up(tmp_path, Result(Status.OK, INVOICE | {"amount": 50})).said == ["Niewiele."]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (REFUSED, "Brak."),
        (Result(Status.OK, {}), "Brak."),
        (Result(Status.OK, {"amount": "a lot", "due": "soon", "paid": "no"}), "Brak."),
        (UNAVAILABLE, "Nie wiem."),
    ],
)
def test_without_an_answer_the_flow_says_so(tmp_path: Path, result: Result, words: str) -> None:
    assert looked_up(tmp_path, result).said == [words]


def test_nobody_hears_what_they_have_not_proven_to_be_theirs(tmp_path: Path) -> None:
    nodes = LOOK_UP.replace('by: pin, customer_number: "Numer.", pin: "PIN."', "by: number")
    caller = Caller(flow_of(tmp_path, nodes, variables="amount: amount; due: date; paid: boolean"), KNOWN)
    assert caller.said == ["Brak."]
    assert not caller.did(LookUp)


def test_a_secret_goes_to_a_look_up_and_nowhere_else(tmp_path: Path) -> None:
    nodes = """\
  first: {type: identify, by: number, next: code}
  code: {type: collect, say: "Kod.", into: code, min_digits: 6, max_digits: 6, next: ask}
  ask: {type: lookup, what: line_diagnosis, into: {state: state}, secrets: {code: code}, next: done}
  done: {type: hang_up, say: "{state}"}
"""
    caller = Caller(flow_of(tmp_path, nodes, variables="state: text; code: secret"), KNOWN)
    caller.gives(Digits("123456"))
    (asked,) = caller.did(LookUp)
    assert isinstance(asked, LookUp)
    assert asked.secrets["code"].get_secret_value() == "123456"
    assert "123456" not in repr(asked)


def test_a_call_back_keeps_the_place_and_is_the_calls_outcome(tmp_path: Path) -> None:
    nodes = """\
  first: {type: callback, queue: sales, caller_id: "+48221000100", next: bye, on_refused: sorry}
  bye: {type: hang_up, say: "Oddzwonimy."}
  sorry: {type: say, say: "Nie możemy.", next: person}
"""
    caller = Caller(flow_of(tmp_path, nodes), Facts(DID, accessibility=True))
    assert caller.step.actions == (RequestCallBack("sales", accessibility=True, number=None, caller_id=DID),)
    caller.gives(OK)
    assert caller.did(HangUp) == [HangUp(Ending.CALLBACK)]
    other = Caller(flow_of(tmp_path, nodes))
    other.gives(REFUSED)
    assert (other.said, other.step.wait) == (["Nie możemy."], WaitLine())


def test_a_call_back_to_a_number_that_was_keyed_in(tmp_path: Path) -> None:
    nodes = """\
  first: {type: collect, say: "Numer.", into: number, min_digits: 9, max_digits: 9, next: ask}
  ask: {type: callback, queue: sales, number: number, next: bye}
  bye: {type: hang_up}
"""
    caller = Caller(flow_of(tmp_path, nodes, variables="number: digits"))
    caller.gives(Digits("600100200"))
    assert caller.did(RequestCallBack) == [RequestCallBack("sales", False, "600100200", None)]  # noqa: FBT003


def test_a_message_is_the_calls_outcome_and_silence_is_none(tmp_path: Path) -> None:
    nodes = """\
  first: {type: voicemail, say: "Proszę mówić.", queue: sales, max_s: 60, into: spoken, next: bye, on_nothing: bye}
  bye: {type: hang_up}
"""
    flow = flow_of(tmp_path, nodes, variables="spoken: recording")
    caller = Caller(flow)
    assert caller.step.actions[-1] == TakeVoicemail("message", "sales", 60)
    assert caller.step.wait == WaitResult(None)
    caller.gives(Result(Status.OK, {"recording": "r-1"}))
    assert caller.did(HangUp) == [HangUp(Ending.VOICEMAIL)]
    assert caller.step.session.variables == {"spoken": "r-1"}
    silent = Caller(flow)
    silent.gives(REFUSED)
    assert silent.did(HangUp) == [HangUp(Ending.SELF_SERVED)]
    broken = Caller(flow)
    broken.gives(UNAVAILABLE)
    assert broken.step.wait == WaitLine()


def test_a_complaint_is_filed_with_what_was_gathered_and_its_number_said(tmp_path: Path) -> None:
    nodes = """\
  first: {type: collect, say: "Od kiedy?", into: since, min_digits: 8, max_digits: 8, next: file}
  file: {type: complaint, kind: billing, elements: {since: since, spoken: spoken}, into: ticket, next: bye}
  bye: {type: hang_up, say: "Numer {ticket}."}
"""
    flow = flow_of(tmp_path, nodes, variables="since: date; spoken: recording; ticket: ticket")
    caller = Caller(flow, KNOWN)
    caller.gives(Digits("01112026"))
    assert caller.did(OpenComplaint) == [OpenComplaint("billing", None, {"since": "2026-11-01"})]
    caller.gives(Result(Status.OK, {"number": "12345"}))
    assert caller.said == ["Numer jeden dwa trzy, cztery pięć."]
    for bad in (UNAVAILABLE, Result(Status.OK, {"number": "no number"})):
        other = Caller(flow)
        other.gives(Digits("01112026"))
        other.gives(bad)
        assert other.step.wait == WaitLine()


def test_a_transfer_goes_to_permitted_numbers_only(tmp_path: Path) -> None:
    (tmp_path / "numbers.yaml").write_text('transfers: {partner: "+48221000999"}\n', encoding="utf-8")
    flow = flow_of(tmp_path, '  first: {type: transfer, to: partner, say: "Łączę."}\n')
    caller = Caller(flow)
    assert caller.step.actions[-1] == Transfer("+48221000999")
    caller.gives(OK)
    assert caller.did(HangUp) == [HangUp(Ending.TRANSFERRED_OUT)]
    other = Caller(flow)
    other.gives(REFUSED)
    assert other.step.wait == WaitLine()


SUB = """\
flow: sub
start: ask
person: own_person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
variables: {mark: number}
nodes:
  ask: {type: menu, choices: {1: {say: "Jeden.", next: keep}}}
  keep: {type: set, values: {mark: 7}, next: back}
  back: {type: return}
  own_person: {type: line, queue: billing}
"""


def test_a_sub_flow_returns_with_what_it_has_found(tmp_path: Path) -> None:
    nodes = '  first: {type: sub_flow, flow: sub, next: done}\n  done: {type: hang_up, say: "{mark}"}\n'
    flow = flow_of(tmp_path, nodes, variables="mark: number", sub=SUB)
    caller = Caller(flow)
    assert (caller.step.session.within, caller.node) == ("sub", "ask")
    caller.gives(Digits("1"))
    assert caller.said == ["siedem"]
    assert caller.step.session.within == "test"
    impatient = Caller(flow)
    impatient.gives(Digits("0"))
    assert impatient.node == "own_person"


def test_a_sub_flow_that_answers_a_number_by_itself_ends_with_its_person(tmp_path: Path) -> None:
    flow_of(tmp_path, "  first: {type: sub_flow, flow: sub, next: person}\n", variables="mark: number", sub=SUB)
    caller = Caller(load(tmp_path / "sub.yaml"), STANDARD)
    caller.gives(Digits("1"))
    assert caller.step.wait == WaitLine()


def test_settings_of_the_call_change_what_follows(tmp_path: Path) -> None:
    nodes = """\
  first: {type: set, language: en, accessibility: true, values: {name: "Ala", sum: "12.50", ok: yes}, next: menu}
  menu: {type: menu, choices: {1: {say: {pl: "Jeden.", en: "One."}, next: person}}}
"""
    caller = Caller(flow_of(tmp_path, nodes, variables="name: text; sum: amount; ok: boolean"))
    assert caller.said == ["One.", "Zero."]
    assert caller.step.session.variables == {"name": "Ala", "sum": 1250, "ok": True}
    assert caller.step.session.accessibility


def test_an_answer_nobody_asked_for_is_our_own_bug(tmp_path: Path) -> None:
    caller = Caller(flow_of(tmp_path, "  first: {type: menu, choices: {1: {say: Jeden., next: person}}}\n"))
    with pytest.raises(SessionError, match="node `first` has asked nothing"):
        caller.gives(OK)
    caller.gives(Digits("1"))
    with pytest.raises(SessionError, match="does not wait for TimedOut"):
        caller.gives(TimedOut())


def test_exceptional_hours_hold_too(tmp_path: Path) -> None:
    day = local_time(MONDAY_10).date()
    calendar = Calendar({"sales": Department(DAY, (), (Exceptional(day, day, (), "inwentaryzacja"),))})
    nodes = f"  first: {{type: hours, department: sales, open: open, closed: closed}}\n{NODES}"
    assert Caller(flow_of(tmp_path, nodes), calendar=calendar, now=MONDAY_10).node == "closed"
