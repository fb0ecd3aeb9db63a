from __future__ import annotations

import json
import os
import shutil
import socket
from importlib.metadata import version
from pathlib import Path

import pytest

from ivr_flows import SHIPPED
from ivr_flows.revisions import CURRENT
from telephony.console import bundle
from telephony.demo.demo import only_one
from telephony.demo.ports import Ports
from telephony.doctor import machine, parts, running
from telephony.doctor.finding import Finding, Standing, as_json, healthy, lines, right, warning, wrong
from telephony.quality_settings import QualityRules
from telephony.settings import load
from tests.ports import free_port

FINDINGS = (
    right("Python", "3.11.7"),
    warning("ports", "5060 is taken", "another will do"),
    wrong("database", "not there\nnor elsewhere", "start it"),
)


def test_a_finding_is_a_line_and_what_mends_it_another() -> None:
    assert list(lines(FINDINGS, colours=False)) == [
        "ok     Python          3.11.7",
        "note   ports           5060 is taken",
        "                       -> another will do",
        "WRONG  database        not there",
        "                       nor elsewhere",
        "                       -> start it",
        "",
        "1 to be mended, 1 to note.",
    ]


def test_colours_only_mark_how_it_stands() -> None:
    coloured = list(lines(FINDINGS[:1], colours=True))
    assert coloured[0] == "\033[32mok   \033[0m  Python          3.11.7"
    assert coloured[-1] == "Nothing is wrong, 0 to note."


def test_notes_are_healthy_and_wrongs_are_not() -> None:
    assert healthy(FINDINGS[:2])
    assert not healthy(FINDINGS)
    told = json.loads(as_json(FINDINGS))
    assert told["healthy"] is False
    assert told["findings"][2] == {
        "topic": "database", "standing": "wrong", "text": "not there\nnor elsewhere", "mend": "start it"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("running_version", "standing"),
    [((3, 10, 9), "wrong"), ((3, 11, 0), "right"), ((3, 13, 5), "right"), ((3, 14, 0), "wrong")],
)
def test_python(running_version: tuple[int, ...], standing: str) -> None:
    assert machine.python(running_version).standing == standing


def _lock(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text(text, "utf-8")
    return path


def test_packages_are_compared_with_the_lock(tmp_path: Path) -> None:
    here = version("aiohttp")
    whole = (
        f"aiohttp=={here} \\\n    --hash=sha256:00\nnot-here==1.0 ; python_version >= '4' \\\n    --hash=sha256:00\n"
    )
    assert machine.packages(_lock(tmp_path, whole)).standing == Standing.RIGHT
    other = machine.packages(_lock(tmp_path, "aiohttp==0.1 \\\n    --hash=sha256:00\nnot-here==1.0 \\\n"))
    assert other == wrong(
        "packages", f"not as locked: aiohttp {here} instead of 0.1, not-here is missing", "make setup"
    )
    assert machine.packages(tmp_path / "none.lock").standing == Standing.WARNING


@pytest.mark.parametrize(("kind", "standing"), [("pjsua2", "right"), ("pyvoip", "warning")])
def test_which_phones_the_demo_uses(kind: str, standing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "phone_program", lambda: ([], kind))
    assert machine.phones().standing == standing


def test_speech_works_here() -> None:
    assert machine.speech().standing == Standing.RIGHT


def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "not/yet/there"
    free = {"mb": 10}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": free["mb"] * 1_000_000}))
    assert machine.room(data) == wrong(
        "data folder",
        f"{data}: 10 MB are free, 900 MB are needed",
        "make room, or set HOTLINE_DATA to a folder elsewhere",
    )
    free["mb"] = 500
    assert machine.room(data).standing == Standing.WRONG
    (data / "asterisk-tree").mkdir(parents=True)
    assert machine.room(data) == right("data folder", f"{data}, 0.5 GB free")


def test_a_folder_that_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert machine.room(tmp_path / "data").text == f"{tmp_path} is not ours to write"


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for data in (file, file / "data"):
        assert machine.room(data).text == f"{file} is not a folder"
        assert [finding.topic for finding in parts.ports(data)]  # and the doctor goes on


def test_time_zones() -> None:
    assert machine.time_zone("Europe/Warsaw").standing == Standing.RIGHT
    assert machine.time_zone("Europe/Atlantis").mend == "apt-get install tzdata"


def test_a_taken_port_is_named_with_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder, socket.socket(type=socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        wanted = {name: free_port() for name in ("metrics", "agi", "ami", "postgres")}
        wanted |= {name: free_port(socket.SOCK_DGRAM) for name in ("customers", "rtp")}
        wanted |= {"console": holder.getsockname()[1], "sip": phone.getsockname()[1]}
        (tmp_path / "ports.json").write_text(json.dumps(wanted), "utf-8")
        found = list(parts.ports(tmp_path))
    us = f"{Path('/proc/self/comm').read_text().strip()} (process {os.getpid()})"
    assert [finding.text for finding in found] == [
        f"{wanted['console']} (console) is taken by {us}",
        f"{wanted['sip']} (sip) is taken by {us}",
    ]
    assert {finding.standing for finding in found} == {Standing.WARNING}
    assert Ports.remembered(tmp_path / "ports.json").sip == wanted["sip"]


def test_a_running_demo_has_its_ports_by_right(tmp_path: Path) -> None:
    with only_one(tmp_path):
        (found,) = parts.ports(tmp_path)
    assert found.standing == Standing.RIGHT


def test_prompts_that_are_not_made(tmp_path: Path) -> None:
    assert parts.prompts(tmp_path).standing == Standing.WARNING


def test_pages_that_are_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "BUILT", tmp_path)
    found = parts.pages()
    assert (found.standing, found.mend) == (Standing.WRONG, "make setup")


async def _examined(tmp_path: Path, text: str, *, will_serve: bool) -> dict[str, Finding]:
    file = tmp_path / "hotline.toml"
    file.write_text(text, "utf-8")
    return {each.topic: each async for each in running.examine([file], will_serve=will_serve)}


async def test_settings_that_cannot_be_read_are_the_last_word(tmp_path: Path) -> None:
    found = await _examined(tmp_path, 'colour = "red"', will_serve=True)
    assert list(found) == ["settings"]
    assert "colour" in found["settings"].text


async def test_what_a_server_would_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    found = await _examined(tmp_path, "", will_serve=True)
    assert {topic for topic, each in found.items() if each.standing is Standing.WRONG} == {"database", "Asterisk node"}
    found = await _examined(tmp_path, "", will_serve=False)
    assert healthy(found.values())


async def test_a_flow_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    queues = "".join(f'[queues.{name}]\ntitle = "-"\n' for name in ("sales", "support", "billing"))
    settings = f'[numbers."+48220000100"]\nflow = "nowhere"\n{queues}'
    found = await _examined(tmp_path, settings, will_serve=False)
    assert found["flows"].standing is Standing.WRONG
    assert "there is no flow `nowhere`" in found["flows"].text
    found = await _examined(tmp_path, settings.replace("support", "help"), will_serve=False)
    assert found["flows"].standing is Standing.WRONG
    assert "support" in found["flows"].text


def test_the_shipped_settings_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path))
    settings = load([Path(__file__).parents[2] / "config/hotline.toml"])
    told = f"nothing is published: those in {SHIPPED}; every number has one"
    assert running.flows(settings) == right("flows", told)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / CURRENT).write_text("{")
    assert "hotline flow rollback" in running.flows(settings).mend


def test_logs_that_cannot_be_read_are_told_before_they_are_needed(tmp_path: Path) -> None:
    assert not healthy([running.logs("node-1", tmp_path / "nowhere")])
    (tmp_path / "cel-custom").mkdir()
    assert running.logs("node-1", tmp_path) == right("logs of node-1", f"{tmp_path} can be read")
    missing = running.logs("node-1", tmp_path / "cel-custom")
    assert missing.mend == "correct `log_folder`, or let the server's user read it"


def test_by_what_calls_are_scored() -> None:
    assert running.quality_source(QualityRules()).text.startswith("by RTCP over AMI")
    nowhere = running.quality_source(QualityRules(interface="nowhere0"))
    assert nowhere.text == "by RTCP over AMI alone: there is no interface nowhere0"
    assert "CAP_NET_RAW" in nowhere.mend
