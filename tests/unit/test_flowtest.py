"""Tests of flows: what they play, what they say when a call went otherwise, and the mistakes in their own files."""

from pathlib import Path

import pytest

from ivr_flows import SHIPPED, FlowError
from ivr_flows.calendar import Calendar, Department, Span
from ivr_flows.flowtest import files_of_tests, read_tests
from telephony.cli import main
from tests.unit.flow_story import HEAD

CALENDAR = Calendar({"sales": Department(tuple((Span(480, 960),) for _ in range(7)), ())})
FLOW = """\
  hours: {type: hours, department: sales, open: outages, closed: shut}
  shut: {type: voicemail, say: "Zamknięte do {opening}. Proszę mówić.", next: bye, on_nothing: bye}
  outages: {type: announce, of: outages, next: told}
  told: {type: record, say: "Nagrywamy.", refuse_key: 9, next: who}
  who: {type: identify, by: pin, customer_number: "Numer.", pin: "PIN.", next: ask}
  ask: {type: lookup, what: balance, into: {amount: owed}, next: tell}
  tell: {type: say, say: "Do zapłaty {owed}.", next: back}
  back: {type: callback, queue: sales, next: line}
  line: {type: line, queue: sales, after: mark}
  mark: {type: survey, kind: csat, say: "Ocena.", next: file}
  file: {type: complaint, kind: other, into: ticket, next: bye}
  bye: {type: hang_up, say: "Do widzenia."}
"""
CRM = """\
crm:
  customers: [{number: "100200", phones: ["+48600100200"], pin: "4711", look_ups: {balance: {amount: "12.50"}}}]
  outages: [{pl: "Awaria."}]
"""
GOOD = """\
  - name: by day
    caller: "+48600100200"
    keys: "9,4711#,w5,answer,5"
    expect:
      - {ask: find_outages}
      - {say: "Awaria"}
      - {node: who}
      - {say: "Do zapłaty dwanaście złotych"}
      - {line: sales}
      - {keep: "csat 5"}
      - {ask: open_complaint}
      - {end: served}
    never: [{say: "Zamknięte"}, {record: start}]
  - name: at night
    at: 2026-11-23T22:00
    keys: "w4,#"
    expect: [{say: "jutro o ósmej"}, {ask: take_voicemail}, {end: voicemail}]
  - name: hangs up while speaking
    at: 2026-11-23T22:00
    keys: "w9,hangup"
    expect: [{ask: take_voicemail}, {end: voicemail}]
  - name: an emergency, and nothing said
    closed: [sales]
    expect: [{say: "Do widzenia"}, {end: self_served}]
    never: [{say: "Zamknięte"}]
  - name: recorded, with a secret
    caller: "+48600100200"
    keys: "w30,4711#,hangup"
    crm: {unavailable: [check_identity], customers: [{number: "100200", phones: ["+48600100200"]}]}
    expect: [{record: start}, {record: pause}, {record: resume}, {line: support}]
"""


def written(folder: Path, tests: str, crm: str = CRM) -> Path:
    variables = "owed: amount\n  ticket: ticket"
    (folder / "test.yaml").write_text(HEAD.format(start="hours", variables=variables) + FLOW, encoding="utf-8")
    path = folder / "test.flowtest.yaml"
    path.write_text(f"flow: test\n{crm}tests:\n{tests}", encoding="utf-8")
    return path


def test_calls_are_played_as_the_engine_serves_them(tmp_path: Path) -> None:
    tests = read_tests(written(tmp_path, GOOD))
    verdicts = tests.run(CALENDAR)
    assert [verdict.problem for verdict in verdicts] == [""] * 5
    assert tests.unvisited(verdicts) == ()
    assert not any("4711" in event.text for verdict in verdicts for event in verdict.played), "a secret is masked"


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("expect: [{say: Nagrywamy}, {line: billing}]", "expected line: „billing” after told say „Nagrywamy.”"),
        ("expect: [{end: closed}]", "expected end: „closed”; the call went on with: "),
        ("expect: [{say: Nagrywamy}]\n    never: [{line: support}]", "must never come: person line „support”"),
    ],
)
def test_a_difference_is_told_in_words(tmp_path: Path, test: str, problem: str) -> None:
    (verdict,) = read_tests(written(tmp_path, f"  - name: one\n    {test}\n")).run(CALENDAR)
    assert verdict.problem.startswith(problem)
    assert verdict.place == "test.flowtest.yaml:6:5"


@pytest.mark.parametrize(
    ("test", "crm", "message"),
    [
        ("expect: []", CRM, "test.flowtest.yaml:7:13: "),
        ("expect: [{}]", CRM, "test.flowtest.yaml:7:14: "),
        ("expect: [{say: ''}]", CRM, "test.flowtest.yaml:7:20: "),
        ("caller: me\n    expect: [{say: x}]", CRM, "test.flowtest.yaml:7:13: "),
        ("at: noon\n    expect: [{say: x}]", CRM, "test.flowtest.yaml:7:9: 'noon' is no time"),
        ("closed: [sales, suport]\n    expect: [{say: x}]", CRM, "test.flowtest.yaml:7:13: the calendar has no"),
        ("keys: answer\n    expect: [{say: x}]", CRM, "test.flowtest.yaml:7:11: `answer` comes where"),
        ("expect: [{say: x}]", "at: 5:61\n" + CRM, "test.flowtest.yaml:7:5: '5:61' is no time"),
        ("expect: [{sings: x}]", CRM, "test.flowtest.yaml:7:22: "),
        ("keys: 1,x\n    expect: [{say: x}]", CRM, "test.flowtest.yaml:7:11: `x` is neither keys"),
        ("expect: [{say: x}]", "crm: {ticket: [1]}\n", "test.flowtest.yaml:2:15: "),
        (
            "expect: [{say: x}]",
            'crm: {customers: [{number: "1", look_ups: {balance: {height: 1}}}]}\n',
            "test.flowtest.yaml:2:53: `balance` does not tell 'height'; it tells amount, due",
        ),
        (
            "crm: {customers: [{number: '1', look_ups: {balance: {amount: x}}}]}\n    expect: [{say: x}]",
            CRM,
            "test.flowtest.yaml:7:57: `balance`: a whole number is expected",
        ),
    ],
)
def test_a_mistake_in_a_test_has_its_place(tmp_path: Path, test: str, crm: str, message: str) -> None:
    path = written(tmp_path, f"  - name: one\n    {test}\n", crm)
    with pytest.raises(FlowError) as raised:
        read_tests(path).run(CALENDAR)
    assert str(raised.value).startswith(message)


def test_what_a_file_tells_of_all_its_tests_holds_where_a_test_does_not_tell_it(tmp_path: Path) -> None:
    tests = (
        "  - name: by night\n    expect: [{say: Zamknięte}]\n"
        "  - name: by day\n    at: 2026-11-23T10:00\n    line: answered\n    expect: [{line: support}, {end: served}]\n"
    )
    usual = 'at: 2026-11-23T22:00\nline: overflow\ncaller: "+48600100200"\n'
    file = read_tests(written(tmp_path, tests, usual + CRM))
    assert [verdict.problem for verdict in file.run(CALENDAR)] == ["", ""]
    assert [(case.caller, case.line) for case in file.cases] == [
        ("+48600100200", "overflow"),
        ("+48600100200", "answered"),
    ]


def test_a_test_of_no_flow_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lost.flowtest.yaml"
    path.write_text("flow: lost\ntests: [{name: one, expect: [{say: x}]}]\n", encoding="utf-8")
    with pytest.raises(FlowError, match="there is no flow `lost` beside this file"):
        read_tests(path)


def test_the_command_tells_what_failed_and_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = written(tmp_path, "  - name: one\n    expect: [{line: support}]\n")
    assert main(["flow", "test", str(good)]) == 0
    out = capsys.readouterr().out
    assert out.endswith("1 tests, 0 failed\n")
    assert "warning: no test comes to `shut`" in out
    written(tmp_path, "  - name: two\n    expect: [{line: billing}]\n")
    assert main(["flow", "test", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert f"{tmp_path}/test.flowtest.yaml:6:5: two: expected line: „billing”" in out
    assert "->" in out
    (marked,) = (line for line in out.splitlines() if line.startswith("->"))
    assert marked.endswith("outages              ask          find_outages"), "from the first event on nothing matched"
    assert "person               line         support" in out
    (tmp_path / "test.flowtest.yaml").unlink()
    assert main(["flow", "test", str(tmp_path)]) == 1
    assert "there is no *.flowtest.yaml to play" in capsys.readouterr().err


def test_every_node_of_the_shipped_flows_is_come_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "test"]) == 0
    assert "warning" not in capsys.readouterr().out


@pytest.mark.parametrize("file", files_of_tests(SHIPPED), ids=lambda file: file.name)
def test_the_shipped_flows_do_what_their_tests_say(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "test", str(file)]) == 0, capsys.readouterr().out
