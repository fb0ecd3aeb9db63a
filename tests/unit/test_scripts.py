"""Scripts of queues: a graph of steps in a file, every mistake told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_flows.errors import FlowError
from telephony import settings
from telephony.core.ids import QueueName
from telephony.core.script import Saying, Script, ScriptStep, Way
from telephony.guidance import article_file, script_file
from telephony.guidance.check import check
from telephony.shipped import CONFIG_FOLDER

HEAD = "title: {pl: a, en: b}\nstart: one\nsteps:\n"
GOOD = (
    HEAD
    + "  one:\n    say: {pl: raz, en: once}\n    choices: [{pl: dalej, en: on, next: two}]\n"
    + "  two:\n    say: {pl: dwa, en: twice}\n    articles: [faktura]\n"
)


def written(folder: Path, text: str, name: str = "support.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_scripts_are_sound_and_lead_to_articles_that_are_there() -> None:
    scripts = script_file.load_all(CONFIG_FOLDER / "scripts", ("sales", "support", "billing"))
    assert set(scripts) == {"sales", "support", "billing"}
    articles = {each.id for each in article_file.load_all(CONFIG_FOLDER / "articles")}
    assert script_file.findings(scripts, articles) == []


def test_a_script_is_read_step_by_step(tmp_path: Path) -> None:
    script = script_file.load(written(tmp_path, GOOD), ("support",))
    assert script == Script(
        Saying("a", "b"),
        "one",
        {
            "one": ScriptStep(Saying("raz", "once"), (Way(Saying("dalej", "on"), "two"),), ()),
            "two": ScriptStep(Saying("dwa", "twice"), (), ("faktura",)),
        },
    )
    assert script_file.findings({QueueName("support"): script}, ()) == [
        "support.yaml: step `two`: there is no article `faktura`"
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD.replace("start: one", "start: nil"), "support.yaml:2:8: there is no step `nil`"),
        (GOOD.replace("next: two", "next: six"), "support.yaml:6:41: there is no step `six`"),
        (HEAD + "  one: {say: {pl: a, en: a}, next: gone}\n", "support.yaml:4:36: there is no step `gone`"),
        (GOOD + "  six: {say: {pl: a, en: a}}\n", "support.yaml:10:3: no way leads to the step `six`"),
        (HEAD + "  one: {say: {pl: a}}\n", "support.yaml:4:14: steps.one.say.en: Field required"),
        (HEAD + "  one: {say: {pl: a, en: a}, colour: red}\n", "support.yaml:4:30: steps.one.colour: Extra inputs"),
        (
            HEAD + "  one: {say: {pl: a, en: a}, next: one, choices: [{pl: a, en: a, next: one}]}\n",
            "support.yaml:4:30: a step has `next` or `choices`, not both",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(FlowError) as caught:
        script_file.load(written(tmp_path, text), ("support",))
    assert str(caught.value).startswith(complaint)


def test_a_script_is_named_after_its_queue(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match=r"^ghosts.yaml:1:1: a script's file is named after its queue: ghosts is none"):
        script_file.load(written(tmp_path, GOOD, "ghosts.yaml"), ("support",))


def test_the_command_tells_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    for folder in ("scripts", "articles"):
        (tmp_path / folder).mkdir()
    written(tmp_path / "scripts", GOOD)
    written(tmp_path / "scripts", GOOD, "ghosts.yaml")
    written(tmp_path / "articles", "---\ntitle: a\nnodes: [support.nowhere]\n---\nb", "a.md")
    written(tmp_path / "articles", "kein Kopf", "b.md")
    written(tmp_path, "queues: {}\n", "dispositions.yaml")
    house = settings.load([CONFIG_FOLDER / "hotline.toml"])
    names = {name: tmp_path / name for name in ("scripts", "articles")}
    found = check(house.model_copy(update={**names, "dispositions": tmp_path / "dispositions.yaml"}))
    rules = [line for line in found if line.startswith("ticket-rules.yaml:")]
    assert len(rules) == 4
    assert [line.split(": ", 1)[0] for line in found if line not in rules] == [
        "b.md:1:1",
        "a.md",
        "ghosts.yaml:1:1",
        "support.yaml",
    ]
    assert check(house) == []


def test_folders_and_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    house = settings.load([CONFIG_FOLDER / "hotline.toml"])
    names = ("card_fields", "dispositions", "ticket_rules", "articles", "scripts")
    found = check(house.model_copy(update={name: tmp_path / name for name in names}))
    assert [line.split(": ", 1)[0] for line in found] == [str(tmp_path / name) for name in names]
