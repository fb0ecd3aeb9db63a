from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from telephony import cli, logs
from telephony.demo import setup
from telephony.settings_types import SettingsError

HEAVY = ("aiohttp", "asyncpg", "pydantic", "structlog", "numpy")


@pytest.fixture(autouse=True)
def logs_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configured once per process: other tests listen to what is logged."""
    monkeypatch.setattr(logs, "configure", lambda **_: None)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ([], "COMMAND"),
        (["dance"], "dance"),
        (["demo", "--page", "firefox"], "firefox"),
        (["serve", "--config"], "--config"),
    ],
)
def test_a_wrong_call_is_told_with_status_2(
    arguments: list[str], wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert wrong in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out.startswith("hotline 0.")


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, telephony.cli as c; c._parser().format_help(); print([m for m in {HEAVY} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_error_of_a_persons_making_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--config", str(tmp_path / "missing.toml")]) == 1
    assert capsys.readouterr().err == f"hotline: {tmp_path}/missing.toml cannot be read: No such file or directory\n"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SettingsError("numbers: none"), "numbers: none"),
        (ExceptionGroup("tasks", [SettingsError("the first"), ExceptionGroup("", [SettingsError("x")])]), "the first"),
        (PermissionError(13, "Permission denied", "/data"), "/data: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device: make room, or set HOTLINE_DATA"),
        (ValueError("a bug"), ""),
        (ExceptionGroup("tasks", [SettingsError("the first"), KeyError("a bug")]), ""),
    ],
)
def test_which_errors_a_person_can_mend(error: BaseException, words: str) -> None:
    told = cli._plainly(error)
    assert told.startswith(words)
    assert bool(told) == bool(words)


def test_a_bug_of_ours_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(setup, "prepare", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["setup"])


@pytest.mark.parametrize("error", [BrokenPipeError(), ExceptionGroup("tasks", [BrokenPipeError(32, "Broken pipe")])])
def test_nobody_is_told_when_nobody_reads(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def unread(_: Path) -> None:
        raise error

    monkeypatch.setattr(setup, "prepare", unread)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert cli.main(["setup"]) == 1
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "prepare", interrupted)
    assert cli.main(["setup"]) == 130


def test_one_folder_holds_everything_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOTLINE_DATA", raising=False)
    monkeypatch.delenv("HOTLINE_TOOLS", raising=False)
    assert cli.data_folder() == cli.tools_folder() == tmp_path / ".hotline"
    monkeypatch.setenv("HOTLINE_DATA", "elsewhere")
    assert cli.data_folder() == cli.tools_folder() == tmp_path / "elsewhere"
    monkeypatch.setenv("HOTLINE_TOOLS", "/tools")
    assert (cli.data_folder(), cli.tools_folder()) == (tmp_path / "elsewhere", Path("/tools"))
