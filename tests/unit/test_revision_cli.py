"""`hotline flow publish | list | rollback | diff` as their user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr_flows import SHIPPED, load_set
from ivr_flows.revisions import CURRENT
from telephony import flow_news, revision_cli
from telephony.cli import main
from telephony.flow_news import News
from tests.unit.small_flows import FLOW, Beep

Run = Callable[..., str]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The operator's working folder, with what the numbers of the settings need."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("accessibility", "billing", "general", "sales", "support"):
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
    assert f"back to revision {first}" in hotline("rollback")
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


class Server:
    """One that runs: it answers what a test says, while the command waits."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._tell: Callable[[News], None] = flow_news.to_nobody
        self._waited_s = 0.0
        self.answers: list[News] = []
        monkeypatch.setattr(revision_cli, "sleep", self._sleep)
        monkeypatch.setattr(revision_cli, "monotonic", lambda: self._waited_s)

    @contextmanager
    def runs(self, *answers: News) -> Iterator[None]:
        self.answers = list(answers)
        with flow_news.told_in(self._folder) as self._tell:
            self._tell(News("0" * 12, 1))
            yield

    def _sleep(self, seconds: float) -> None:
        self._waited_s += seconds
        if self.answers:
            self._tell(self.answers.pop(0))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(tmp_path / "data" / "flows", monkeypatch)


def test_the_running_server_says_that_it_serves_it(hotline: Run, own: Path, server: Server) -> None:
    revision = load_set(own).revision
    with server.runs(News("0" * 12, 1), News(revision, 2)):
        assert "is published: new accessibility, billing, general, sales, support\nthe server serves it\n" in hotline(
            "publish", own
        )
    change(own, "tu general", "mówi general")
    assert "\nno server runs with this data folder" in hotline("publish", own)
    with server.runs(News(revision, 2)):
        assert "the server serves it\n" in hotline("rollback")


def test_the_running_server_says_why_it_does_not(hotline: Run, own: Path, server: Server) -> None:
    with server.runs(News("0" * 12, 2, "no queue `support`")):
        told = hotline("publish", own, status=1)
        assert told.endswith(f"hotline: the server goes on with {'0' * 12}: no queue `support`\n")
        assert f"! the server goes on with {'0' * 12}: no queue `support`" in hotline("list")
        told = hotline("publish", own, status=1)  # it is current, but not served: asked for once more
        assert told.endswith("hotline: the server has not taken it up within 5 s: its log may say why\n")
    assert "!" not in hotline("list")


def test_of_two_servers_one_is_heard(tmp_path: Path) -> None:
    with flow_news.told_in(tmp_path) as tell, flow_news.told_in(tmp_path) as tell_too:
        tell(News("a", 1))
        tell_too(News("b", 1))
        assert flow_news.heard(tmp_path) == News("a", 1)
        (tmp_path / flow_news.FILE).write_text("{")
        assert flow_news.heard(tmp_path) is None
    assert flow_news.heard(tmp_path) is None
    assert flow_news.heard(tmp_path / "absent") is None


def test_a_server_runs_without_anyone_to_tell(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with flow_news.told_in(tmp_path / "file" / "flows") as tell:
        tell(News("a", 1))
