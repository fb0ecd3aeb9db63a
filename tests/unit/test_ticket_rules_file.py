from __future__ import annotations

from pathlib import Path

import pytest

from ivr_flows.errors import FlowError
from telephony.core.ids import QueueName
from telephony.core.views import Lane, Outcome
from telephony.guidance.ticket_rules_file import findings, load


def written(folder: Path, text: str) -> Path:
    path = folder / "ticket-rules.yaml"
    path.write_text(text, "utf-8")
    return path


def test_every_condition_is_read(tmp_path: Path) -> None:
    text = """rules:
  - {subject: Ważne, topic: line, closed: true, outcomes: [answered], queues: [support], lanes: [accessibility],
     dispositions: [solved], path: ["support.*"], waited_s: 20, mos_below: 3.1}
"""
    (rule,) = load(written(tmp_path, text), ["support"])
    assert (rule.subject, rule.topic, rule.closed) == ("Ważne", "line", True)
    assert (rule.outcomes, rule.queues) == (frozenset({Outcome.ANSWERED}), frozenset({QueueName("support")}))
    assert (rule.lanes, rule.dispositions) == (frozenset({Lane.ACCESSIBILITY}), frozenset({"solved"}))
    assert (rule.path, rule.waited_s, rule.mos_below) == (("support.*",), 20.0, 3.1)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("{topic: line}", "subject: Field required"),
        ("{subject: ''}", "at least 1 character"),
        ("{subject: a, queues: [ghosts]}", "there is no queue `ghosts` in the settings"),
        ("{subject: a, outcomes: [lost]}", "outcomes"),
        ("{subject: a, waited_s: -1}", "greater than or equal to 0"),
        ("{subject: a, mos_below: 7}", "less than or equal to 5"),
        ("{subject: a, path: [support]}", "path"),
        ("{subject: a, colour: red}", "colour"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, rule: str, complaint: str) -> None:
    with pytest.raises(FlowError, match=r"ticket-rules\.yaml:2:\d+: ") as told:
        load(written(tmp_path, f"rules:\n  - {rule}\n"), ["support"])
    assert complaint in str(told.value)


def test_a_disposition_that_no_list_has_is_told_and_not_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "rules:\n  - {subject: a, dispositions: [solved, ghost]}\n")
    assert load(path, [])
    assert list(findings(path, ["solved"])) == ["ticket-rules.yaml:2:32: no queue has the disposition `ghost`"]
