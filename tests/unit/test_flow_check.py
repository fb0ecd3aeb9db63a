"""The checker: each rule with a flow that breaks it, at its exact place; the sound flow breaks none."""

import json
import re
from pathlib import Path

import pytest

from ivr_flows import SHIPPED
from ivr_flows.check import FIXES, check
from ivr_flows.loading import flow_files
from telephony import cli

HEAD = """\
flow: t
start: ask
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  person: {type: line, queue: support}
  ask:
    type: menu
    choices:
      1: {say: "Pomoc: jeden.", next: person}
"""
MANY = "".join(f'      {key}: {{say: "{word}", next: person}}\n' for key, word in enumerate(
    ("dwa", "trzy", "cztery", "pięć", "sześć"), start=2))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (HEAD, []),
        ("- a\n", [(1, 1, "not-a-flow")]),
        (HEAD + '      1: {say: "jeden", next: person}\n', [(11, 7, "duplicate-key")]),
        (HEAD + "    speed: 1\n    colour: red\n", [(11, 5, "unknown-key"), (12, 5, "unknown-key")]),
        (HEAD + "    attempts: 9\n", [(11, 15, "wrong-value")]),
        (HEAD + "    timeout_s: 2\n", [(11, 16, "timeout-under-minimum")]),
        (
            HEAD.replace("next: person", "next: nobody").replace("start: ask", "start: nowhere"),
            [(2, 8, "unknown-node"), (10, 39, "unknown-node")],
        ),
        (HEAD.replace("person: person", "person: nobody", 1), [(3, 9, "unknown-node")]),
        (HEAD.replace("person: person", "person: ask", 1), [(3, 9, "no-person")]),
        (HEAD + "    on_timeout: end\n  end: {type: hang_up}\n", [(11, 17, "no-person")]),
        (HEAD + "  b: {type: hang_up}\n  c: {type: hang_up}\n",
         [(11, 3, "unreachable-node"), (12, 3, "unreachable-node")]),
        (
            HEAD.replace("start: ask", "start: a")
            + "  a: {type: branch, when: [{if: {caller_known: true}, next: b}], otherwise: ask}\n"
            '  b: {type: say, say: "B.", next: c}\n  c: {type: say, say: "C.", next: b}\n',
            [(12, 3, "loop-without-wait"), (13, 3, "loop-without-wait")],
        ),
        (HEAD.replace('"Zero."', '{pl: "Zero.", en: "Zero."}').replace('"Nie."', '{pl: "Nie.", en: "No."}'),
         [(10, 16, "missing-translation")]),
        (HEAD.replace("jeden", "dwa"), [(10, 16, "choice-not-said")]),
        (
            HEAD + '      3: {say: "trzy", next: person}\n      9: {say: "dziewięć", next: person}\n',
            [(10, 7, "choice-gap")],
        ),
        (HEAD + MANY, [(7, 3, "many-choices")]),
        (HEAD.replace("jeden", "jeden" + " a" * 120), [(10, 16, "long-prompt")]),
    ],
)  # fmt: skip
def test_every_finding_has_its_place(text: str, places: list[tuple[int, int, str]], tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text, encoding="utf-8")
    assert [(each.line, each.column, each.rule) for each in check(path)] == places
    assert all(each.fix == FIXES[each.rule] and each.file == str(path) for each in check(path))


def test_a_loop_through_a_branch_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        HEAD.replace("start: ask", "start: a")
        + "  a: {type: branch, when: [{if: {accessibility: true}, next: ask}], otherwise: b}\n"
        "  b: {type: set, accessibility: true, next: a}\n",
        encoding="utf-8",
    )
    assert {each.severity for each in check(path)} == {"warning"}
    assert cli.main(["flow", "check", str(path)]) == 0
    assert f"{path}:11:3: warning loop-without-wait: `a` leads back" in capsys.readouterr().out


def test_the_shipped_flows_are_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))  # where no sound has been made, none is missed
    assert cli.main(["flow", "check"]) == 0
    assert capsys.readouterr().out == ""
    assert [path for path in flow_files(SHIPPED) if check(path)] == []


def test_an_error_is_status_1_and_json_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.yaml"
    assert cli.main(["flow", "check", "--json", str(missing)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert set(found) == {"file", "line", "column", "rule", "severity", "message", "fix"}
    assert (found["file"], found["line"], found["severity"]) == (str(missing), 1, "error")


def test_a_reason_to_leave_something_out_is_told_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(HEAD + "    without_repeat: one short sentence\n", encoding="utf-8")
    assert cli.main(["flow", "check", str(path)]) == 0
    (told, fix) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+:\d+: info without-repeat: `ask`: one short sentence", told)
    assert fix == "  fix: take `without_repeat` out unless the reason holds"


def test_a_wrong_option_is_misuse() -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["flow", "check", "--loud"])
    assert ended.value.code == 2


WAYS = """\
flow: t
start: ask
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie.", collecting: "Krzyżyk."}
variables: {owed: amount, other: text, code: digits}
nodes:
"""
LOOK_UP = """\
  ask: {type: identify, by: number, next: look}
  look: {type: lookup, what: balance, into: {amount: owed}, """
ALONE = '  ask: {type: menu, without_person: "there is nobody tonight", choices: {1: {say: Jeden., next: '


@pytest.mark.parametrize(
    ("nodes", "rules"),
    [
        (LOOK_UP + 'next: tell}\n  tell: {type: say, say: "{owed} {other}", next: person}\n', {"unset-variable"}),
        (
            LOOK_UP + 'next: tell, on_missing: tell}\n  tell: {type: say, say: "{owed}", next: person}\n',
            {"unset-variable"},
        ),
        (
            LOOK_UP + "next: known, on_missing: known}\n"
            "  known: {type: branch, when: [{if: {owed: {known: true}}, next: tell}], otherwise: person}\n"
            '  tell: {type: say, say: "{owed}", next: person}\n',
            set(),
        ),
        (
            '  ask: {type: collect, say: "Kod.", into: code, max_digits: 6, confirm: "{code}", next: person}\n',
            set(),
        ),
        (
            ALONE + "bye}}, on_timeout: speak}\n  bye: {type: hang_up}\n"
            "  speak: {type: voicemail, say: Proszę., next: bye, on_nothing: bye}\n",
            {"no-person", "without-person"},
        ),
        (ALONE + "ask}}, on_timeout: ask}\n", {"dead-end", "without-person"}),
        (
            ALONE.replace("without_person", "without_repeat") + "person}}, on_timeout: person}\n",
            {"without-repeat"},
        ),
    ],
)
def test_ways_through_a_flow(tmp_path: Path, nodes: str, rules: set[str]) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(WAYS + nodes + "  person: {type: line, queue: support}\n", encoding="utf-8")
    found = [finding for finding in check(path) if finding.rule != "unused-variable"]
    assert {finding.rule for finding in found} == rules
    assert all(finding.line > WAYS.count("\n") for finding in found)


def test_a_variable_nothing_uses_is_told_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        WAYS + '  ask: {type: say, say: "Dzień dobry.", next: person}\n  person: {type: line, queue: support}\n',
        encoding="utf-8",
    )
    found = [(finding.rule, finding.line, finding.column) for finding in check(path)]
    assert found == [("unused-variable", 5, column) for column in (13, 27, 40)]


def test_sounds_that_are_missing_are_told_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        WAYS + '  ask: {type: say, say: "{owed}", next: person}\n  person: {type: line, queue: support}\n',
        encoding="utf-8",
    )
    assert cli.main(["flow", "check", str(path), "--prompts", str(tmp_path), "--json"]) == 0
    told = [each["message"] for each in json.loads(capsys.readouterr().out) if each["rule"] == "missing-prompt"]
    assert told == [f"„{words}” has no sound in `pl`" for words in ("Zero.", "Nie.", "Krzyżyk.")]
