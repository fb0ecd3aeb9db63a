"""The simulator: the shipped flows played without Asterisk, and scripts that are none."""

import json
from pathlib import Path

import pytest

from ivr_flows import SHIPPED, Facts, load
from ivr_flows.caller import Act, Awaits, Caller, ScriptError, script
from ivr_flows.simulate import Event, play
from telephony import cli
from tests.always_open import ALWAYS_OPEN

GENERAL = load(SHIPPED / "general.yaml")
STANDARD = Facts("+48221000100", accessibility=False)


def played(keys: str) -> list[Event]:
    return list(play(GENERAL, STANDARD, Caller(script(keys)), 0.0, calendar=ALWAYS_OPEN))


def ways(events: list[Event]) -> list[tuple[str, str, str]]:
    return [(event.node, event.action, event.text) for event in events if event.action not in {"say", "wait"}]


def test_a_script_is_keys_pauses_and_a_hang_up() -> None:
    assert script(" 1, w3,2#,hangup,w1") == (Act(0, "1"), Act(3, "2"), Act(0, "#"), Act(0, "hangup"))
    assert script("") == ()


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [("1,x", "`x` is neither"), ("w", "`w` is no pause"), ("wnan", "`wnan`"), ("w-1", "`w-1`"), ("hangup,1", "after")],
)
def test_what_is_no_script(keys: str, wrong: str) -> None:
    with pytest.raises(ScriptError, match=wrong):
        script(keys)


def test_a_key_leads_to_a_line_that_answers() -> None:
    assert ways(played("3")) == [
        ("departments", "key", "3"),
        ("billing_line", "line", "billing"),
        ("billing_line", "line_result", "answered"),
        ("billing_line", "hang_up", "served"),
    ]


def test_silence_leads_to_a_person() -> None:
    assert ways(played(""))[:3] == [
        ("departments", "silence", ""),
        ("departments", "silence", ""),
        ("person", "line", "support"),
    ]


def test_a_key_while_something_is_said_ends_it_and_a_late_one_is_silence_first() -> None:
    quiet_s = next(event.t_s for event in played("") if event.action == "wait")
    early = next(event for event in played("w1,1") if event.action == "key")
    assert early.t_s == 1.0 < quiet_s
    late = ways(played(f"w{quiet_s + 6.5},1"))
    assert late[:3] == [("departments", "silence", ""), ("departments", "key", "1"), ("sales_line", "line", "sales")]


def test_what_a_key_cuts_off_is_not_told() -> None:
    said = [event.text for event in played("w2,3,hangup") if event.action == "say"]
    assert said == ["Dzień dobry, tu MARSOFT.", "Sprzedaż: jeden."]
    assert not any(event.action == "wait" for event in played("w2,3,hangup"))


def test_times_never_run_backwards() -> None:
    for keys in ("", "3", "w1,*,w2,5,w30,9,1", "1,w5,hangup", "hangup"):
        times = [event.t_s for event in played(keys)]
        assert times == sorted(times)


def test_who_hangs_up_in_the_menu_or_in_the_line() -> None:
    assert ways(played("w2,hangup")) == [("departments", "caller_hung_up", "")]
    assert ways(played("1,w9,hangup"))[-1] == ("sales_line", "caller_hung_up", "")


def test_a_line_that_does_not_serve_leaves_the_call_to_the_dialplan() -> None:
    events = list(play(GENERAL, STANDARD, Caller(script("1")), 0.0, line="lost", calendar=ALWAYS_OPEN))
    assert [event.action for event in events[-2:]] == ["line_result", "unserved"]


def test_the_command_gives_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["flow", "simulate", "general", "--at", "2026-12-23T10:00", "--keys", "w1,9,1", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(set(line) == {"t_s", "node", "action", "text"} for line in lines)
    assert lines[0] == {"t_s": 0.0, "node": "departments", "action": "say", "text": "Dzień dobry, tu MARSOFT."}
    assert [line["text"] for line in lines if line["action"] == "line"] == ["sales (accessibility)"]


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["general", "--keys", "1,x"], "`x` is neither keys"),
        (["general", "--at", "yesterday"], "yesterday"),
        (["nowhere"], "there is no flow `nowhere`"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["flow", "simulate", *arguments]) == 1
    told = capsys.readouterr().err
    assert wrong in told
    assert told.count("\n") == 1


def test_a_caller_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["flow", "simulate", "general", "--caller", "me"])
    assert ended.value.code == 2
    assert "`me` is no number" in capsys.readouterr().err


def test_the_customers_are_read_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow, crm = tmp_path / "flow.yaml", tmp_path / "crm.yaml"
    flow.write_text(
        "flow: t\nstart: who\nperson: person\nmenu_words: {closing: Zero., wrong_key: Nie.}\nnodes:\n"
        "  person: {type: line, queue: support}\n"
        "  who: {type: branch, when: [{if: {caller_known: true}, next: known}], otherwise: person}\n"
        "  known: {type: line, queue: known}\n",
        encoding="utf-8",
    )
    crm.write_text("customers: ['+48600100200']\n", encoding="utf-8")
    for caller, queue in (("+48600100200", "known"), ("+48600100201", "support")):
        assert cli.main(["flow", "simulate", str(flow), "--caller", caller, "--crm", str(crm)]) == 0
        assert f" line            {queue}\n" in capsys.readouterr().out
    crm.write_text("customers: 5\n", encoding="utf-8")
    assert cli.main(["flow", "simulate", str(flow), "--caller", "+48600100200", "--crm", str(crm)]) == 1
    assert "crm.yaml:1:12: Input should be" in capsys.readouterr().err


def live(*lines: str) -> tuple[list[Event], list[str]]:
    """A call of somebody who is asked at each wait, and what the waits were."""
    asked: list[str] = []

    def more(awaits: Awaits) -> tuple[Act, ...]:
        asked.append(awaits)
        return script(lines[len(asked) - 1]) if len(asked) <= len(lines) else script("hangup")

    return list(play(GENERAL, STANDARD, Caller(more=more), 0.0, calendar=ALWAYS_OPEN)), asked


def test_who_sits_at_the_terminal_is_asked_at_every_wait_after_all_was_said() -> None:
    events, asked = live("", "w2,1,answer")
    assert asked == ["keys", "keys"], "what was typed ahead is not asked for again"
    assert ways(events)[:4] == [
        ("departments", "silence", ""),
        ("departments", "key", "1"),
        ("sales_line", "line", "sales"),
        ("sales_line", "line_result", "answered"),
    ]
    second = [event.t_s for event in events if event.action == "wait"][1]
    assert next(event.t_s for event in events if event.action == "key") == pytest.approx(second + 2)
    assert ways(live("1", "hangup")[0])[-1] == ("sales_line", "caller_hung_up", "")
    assert live("1", "hangup")[1] == ["keys", "line"]


def test_an_answer_outside_the_line_is_a_mistake() -> None:
    with pytest.raises(ScriptError, match="`answer` comes where the caller is in no line"):
        played("answer")


def test_an_unknown_department_is_not_closed_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["flow", "simulate", "general", "--closed", "suport"]) == 1
    assert "the calendar has no department `suport`" in capsys.readouterr().err


def test_an_answer_later_than_the_flow_waits_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow, crm = tmp_path / "flow.yaml", tmp_path / "crm.yaml"
    flow.write_text(
        "flow: t\nstart: out\nperson: person\nmenu_words: {closing: Zero., wrong_key: Nie.}\nnodes:\n"
        "  person: {type: line, queue: support}\n  out: {type: announce, of: outages, budget_s: 2, next: person}\n",
        encoding="utf-8",
    )
    for slow, status, at in (("1.5", "ok", "1.5"), ("2.5", "unavailable", "2.0")):
        crm.write_text(f"outages: [{{pl: Awaria.}}]\nslow: {{find_outages: {slow}}}\n", encoding="utf-8")
        assert cli.main(["flow", "simulate", str(flow), "--crm", str(crm)]) == 0
        assert f"{at} s  out                  result          {status}\n" in capsys.readouterr().out
