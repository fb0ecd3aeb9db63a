"""The picture of a study is well-formed, shows both panels and turns no text into markup."""

import math
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from telephony import cli
from telephony.simulation.chart import Curve, Panel, svg
from telephony.simulation.plot import plot
from telephony.simulation.scenario import Scenario
from telephony.simulation.study import study
from tests.unit.queueing import simple

SVG = "{http://www.w3.org/2000/svg}"


def drawn(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - drawn here


def texts(picture: str) -> list[str]:
    return [found.text or "" for found in drawn(picture).iter(f"{SVG}text")]


def test_the_picture_shows_waits_and_service_levels_beside_the_theory() -> None:
    base = study(simple(agents=4, rate_per_h=60, handle_s=180, duration_s=3600, patience_s=300))
    shown = texts(plot(base, "day.toml"))
    for words in ("Callers who waited longer than …", "Answered within 20 s, of all callers", "standard"):
        assert words in shown
    assert [words for words in shown if words in {"simulated", "Erlang C", "Erlang A"}] == [
        "simulated", "Erlang C", "Erlang A",
    ]  # fmt: skip
    assert {"0", "4", "9"} <= set(shown)  # from no agents to five more


def test_a_day_without_agents_or_callers_has_empty_axes() -> None:
    shown = texts(plot(study(Scenario(60.0, 1, (), ())), "quiet"))
    assert "100%" in shown


def test_every_point_lies_within_the_axes() -> None:
    picture = svg("one", [Panel("one", "things", (Curve("a", ((3.0, 0.5),)), Curve("b", ((7.0, 1.0), (9.0, 0.0)))))])
    ways = [way.get("d") or "" for way in drawn(picture).iter(f"{SVG}path")]
    points = [
        tuple(map(float, pair.split()))
        for way in ways
        if way.startswith("M") and "L" in way
        for pair in way[1:].split("L")
    ]
    assert len(points) == 2
    assert all(math.isfinite(x) and 64 <= x <= 570 and 44 <= y <= 268 for x, y in points)


def test_no_text_becomes_markup() -> None:
    hostile = '</text><script>alert("1")</script>\x00'
    picture = svg(hostile, [Panel(hostile, hostile, (Curve(hostile, ((0.0, 0.0),)),))])
    assert not list(drawn(picture).iter(f"{SVG}script"))


def test_the_command_writes_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, target = tmp_path / "day.toml", tmp_path / "day.svg"
    path.write_text(
        "duration_s = 600\n[[agents]]\ncount = 1\nskills = {support = 1}\n"
        '[[arrivals]]\nqueue = "support"\nrate_per_h = 60\nhandle_mean_s = 60\n',
        "utf-8",
    )
    assert cli.main(["route", "simulate", str(path), "--plot", str(target)]) == 0
    assert "day.toml" in (drawn(target.read_text("utf-8")).findtext(f"{SVG}title") or "")
    assert "seed 1" in capsys.readouterr().out
