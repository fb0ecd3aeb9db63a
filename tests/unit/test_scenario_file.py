"""Scenarios and histories as people write them, mistakes and malice included; the command and its two outputs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import cli
from telephony.core.rules import Boost, QueueRules
from telephony.core.views import Lane
from telephony.simulation import history, scenario_file
from telephony.simulation.places import line_of
from telephony.simulation.scenario import Handle, PastCall, Scenario, ScenarioError

GOOD = """\
duration_s = 7200
seed = 3

[[agents]]
count = 2
skills = {support = 2, english = 1}
shift = [0, 3600]

[[agents]]
count = 1
skills = {support = 1}

[[arrivals]]
queue = "support"
priority = "accessibility"
rate_per_h = [10, 20]
handle_mean_s = 120
handle = "fixed"
patience_mean_s = 300
requires = {english = 1}

[[arrivals]]
queue = "support"
times_s = [30, 10]
handle_mean_s = 60

[queues.support]
max_wait_s = 600
wrap_up_s = 5
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "day.toml"
        path.write_text(text, "utf-8")
        return path

    return write


Write = Callable[[str], Path]


def test_what_is_written_is_read(write: Write) -> None:
    found = scenario_file.load(write(GOOD))
    assert (found.duration_s, found.seed, found.service_level_s) == (7200.0, 3, 20.0)
    assert [(each.count, each.from_s, each.to_s) for each in found.agents] == [(2, 0.0, 3600.0), (1, 0.0, 7200.0)]
    assert found.agents[0].skills == {"support": 2, "english": 1}
    drawn, known = found.arrivals
    assert (drawn.lane, drawn.rates_per_h, drawn.handle) == (Lane.ACCESSIBILITY, (10.0, 20.0), Handle.FIXED)
    assert (drawn.patience_mean_s, drawn.requires) == (300.0, {"english": 1})
    assert known.calls == (PastCall(10.0), PastCall(30.0))
    assert found.queues["support"] == QueueRules(max_wait_s=600.0, wrap_up_s=5.0, ring_timeout_s=20.0)  # type: ignore[index]


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        (
            "rate_per_h = [10, 20]",
            "rate_per_h = [10, -20]",
            "day.toml:16: arrivals[1].rate_per_h[2]: input should be g",
        ),
        ("rate_per_h = [10, 20]", "rate_per_h = nan", "day.toml:16: arrivals[1].rate_per_h[1]: input should be a fini"),
        ("rate_per_h = [10, 20]", "rate_per_h = []", "day.toml:16: arrivals[1].rate_per_h: "),
        (
            "rate_per_h = [10, 20]",
            "rate_per_h = [1, 2]\ntimes_s = [1]",
            "arrivals[1]: callers come from one of rate_per_h",
        ),
        ("rate_per_h = [10, 20]", "", "arrivals[1]: callers come from one of rate_per_h"),
        ("7200", "7201", "day.toml:13: arrivals[1]: rate_per_h: 2 rates for a run of 3 hours"),
        ("[10, 20]", "[1000000, 1000000]", "day.toml:13: arrivals[1]: more than 1,000,000 calls"),
        ("7200", "inf", "day.toml:1: duration_s: input should be a finite number"),
        (
            "count = 1",
            "count = 1000000000",
            "day.toml:10: agents[2].count: input should be less than or equal to 10000",
        ),
        ("count = 1", "count = 1\ncolour = 2", "day.toml:11: agents[2].colour: there is no such key"),
        ("shift = [0, 3600]", "shift = [60, 60]", "day.toml:4: agents[1]: a shift ends after it begins"),
        (
            "skills = {support = 1}",
            "skills = {support = 0.5}",
            "day.toml:11: agents[2].skills.support: input should be",
        ),
        ("skills = {support = 1}", "", "day.toml:9: agents[2].skills: field required"),
        ("handle_mean_s = 60", "", "day.toml:22: arrivals[2]: handle_mean_s is missing"),
        ("max_wait_s = 600", "max_wait = 600", "day.toml:28: queues.support.max_wait: there is no such key"),
        ('"fixed"', '"normal"', "day.toml:18: arrivals[1].handle: input should be 'exp' or 'fixed'"),
        ("count = 2", "count = 2\nanswer_after_s = 20", "day.toml:4: agents[1]: answer_after_s: their phones stop"),
        ("duration_s = 7200", "duration_s = ", "day.toml: not TOML: "),
    ],
)
def test_a_mistake_is_told_at_its_place(write: Write, wrong: str, right: str, message: str) -> None:
    assert GOOD.count(wrong) == 1
    with pytest.raises(ScenarioError) as caught:
        scenario_file.load(write(GOOD.replace(wrong, right)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_mistakes_are_told_at_once(write: Write) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_file.load(write(GOOD.replace("seed = 3", "seed = -3").replace("wrap_up_s = 5", "wrap_up_s = -5")))
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == ["seed", "queues.support.wrap_up_s"]


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_bytes(b"seed = 1\n# \xff\n")
    with pytest.raises(ScenarioError, match=r"day\.toml:2: not UTF-8"):
        scenario_file.load(path)
    path.write_bytes(b"#" * (scenario_file.MAX_BYTES + 1))
    with pytest.raises(ScenarioError, match="larger than 10 MB"):
        scenario_file.load(path)
    with pytest.raises(ScenarioError, match="cannot be read"):
        scenario_file.load(tmp_path)


@given(st.text(), st.lists(st.one_of(st.text(), st.integers(0, 5)), max_size=4))
def test_a_place_is_a_line_of_the_file(text: str, place: list[str | int]) -> None:
    assert 1 <= line_of(text, place) <= max(1, len(text.splitlines()))


# -- history ------------------------------------------------------------------------------------------------------


def past(folder: Path, text: str) -> tuple[PastCall, ...]:
    path = folder / "calls.csv"
    path.write_text(text, "utf-8")
    return history.read(path)


def test_history_in_seconds_and_by_the_clock(tmp_path: Path) -> None:
    seconds = past(tmp_path, "arrived_s,handle_s\n20,7.5\n10,\n")
    assert seconds == (PastCall(10.0), PastCall(20.0, 7.5))
    clock = past(tmp_path, "arrived_at,patience_s\n2026-11-23T08:00:00,30\n2026-11-24T00:00:01,\n")
    assert clock == (PastCall(28_800.0, None, 30.0), PastCall(86_401.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "calls.csv:1: the columns are"),
        ("when\n1\n", "here are: when"),
        ("arrived_s\n1\n-1\n", "calls.csv:3: arrived_s: '-1' is no number"),
        ("arrived_s,handle_s\n1,nan\n", "calls.csv:2: handle_s: 'nan' is no number"),
        ("arrived_s,handle_s\n1\n", "calls.csv:2: another number of fields"),
        ("arrived_s\n1,2\n", "calls.csv:2: another number of fields"),
        ("arrived_at\nyesterday\n", "calls.csv:2: arrived_at: 'yesterday' is no time"),
        ("arrived_at\n2026-11-23T08:00\n2026-11-22T08:00\n", "calls.csv:3: arrived_at: before the day"),
        (
            "arrived_at\n2026-11-23T08:00\n2026-11-23T08:00+01:00\n",
            "calls.csv:3: arrived_at: some times have an offset",
        ),
    ],
)
def test_a_mistake_in_the_history_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        past(tmp_path, text)
    assert message in str(caught.value)


def test_a_history_that_is_no_csv_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        history.read(tmp_path / "none.csv")
    path = tmp_path / "calls.csv"
    path.write_bytes(b"arrived_s\n\xff\n")
    with pytest.raises(ScenarioError, match="not CSV in UTF-8"):
        history.read(path)
    monkeypatch.setattr(history, "MAX_CALLS", 2)
    with pytest.raises(ScenarioError, match=r"calls\.csv:4: more than 2 calls"):
        past(tmp_path, "arrived_s\n1\n2\n3\n")
    monkeypatch.setattr(history, "MAX_BYTES", 3)
    with pytest.raises(ScenarioError, match="larger than"):
        past(tmp_path, "arrived_s\n1\n")


def test_a_scenario_takes_its_history_from_beside_it(write: Write, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("arrived_s,handle_s\n5,7\n1,3\n", "utf-8")
    text = GOOD.replace("times_s = [30, 10]\nhandle_mean_s = 60", 'csv = "calls.csv"')
    found = scenario_file.load(write(text)).arrivals[1]
    assert (found.calls, found.handle_mean_s) == ((PastCall(1.0, 3.0), PastCall(5.0, 7.0)), 5.0)
    (tmp_path / "calls.csv").write_text("arrived_s,handle_s\n5,\n", "utf-8")
    with pytest.raises(ScenarioError, match="some calls have no handle_s"):
        scenario_file.load(write(text))


# -- the command --------------------------------------------------------------------------------------------------


def test_the_json_has_every_call_and_the_figures(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["route", "simulate", str(write(GOOD)), "--json", "--seeds", "2", "--what-if", "agents=+2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {tuple(call) for call in found["calls"]} == {
        (
            "id", "queue", "priority", "arrived_s", "handle_s", "answered_s", "agent", "abandoned_s", "callback",
            "explanation",
        )
    }  # fmt: skip
    assert [call["arrived_s"] for call in found["calls"]] == sorted(call["arrived_s"] for call in found["calls"])
    assert [(row["queue"], row["priority"]) for row in found["summary"]] == [
        ("support", "accessibility"),
        ("support", "standard"),
        ("support", None),
        (None, None),
    ]
    assert found["summary"][-1]["calls"] == len(found["calls"])
    assert [each["seed"] for each in found["seeds"]] == [3, 4]
    assert found["theory"][0]["queues"] == ["support"]
    assert found["what_if"]["change"] == "agents=+2"
    assert found["what_if"]["theory"][0]["agents"] == found["theory"][0]["agents"] + 1  # two for half of the run


def test_the_page_compares_with_the_change(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["route", "simulate", str(write(GOOD)), "--seeds", "2", "--what-if", "agents=+2"]) == 0
    page = capsys.readouterr().out
    for words in ("as it is: seed 3, the first of 2", "with agents=+2", "accessibility", "Erlang A: mean wait"):
        assert words in page


def test_a_scenario_without_callers_is_a_quiet_day(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("duration_s = 60\nagents = []\narrivals = []\n")
    assert cli.main(["route", "simulate", str(path), "--seeds", "2"]) == 0
    assert "nobody called" in capsys.readouterr().out
    assert cli.main(["route", "simulate", str(path), "--what-if", "agents=+1"]) == 1
    assert capsys.readouterr().err == "hotline: there are no [[agents]]\n"


@pytest.mark.parametrize("arguments", [("--what-if", "agents=2"), ("--seeds", "0"), ("--seeds", "many")])
def test_a_wrong_argument_is_said_so(write: Write, arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["route", "simulate", str(write(GOOD)), *arguments])
    assert caught.value.code == 2


def test_scenarios_are_equal_when_read_again(write: Write) -> None:
    found: Scenario = scenario_file.load(write(GOOD))
    assert found == scenario_file.load(write(GOOD))


def test_the_example_in_the_docs_is_a_scenario(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "route-simulate.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    path = write(example)
    found = scenario_file.load(path)
    assert [group.name for group in found.agents] == ["", "trained"]
    assert found.arrivals[2].boosts == {Boost.OUTAGE}
    assert cli.main(["route", "simulate", str(path), "--what-if", "agents.trained=+1"]) == 0
    assert "with agents.trained=+1" in capsys.readouterr().out
