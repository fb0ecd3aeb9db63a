"""`hotline flow publish | list | rollback | diff` as their user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr_flows import SHIPPED, load_set
from ivr_flows.revisions import CURRENT
from telephony.cli import main
from tests.unit.small_flows import FLOW, Beep

Run = Callable[..., str]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The operator's working folder, with what the numbers of the settings need."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("accessibility", "general"):
        (folder / f"{name}.yaml").write_text(FLOW.format(name=name, say=f"Dzień dobry, tu {name}."), "utf-8")
    return folder


@pytest.fixture
def hotline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SUDO_USER", "anna")
    monkeypatch.setattr("telephony.settings.speaker", lambda command: Beep())

    def run(*arguments: str | Path, status: int = 0) -> str:
        """Both outputs of the command."""
        assert main(["flow", *map(str, arguments)]) == status
        return "".join(capsys.readouterr())

    return run


def change(own: Path, old: str, new: str) -> None:
    path = own / "general.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_publish_change_roll_back(hotline: Run, own: Path) -> None:
    assert f"nothing is published: the flows in {SHIPPED} are served" in hotline("list")
    first = load_set(own).revision
    told = hotline("publish", own, "--note", "na początek")
    assert "prompts made" in told
    assert f"revision {first} is published: new" in told
    assert hotline("publish", own) == f"revision {first} is served already\n"
    change(own, "tu general", "mówi general")
    assert '+  hello: {type: say, say: "Dzień dobry, mówi general."' in hotline("diff", first[:5], own)
    told = hotline("publish", own)
    second = load_set(own).revision
    assert f"revision {second} is published: changed general\n" in told
    assert told.startswith("2 prompts made")
    newer, older = hotline("list").splitlines()
    assert newer.startswith(f"* {second}")
    assert newer.endswith("anna        changed general")
    assert older.startswith(f"  {first}")
    assert older.endswith("anna        the oldest that is kept  „na początek”")
    assert f"revision {first}" in hotline("rollback")
    _, older = hotline("list").splitlines()
    assert older.startswith(f"* {first}")
    assert "rolled back to on" in older
    assert "no revision was published before" in hotline("rollback", status=1)
    assert f"revision {second}" in hotline("rollback", second[:6])


def test_list_for_programs(hotline: Run, own: Path) -> None:
    assert json.loads(hotline("list", "--json"))["current"] is None
    hotline("publish", own)
    found = json.loads(hotline("list", "--json"))
    assert found["current"]["revision"] == found["published"][0]["revision"] == load_set(own).revision
    assert found["published"][0]["by"] == "anna"
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("next: line", "next: lime", "error unknown-node: there is no node `lime`"),
        ("queue: support", "queue: suport", "suport"),
        ("flow: general", "flow: generall", "have to agree"),
    ],
)
def test_what_has_an_error_is_not_published(hotline: Run, own: Path, old: str, new: str, told: str) -> None:
    change(own, old, new)
    written = hotline("publish", own, status=1)
    assert f"{own / 'general.yaml'}:" in written
    assert told in written
    assert written.endswith("hotline: nothing is published: mend the errors first\n")
    assert "nothing is published" in hotline("list")


def test_a_warning_alone_forbids_nothing(hotline: Run, own: Path) -> None:
    change(own, "tu general.", f"tu general. {'Bardzo długie powitanie. ' * 12}")
    written = hotline("publish", own)
    assert "warning long-prompt" in written
    assert "is published" in written


def test_every_number_of_the_settings_needs_its_flow(hotline: Run, own: Path) -> None:
    (own / "accessibility.yaml").unlink()
    written = hotline("publish", own, status=1)
    assert "numbers.+48220000116.flow in the settings: there is no flow `accessibility`" in written


def test_a_folder_of_the_settings_is_published_unless_another_is_named(hotline: Run, own: Path, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text(
        (Path("config") / "hotline.toml")
        .read_text("utf-8")
        .replace('# flows = "/srv/hotline/flows"', f"flows = {json.dumps(str(own))}")
    )
    change(own, "tu general", "mówi general")
    assert f"the flows in {own} are served" in hotline("list", "--config", config)
    assert f"revision {load_set(own).revision} is published" in hotline("publish", "--config", config)
    assert hotline("diff", "--config", config) == ""


def test_a_damaged_revision_is_told_and_left_by_its_name(hotline: Run, own: Path, tmp_path: Path) -> None:
    hotline("publish", own)
    first = load_set(own).revision
    change(own, "tu general", "mówi general")
    hotline("publish", own)
    second = load_set(own).revision
    folder = tmp_path / "data" / "flows"
    (folder / second / "general.yaml").write_text("?")
    told = hotline("list")
    assert f"! {folder / second}: not as it was published, see general.yaml" in told
    assert f"! {second} is to be served" in told
    assert "name the one to go back to" in hotline("rollback", status=1)
    (folder / CURRENT).write_text("{")
    assert "not as it was written" in hotline("list")
    assert "not as it was written" in hotline("rollback", status=1)
    assert f"revision {first}" in hotline("rollback", first)
    assert f"revision {second} is published" in hotline("publish", own)  # and it is whole again
    assert "!" not in hotline("list")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("publish", "/nonexistent"), "/nonexistent: no such folder"),
        (("publish", "/proc/self/fdinfo"), "1 to 200 flows are expected, there are 0"),
        (("rollback",), "nothing is published, so there is nothing to go back from"),
        (("rollback", "abc"), "no revision begins with `abc`"),
        (("diff", "abc"), "no revision begins with `abc`"),
        (("publish", "--note", "a\nb"), "the note is one line"),
    ],
)
def test_what_cannot_be_done_is_one_line(hotline: Run, arguments: tuple[str, ...], told: str) -> None:
    written = hotline(*arguments, status=1)
    assert told in written
    assert written.splitlines()[-1].startswith("hotline: ")
