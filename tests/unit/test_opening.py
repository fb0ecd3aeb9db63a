"""Opening hours in a running server: a change is there for the next caller, a broken file changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import structlog

from ivr_flows import FlowError, closures
from ivr_flows.calendar import Closure
from telephony.opening import Opening

HOURS = 'departments:\n  sales: {hours: {mon-fri: "08:00-16:00"}}\n'


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    path = tmp_path / "calendar.yaml"
    path.write_text(HOURS)
    return path


def change(path: Path, text: str) -> None:
    """Written a second later than before, whatever the file system's clock can tell apart."""
    at = path.stat().st_mtime + 1
    path.write_text(text)
    os.utime(path, (at, at))


def test_a_closing_and_its_end_are_there_at_once(hours: Path, tmp_path: Path) -> None:
    opening = Opening(hours, tmp_path)
    assert opening.current().closures == {}
    closures.close(tmp_path / closures.FILE, "sales", Closure("Awaria prądu"))
    assert opening.current().closures == {"sales": Closure("Awaria prądu")}
    closures.reopen(tmp_path / closures.FILE, "sales")
    assert opening.current().closures == {}


def test_new_hours_are_read(hours: Path, tmp_path: Path) -> None:
    opening = Opening(hours, tmp_path)
    before = opening.current().departments["sales"]
    change(hours, HOURS.replace("16:00", "18:00"))
    assert opening.current().departments["sales"] != before


def test_broken_hours_change_nothing_and_are_told_once(hours: Path, tmp_path: Path) -> None:
    opening = Opening(hours, tmp_path)
    before = opening.current()
    change(hours, HOURS.replace("16:00", "25:00"))
    with structlog.testing.capture_logs() as logs:
        assert opening.current() == before
        assert opening.current() == before
    assert [each["event"] for each in logs] == ["calendar.refused"]
    assert "calendar.yaml:2:" in logs[0]["reason"]


def test_a_department_that_flows_may_ask_for_stays_until_the_next_start(hours: Path, tmp_path: Path) -> None:
    opening = Opening(hours, tmp_path)
    change(hours, HOURS.replace("sales", "billing"))
    with structlog.testing.capture_logs() as logs:
        assert set(opening.current().departments) == {"sales", "billing"}
    assert logs[0]["departments"] == ["sales"]


def test_closures_that_cannot_be_read_keep_what_was_known(hours: Path, tmp_path: Path) -> None:
    opening = Opening(hours, tmp_path)
    closures.close(tmp_path / closures.FILE, "sales", Closure("Awaria prądu"))
    opening.current()
    change(tmp_path / closures.FILE, "{")
    with structlog.testing.capture_logs() as logs:
        assert set(opening.current().closures) == {"sales"}
        assert set(opening.current().closures) == {"sales"}
    assert [each["event"] for each in logs] == ["calendar.closures_unreadable"]


def test_without_hours_there_is_no_start(tmp_path: Path) -> None:
    with pytest.raises((FlowError, OSError), match=r"calendar\.yaml"):
        Opening(tmp_path / "calendar.yaml", tmp_path)
