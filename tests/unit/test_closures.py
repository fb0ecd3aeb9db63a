"""Emergency closing: the small file, what is refused, and what a server sees of it; and the command."""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr_flows import FlowError, closures
from ivr_flows.calendar import Closure
from telephony.cli import main

NOW = datetime(2026, 10, 24, 10, tzinfo=UTC).timestamp()  # noon in Warsaw, the day before the clock goes back


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / closures.FILE


def test_closed_and_opened_again(file: Path) -> None:
    assert closures.live(file).read() == {}
    closures.close(file, "sales", Closure("Awaria prądu", 5.0))
    closures.close(file, "billing", Closure("Awaria prądu"))
    assert closures.live(file).read() == {"sales": Closure("Awaria prądu", 5.0), "billing": Closure("Awaria prądu")}
    assert closures.reopen(file, "sales")
    assert not closures.reopen(file, "sales")
    assert closures.live(file).read() == {"billing": Closure("Awaria prądu")}


@pytest.mark.parametrize("reason", ["", "x" * 201, "two\nlines"])
def test_a_reason_is_one_line(file: Path, reason: str) -> None:
    with pytest.raises(FlowError, match="one line"):
        closures.close(file, "sales", Closure(reason))
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"sales": {"reason": 1}}', " " * 300_000])
def test_a_file_that_is_not_ours_is_refused_and_stays(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(FlowError, match="damaged, or written by something else"):
        closures.close(file, "sales", Closure("x"))
    assert file.read_text() == content


def test_nobodys_change_is_lost(file: Path) -> None:
    names = [f"d{number}" for number in range(8)]
    threads = [threading.Thread(target=closures.close, args=(file, name, Closure("x"))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(closures.live(file).read()) == names


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("18:00", "2026-10-24T16:00"),
        ("11:00", "2026-10-25T10:00"),  # tomorrow, and in winter time
        ("2026-12-24T18:00", "2026-12-24T17:00"),
        ("2026-12-24T18:00+00:00", "2026-12-24T18:00"),
    ],
)
def test_until(text: str, utc: str) -> None:
    assert closures.until(text, NOW) == datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "message"), [("soon", "no time"), ("25:00", "no time"), ("2026-10-24T11:59", "passed")]
)
def test_a_bad_end_is_refused(text: str, message: str) -> None:
    with pytest.raises(FlowError, match=message):
        closures.until(text, NOW)


def test_a_server_sees_changes_and_keeps_what_it_knew_of_a_broken_file(file: Path) -> None:
    watched = closures.live(file)
    assert watched.current() == {}
    closures.close(file, "sales", Closure("x"))
    assert watched.current() == {"sales": Closure("x")}
    file.write_text("broken")
    assert watched.current() == {"sales": Closure("x")}
    assert "damaged" in watched.problem
    file.unlink()
    assert watched.current() == {}
    assert watched.problem == ""


def test_the_file_is_not_read_twice_for_nothing(file: Path) -> None:
    closures.close(file, "sales", Closure("x"))
    watched = closures.live(file)
    known = watched.current()
    assert watched.current() is known
    os.utime(file, ns=(1, 1))
    assert watched.current() is not known


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    calendar = ["flow", "calendar"]
    assert main([*calendar, "close", "sales", "--reason", "Awaria"]) == 0
    assert "until `hotline flow calendar open sales`" in capsys.readouterr().out
    assert main([*calendar, "show", "--json", "--at", "2026-11-23T10:00"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["sales"] == {"open": False, "why": "emergency", "words": "Awaria", "opens_at": None}
    assert shown["billing"] == {"open": True, "closes_at": "2026-11-23T18:00+01:00"}
    assert main([*calendar, "open", "sales"]) == 0
    assert main([*calendar, "open", "sales"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "sales was not closed in an emergency"
    assert main([*calendar, "show", "--at", "2026-12-24T10:00"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("sales: closed (holiday: Wigilia Bożego Narodzenia), opens 2026-12-28T08:00+01:00")
    assert lines[1] == "support: open round the clock"


def test_the_command_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    assert main(["flow", "calendar", "close", "sail", "--reason", "x"]) == 1
    assert capsys.readouterr().err == "hotline: the calendar has no department `sail`; it has billing, sales, support\n"
    assert main(["flow", "calendar", "close", "sales", "--until", "2020-01-01T00:00", "--reason", "x"]) == 1
    assert "has passed already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
