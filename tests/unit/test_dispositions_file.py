from __future__ import annotations

from pathlib import Path

import pytest

from ivr_flows.errors import FlowError
from telephony.core.disposition import Choice
from telephony.core.rules import QueueRules, Rules
from telephony.guidance.dispositions_file import asked_for, load
from telephony.shipped import CONFIG_FOLDER

QUEUES = ("sales", "support", "billing")


def written(folder: Path, text: str) -> Path:
    path = folder / "dispositions.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_lists_are_read_for_every_queue() -> None:
    lists = load(CONFIG_FOLDER / "dispositions.yaml", QUEUES)
    assert set(lists) == set(QUEUES)
    assert Choice("solved", "Rozwiązane w rozmowie", "Solved in the call") in lists["support"]  # type: ignore[index]


def test_a_disposition_is_required_where_there_is_a_list_unless_the_queue_says_otherwise() -> None:
    lists = load(CONFIG_FOLDER / "dispositions.yaml", QUEUES)
    rules = asked_for(Rules({name: QueueRules() for name in (*lists, "other")}), lists, {"sales"})  # type: ignore[misc]
    assert {name for name, each in rules.queues.items() if each.disposition} == {"support", "billing"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("queues:\n  ghosts:\n    - {code: a, pl: a, en: a}\n", "dispositions.yaml:2:3: there is no queue `ghosts`"),
        (
            "queues:\n  sales:\n    - {code: a, pl: a, en: a}\n    - {code: a, pl: b, en: b}\n",
            "dispositions.yaml:3:5: queues.sales: `a` stands here twice",
        ),
        ("queues:\n  sales:\n    - {code: Ab c, pl: a, en: a}\n", "dispositions.yaml:3:14: queues.sales.0.code: "),
        ("queues:\n  sales:\n    - {code: a, pl: a}\n", "dispositions.yaml:3:7: queues.sales.0.en: Field required"),
        ("queues:\n  sales: []\n", "dispositions.yaml:2:10: queues.sales: "),
        ("queue: {}\n", "dispositions.yaml:1:1: "),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(FlowError) as caught:
        load(written(tmp_path, text), QUEUES)
    assert str(caught.value).startswith(complaint)
