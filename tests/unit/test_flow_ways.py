"""The checker's rules on the ways of a call: dead ends, persons, loops and variables, also through sub-flows."""

from pathlib import Path

import pytest

from ivr_flows import Prompt
from ivr_flows.check import Finding, check, check_all
from telephony import cli

REASON = "without_person: nothing more to say"


def write(folder: Path, nodes: str, name: str = "t", start: str = "a") -> Path:
    path = folder / f"{name}.yaml"
    lines = "".join(f"  {line.strip()}\n" for line in nodes.strip().splitlines())
    path.write_text(SMALL.format(name=name, start=start) + lines, encoding="utf-8")
    return path


def grave(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.severity != "info")


SMALL = """\
flow: {name}
start: {start}
person: person
menu_words: {{closing: "Zero.", wrong_key: "Nie.", collecting: "Krzyżyk."}}
nodes:
  person: {{type: line, queue: support}}
"""
FIRST = 7  # the line of the first node after the head


def rules(found: tuple[Finding, ...]) -> list[tuple[str, int, int, str, str]]:
    return [(Path(each.file).stem, each.line, each.column, each.rule, str(each.severity)) for each in found]


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        # -- dead ends and persons
        ("a: {type: hang_up}", [(FIRST, 3, "no-person", "warning")]),
        ("a: {type: menu, choices: {1: {say: jeden, next: bye}}}\nbye: {type: hang_up}", []),
        (
            (f"a: {{type: menu, choices: {{1: {{say: jeden, next: bye}}}}, on_timeout: c, {REASON}}}\n"
            "bye: {type: hang_up}\nc: {type: say, say: C, next: bye}"),
            [(FIRST, 3, "no-person", "error")],
        ),
        (
            f"a: {{type: menu, choices: {{1: {{say: jeden, next: a}}}}, on_timeout: a, {REASON}}}",
            [(FIRST, 3, "dead-end", "error")],
        ),
        ("a: {type: transfer, to: out, on_failure: person}", []),
        ("a: {type: callback, queue: support, next: bye, on_refused: bye}\nbye: {type: hang_up}",
         [(FIRST, 3, "no-person", "warning")]),
        ("a: {type: voicemail, say: S, next: bye, on_nothing: bye}\nbye: {type: hang_up}",
         [(FIRST, 3, "no-person", "warning")]),
        ((f"a: {{type: record, say: S, refuse_key: 9, next: b, {REASON}}}\n"
         "b: {type: survey, kind: nps, say: S, next: bye}\nbye: {type: hang_up}"),
         [(FIRST, 3, "no-person", "error")]),
        ((f"a: {{type: identify, by: pin, customer_number: N, pin: P, next: b, on_unknown: b, {REASON}}}\n"
         "b: {type: hang_up}"), [(FIRST, 3, "no-person", "error")]),
        ("a: {type: identify, by: number, next: b, on_unknown: b}\nb: {type: return}", []),
        # -- loops
        ("a: {type: identify, by: number, next: b}\nb: {type: say, say: B, next: a}",
         [(FIRST, 3, "loop-without-wait", "warning"), (FIRST + 1, 3, "loop-without-wait", "warning")]),
        ("a: {type: record, say: S, refuse_key: 9, next: b}\nb: {type: say, say: B, next: a}",
         [(FIRST, 3, "loop-without-wait", "warning"), (FIRST + 1, 3, "loop-without-wait", "warning")]),
        ("a: {type: hours, department: support, open: person, closed: b}\nb: {type: say, say: B, next: a}",
         [(FIRST, 3, "loop-without-wait", "warning"), (FIRST + 1, 3, "loop-without-wait", "warning")]),
        ("a: {type: announce, of: outages, next: b}\nb: {type: branch, when: [{if: {did: x}, next: a}], otherwise: a}",
         [(FIRST, 3, "dead-end", "error"), (FIRST + 1, 3, "dead-end", "error")]),
    ],
)  # fmt: skip
def test_ways_of_one_flow(nodes: str, found: list[tuple[int, int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "numbers.yaml").write_text('transfers: {out: "+48220000900"}\n', encoding="utf-8")
    assert rules(grave(check(write(tmp_path, nodes)))) == [("t", *each) for each in found]


def test_a_sub_flow_is_followed_to_where_it_returns(tmp_path: Path) -> None:
    ask = f"a: {{type: menu, choices: {{1: {{say: jeden, next: back}}}}, on_timeout: back, {REASON}}}"
    sub = write(tmp_path, f"{ask}\nback: {{type: return}}", "sub")
    assert grave(check(sub)) == (), "called by nobody, its return leads to its person"
    caller = write(tmp_path, "a: {type: sub_flow, flow: sub, next: person}", "caller")
    assert grave(check_all([sub, caller])) == ()
    write(tmp_path, "a: {type: sub_flow, flow: sub, next: bye}\nbye: {type: hang_up}", "caller")
    assert rules(grave(check(sub))) == [("sub", FIRST, 3, "no-person", "error")]
    assert rules(grave(check_all([caller, sub]))) == [
        ("caller", FIRST, 3, "no-person", "warning"),
        ("sub", FIRST, 3, "no-person", "error"),
    ]


def test_sub_flows_that_lead_in_a_ring_or_pass_without_a_wait(tmp_path: Path) -> None:
    write(tmp_path, "a: {type: say, say: A, next: back}\nback: {type: return}", "sub")
    ring = write(tmp_path, "a: {type: sub_flow, flow: sub, next: a}", "ring")
    assert rules(check(ring)) == [("ring", FIRST, 3, "loop-without-wait", "error")]
    write(tmp_path, "a: {type: menu, choices: {1: {say: jeden, next: back}}}\nback: {type: return}", "sub")
    assert check(ring) == (), "the sub-flow waits, and 0 leads out of it"


VARIABLES = """\
flow: {name}
start: {start}
person: person
menu_words: {{closing: "Zero.", wrong_key: "Nie.", collecting: "Krzyżyk."}}
variables:
{variables}
nodes:
  person: {{type: line, queue: support}}
"""


def write_with(folder: Path, variables: str, nodes: str, name: str = "t") -> Path:
    path = folder / f"{name}.yaml"
    head = VARIABLES.format(name=name, start="a", variables=f"  {variables}")
    path.write_text(head + "".join(f"  {line.strip()}\n" for line in nodes.splitlines()), encoding="utf-8")
    return path


COLLECT = "{type: collect, say: S, into: x, max_digits: 9, confirm: '{x}', next: tell, on_failure: tell}"


@pytest.mark.parametrize(
    ("variables", "nodes", "found"),
    [
        ("x: digits", f"a: {COLLECT}\ntell: {{type: say, say: '{{x}}', next: person}}", [(10, 26, "unset-variable")]),
        ("x: digits", f"a: {COLLECT[:-19]}}}\ntell: {{type: say, say: '{{x}}', next: person}}", []),
        ("x: digits", (f"a: {COLLECT}\ntell: {{type: branch, when: [{{if: {{x: '1'}}, next: b}}], otherwise: person}}\n"
         "b: {type: say, say: '{x}', next: person}"), [(10, 36, "unset-variable")]),
        ("x: digits", (f"a: {COLLECT}\ntell: {{type: branch, when: [{{if: {{x: {{known: false}}}}, next: person}}, "
         "{if: {x: '1'}, next: person}], otherwise: b}\nb: {type: say, say: '{x}', next: person}"), []),
        ("x: digits", f"a: {COLLECT}\ntell: {{type: callback, queue: support, number: x, next: person}}",
         [(10, 50, "unset-variable")]),
        ("x: secret\n  y: text", ("a: {type: identify, by: number, next: b}\nb: {type: lookup, what: line_diagnosis, "
         "into: {state: y}, secrets: {x: x}, next: person}"), [(7, 3, "unused-variable"), (11, 74, "unset-variable")]),
        ("x: ticket", "a: {type: complaint, into: x, next: b}\nb: {type: say, say: '{x}', next: person}", []),
        ("x: recording\n  y: ticket", ("a: {type: voicemail, say: S, into: x, next: b, on_nothing: b}\n"
         "b: {type: complaint, elements: {x: x}, into: y, next: person}"), [(7, 3, "unused-variable")]),
        ("x: recording", "a: {type: voicemail, say: S, into: x, next: person}", [(6, 3, "unused-variable")]),
        ("x: number", "a: {type: set, values: {x: 1}, next: b}\nb: {type: say, say: '{x}', next: person}", []),
        ("x: text", ("a: {type: hours, department: support, open: b, closed: c}\n"
         "b: {type: say, say: '{opening}', next: c}\nc: {type: branch, when: [{if: {x: {known: true}}, next: person}], "
                "otherwise: person}"),
         [(10, 23, "unset-variable")]),
    ],
)  # fmt: skip
def test_variables_along_the_ways(
    variables: str, nodes: str, found: list[tuple[int, int, str]], tmp_path: Path
) -> None:
    path = write_with(tmp_path, variables, nodes)
    assert [(each.line, each.column, each.rule) for each in check(path)] == found


def test_variables_are_one_for_a_flow_and_its_sub_flows(tmp_path: Path) -> None:
    sub = write_with(tmp_path, "x: number", "a: {type: say, say: '{x}', next: back}\nback: {type: return}", "sub")
    assert rules(check(sub)) == [("sub", 9, 23, "unset-variable", "warning")]
    call = "b: {type: sub_flow, flow: sub, next: person}"
    good = write_with(tmp_path, "x: number", f"a: {{type: set, values: {{x: 1}}, next: b}}\n{call}", "good")
    assert check_all([sub, good]) == (), "set by the caller, said by the sub-flow"
    bad = write_with(tmp_path, "x: number", "a: {type: sub_flow, flow: sub, next: person}", "bad")
    assert rules(check_all([sub, good, bad])) == [("sub", 9, 23, "unset-variable", "warning")]


def test_what_a_sub_flow_sets_is_set_after_it_on_every_way(tmp_path: Path) -> None:
    write_with(tmp_path, "x: number", "a: {type: set, values: {x: 1}, next: back}\nback: {type: return}", "sub")
    nodes = "a: {type: sub_flow, flow: sub, next: b}\nb: {type: say, say: '{x}', next: person}"
    caller = write_with(tmp_path, "x: number", nodes, "caller")
    assert check(caller) == ()
    write_with(tmp_path, "x: number", "a: {type: hang_up}", "sub")
    assert [each.rule for each in check(caller)] == ["no-person"], "what is never come to says nothing"


def test_a_text_without_its_sound_has_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, "a: {type: say, say: Dzień dobry, next: person}")
    assert check(path, ready=lambda _: True) == ()
    asked: list[Prompt] = []

    def ready(prompt: Prompt) -> bool:
        asked.append(prompt)
        return prompt.text != "Dzień dobry" or not prompt.slow

    assert rules(check(path, ready=ready)) == [("t", FIRST, 23, "missing-prompt", "warning")]
    assert {prompt.slow for prompt in asked} == {False, True}


def test_a_mistake_in_a_sub_flow_is_told_in_its_own_file(tmp_path: Path) -> None:
    write(tmp_path, "a: {type: say, say: A, next: nowhere}", "sub")
    caller = write(tmp_path, "a: {type: sub_flow, flow: sub, next: person}", "caller")
    assert rules(check_all([caller, tmp_path / "sub.yaml"])) == [("sub", FIRST, 32, "unknown-node", "error")]


def test_the_command_takes_folders_knows_the_house_and_looks_for_the_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["flow", "check", str(tmp_path)]) == 1
    assert "there is no flow in this folder" in capsys.readouterr().err
    write(tmp_path, "a: {type: line, queue: gardening}")
    assert cli.main(["flow", "check", str(tmp_path)]) == 1
    assert f"{tmp_path}/t.yaml:7:26: error unknown-name" in capsys.readouterr().out
    write(tmp_path, "a: {type: line, queue: billing}")
    assert cli.main(["flow", "check", str(tmp_path), "--prompts", str(tmp_path / "prompts")]) == 0
    assert "t.yaml:4:23: warning missing-prompt: „Zero.” has no sound in `pl`" in capsys.readouterr().out


def test_a_tall_tower_of_sub_flows_is_climbed_once(tmp_path: Path) -> None:
    """Each calls the next one twice: two to the power of 24 ways, did one follow each by itself."""
    height = 24
    for level in range(height):
        both = "".join(f"{id_}: {{type: sub_flow, flow: f{level + 1}, next: {on}}}\n" for id_, on in ("ab", "bc"))
        write(tmp_path, (both if level < height - 1 else "a: {type: say, say: A, next: c}\n") + "c: {type: return}",
              f"f{level}")  # fmt: skip
    found = check(tmp_path / "f0.yaml")
    assert found == ()
