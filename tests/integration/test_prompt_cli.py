"""`hotline flow prompts`: builds, counts, and tells what is missing or out of date."""

import json
from pathlib import Path

import pytest

from telephony.cli import main

FLOW = """\
flow: general
start: greeting
person: person
menu_words: {closing: "Zero.", wrong_key: "Nie."}
nodes:
  greeting: {type: say, say: {pl: "Dzień dobry.", en: "Hello.", uk: "Добрий день."}, next: person}
  person: {type: line, queue: support}
"""
HOUSE = """\
flows = "{flows}"
[numbers."+48220000100"]
flow = "general"
[queues.support]
title = "Pomoc techniczna"
"""


@pytest.fixture
def prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    return ["flow", "prompts"]


@pytest.fixture
def house(tmp_path: Path) -> list[str]:
    """The settings of a house whose flows say little: all of the shipped ones take a minute to speak."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "general.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "hotline.toml").write_text(HOUSE.format(flows=tmp_path / "flows"), encoding="utf-8")
    return ["--config", str(tmp_path / "hotline.toml")]


def test_build_then_nothing_is_missing(
    prompts: list[str], house: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*prompts, "status", "--json", *house]) == 1
    before = json.loads(capsys.readouterr().out)
    assert len(before["missing"]) == before["wanted"] > 0
    assert {"id", "text", "language", "slow"} <= set(before["missing"][0])
    assert main([*prompts, "build", *house]) == 0
    out = capsys.readouterr().out
    assert f"{before['wanted']} made, {before['wanted']} in {tmp_path / 'prompts'}" in out
    assert "loudness -2" in out
    assert main([*prompts, "build", *house]) == 0
    assert capsys.readouterr().out.startswith("0 made")
    assert main([*prompts, "status", *house]) == 0
    assert "0 missing, 0 stale" in capsys.readouterr().out
    assert main([*prompts, "status", "--speech", "espeak", *house]) == 1
    told = capsys.readouterr().out
    assert f"0 missing, {before['wanted']} stale" in told
    assert "played no more" in told


def test_what_is_wrong_is_one_line(prompts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*prompts, "build", "--speech", "false"]) == 1
    assert "hotline: false failed (exit status 1)" in capsys.readouterr().err
    assert list((tmp_path / "prompts").iterdir()) == []
    assert main([*prompts, "build", "--speech", "say {voice}"]) == 1
    assert "has no {voice}" in capsys.readouterr().err
    assert main([*prompts, "status", "--recorded", str(tmp_path / "absent")]) == 1
    assert "no such folder" in capsys.readouterr().err
