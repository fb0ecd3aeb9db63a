from __future__ import annotations

import io
import json
import socket
import sys
from pathlib import Path

import pytest

from telephony.demo.clean import clean
from telephony.demo.demo import DemoError, is_running, only_one
from telephony.demo.house import CONSULTANTS, _kept_secrets
from telephony.demo.once import two_customers, what_is_missing
from telephony.demo.ports import RTP_PORTS, Ports, is_free
from telephony.demo.setup import Progress, wanted_prompts


def _call(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "did": "+48220000100", "priority": "standard", "arrived_at": 1.0, "answered_at": 20.0, "outcome": "answered",
        "ticket": "000013", "loss_ratio": 0.0, "pop_before_ring": True,
    }  # fmt: skip
    return whole | changes


def _accessible(**changes: object) -> dict[str, object]:
    return _call(did="+48220000116", priority="accessibility", arrived_at=2.0, answered_at=9.0) | changes


def test_nothing_is_missing_from_a_whole_run() -> None:
    assert what_is_missing({"calls": [_call(), _accessible()]}) == []
    assert what_is_missing({"calls": [_accessible(), _call()]}) == []


@pytest.mark.parametrize(
    ("general", "accessible", "words"),
    [
        ({"priority": "accessibility"}, {}, "the first caller was not in the standard lane"),
        ({}, {"priority": "standard"}, "the second caller was not in the accessibility lane"),
        ({}, {"answered_at": 30.0}, "the accessibility caller was not answered first"),
        ({}, {"outcome": "abandoned_line"}, "+48220000116: the outcome is abandoned_line"),
        ({"ticket": None}, {}, "+48220000100: no ticket"),
        ({"loss_ratio": None}, {}, "+48220000100: no quality record"),
        ({}, {"pop_before_ring": False}, "+48220000116: the phone rang before the pop was painted"),
    ],
)
def test_each_thing_that_did_not_happen_is_told(
    general: dict[str, object], accessible: dict[str, object], words: str
) -> None:
    assert what_is_missing({"calls": [_call(**general), _accessible(**accessible)]}) == [words]


def test_the_two_callers_are_known_and_differ_in_what_they_asked_for() -> None:
    general, accessible = two_customers()
    assert (general.accessibility, accessible.accessibility) == (False, True)
    assert general.phones
    assert accessible.phones


def test_a_taken_port_is_replaced_and_named_and_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        file.write_text(json.dumps({"console": taken}), "utf-8")
        chosen, moved = Ports.choose(file)
        assert not is_free("console", taken)
    assert chosen.console not in (taken, Ports().console)
    assert moved["console"] == chosen.console
    assert Ports.remembered(file) == chosen


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fax": 1}', "null"])
def test_a_broken_memory_of_ports_is_forgotten(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(text, "utf-8")
    assert Ports.remembered(file) == Ports()


def test_a_further_asterisk_has_ports_beside_the_first(tmp_path: Path) -> None:
    first, second = (Ports.remembered(tmp_path / "none.json", place) for place in (0, 1))
    assert (second.sip, second.ami) == (first.sip + 1, first.ami + 1)
    assert second.rtp >= first.rtp + RTP_PORTS


def test_rtp_begins_at_an_even_port(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    for _ in range(8):
        file.write_text('{"rtp": 0}', "utf-8")
        assert Ports.choose(file)[0].rtp % 2 == 0  # RTP even, RTCP odd [RFC 3550 §11]


def test_one_demo_at_a_time_on_a_folder(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with only_one(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(DemoError, match=r"a demo already runs in .* \(process \d+\)"), only_one(tmp_path):
            pass
        with pytest.raises(DemoError):
            clean(tmp_path)
    assert not is_running(tmp_path)


def test_cleaning_leaves_what_is_not_the_demos(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "ports.json").touch()
    (data / "closures.lock").touch()
    (data / "browser").mkdir()
    (data / "letters").touch()
    clean(data)
    assert [path.name for path in data.iterdir()] == ["letters"]
    (data / "letters").unlink()
    clean(data)
    assert not data.exists()
    clean(data)


def test_cleaning_takes_what_a_crash_left_unfinished(tmp_path: Path) -> None:
    (tmp_path / "asterisk-tree.part").mkdir()
    (tmp_path / "secrets.json.new").touch()
    (tmp_path / "letters.part").touch()
    clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.part"]


@pytest.mark.parametrize("left", ["", '{"manager": "ab', "null", "5", '{"manager": ""}'])
def test_secrets_that_a_crash_left_unfinished_are_made_anew(tmp_path: Path, left: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(left, "utf-8")
    made = _kept_secrets(file, CONSULTANTS)
    assert all(map(made.get, ("manager", "provision", "sip-anna", "console-piotr")))
    assert _kept_secrets(file, CONSULTANTS) == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_rewrites_one_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    progress = Progress("prompts")
    progress.count(1, 2)
    progress.count(2, 2)
    progress.done()
    assert "\n" not in screen.getvalue().removesuffix("\n")
    assert screen.getvalue().endswith("\r\033[Kprompts: done\n")


def test_progress_is_calm_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    progress = Progress("prompts")
    for done in range(100):
        progress.count(done, 100)
    progress.done()
    assert screen.getvalue() == "prompts: 0 of 100\n"


def test_every_prompt_is_wanted_once() -> None:
    wanted = wanted_prompts()
    assert len(wanted) == len(set(wanted)) > 10
