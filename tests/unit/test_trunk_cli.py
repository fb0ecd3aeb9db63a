"""`hotline trunk`: what it says of a file, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from telephony import cli
from telephony.shipped import CONFIG_FOLDER


def test_the_example_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trunk", "check", str(CONFIG_FOLDER / "trunks.example.toml")]) == 0
    assert capsys.readouterr().out == "trunks.example.toml is good: 2 trunks, 4 numbers, 3 rules for calls out\n"


def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "trunks.toml"
    file.write_text(
        (CONFIG_FOLDER / "trunks.example.toml").read_text("utf-8").replace('"udp"', '"x"') + "x = 1\n", "utf-8"
    )
    assert cli.main(["trunk", "check", str(file)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("hotline: trunks.toml:63:1: ")
    assert cli.main(["trunk", "check", str(tmp_path / "absent.toml")]) == 1
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trunk", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "TrunkSet"
