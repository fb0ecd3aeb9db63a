from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from telephony import cli
from telephony.own_asterisk import FILES, PAGE_FILES
from telephony.settings import load

ARGUMENTS = ("--trunk", "carrier=192.0.2.0/24=sip:192.0.2.1:5060", "--agent", "anna", "--agent", "piotr")


def _written(folder: Path, *arguments: str) -> dict[str, str]:
    assert cli.main(["asterisk-config", str(folder), *ARGUMENTS, *arguments]) == 0
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def test_what_an_asterisk_of_ones_own_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _written(tmp_path / "own", "--name", "waw-1", "--sip", "192.0.2.10:5062", "--ami-port", "5039")
    assert set(files) == {*FILES, "server.toml", "secrets.json"}
    assert "exten => +48220000100,1," in files["extensions.conf"]
    assert "agi://127.0.0.1:4573/call" in files["extensions.conf"]
    assert "bind = 192.0.2.10:5062" in files["pjsip.conf"]
    assert "match = 192.0.2.0/24" in files["pjsip.conf"]
    assert "[anna]" in files["pjsip.conf"]
    assert "PJSIP/piotr" in files["queues.conf"]
    (node,) = tomllib.loads(files["server.toml"])["asterisk"]
    assert (node["name"], node["host"], node["ami_port"]) == ("waw-1", "127.0.0.1", 5039)
    assert f"secret = {node['secret']}" in files["manager.conf"]
    assert "systemname = waw-1" in capsys.readouterr().out


def test_phones_in_pages_reach_it_over_tls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "wss://sip.example.pl:8089/ws"
    pair = ("--pages-certificate", "/etc/asterisk/keys/chain.pem", "--pages-key", "/etc/asterisk/keys/key.pem")
    files = _written(tmp_path / "own", "--sip", "192.0.2.10:5060", "--pages", url, *pair)
    assert set(files) == {*FILES, *PAGE_FILES, "server.toml", "secrets.json"}
    assert "tlsbindaddr = 192.0.2.10:8089" in files["http.conf"]
    assert "tlscertfile = /etc/asterisk/keys/chain.pem" in files["http.conf"]
    assert "protocol = wss" in files["pjsip.conf"]
    assert "[anna-page]" in files["pjsip.conf"]
    assert "auth = astdb,hotline_page" in files["sorcery.conf"]
    (node,) = tomllib.loads(files["server.toml"])["asterisk"]
    assert node["phone_url"] == url
    assert "icesupport = yes" in capsys.readouterr().out


def test_nothing_written_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "/nonexistent" not in "".join(_written(tmp_path / "own").values())


def test_secrets_are_their_owners_and_stay(tmp_path: Path) -> None:
    first = _written(tmp_path / "own")
    assert _written(tmp_path / "own") == first
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "own").iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trunk", "carrier"], "'carrier' is not name=address"),
        (["--trunk", "a\nb=192.0.2.1"], "trunk name"),
        (["--agent", "x]"], "agent's endpoint"),
        (["--sip", "5060"], "SIP address"),
        (["--peer", "node-2=192.0.2.2"], "is not name=host:port"),
        (["--peer", "node-2=example:5060"], "address of a node"),
        (["--sip", "192.0.2.1:x"], "port 0"),
        (["--pages", "ws://sip.example.pl/ws"], "is not wss://host:port/ws"),
        (["--pages", "wss://sip.example.pl:8089/ws"], "over TLS alone"),
    ],
)
def test_what_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert cli.main(["asterisk-config", str(tmp_path), *arguments]) == 1
    assert words in capsys.readouterr().err


def test_without_numbers_there_is_nothing_to_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.toml"
    empty.touch()
    assert cli.main(["asterisk-config", str(tmp_path), "--config", str(empty)]) == 1
    assert "no numbers" in capsys.readouterr().err


def test_agents_may_hand_over_to_the_numbers_in_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_TRANSFER_NUMBERS", '["+48220000900"]')
    dialplan = _written(tmp_path / "own")["extensions.conf"]
    assert "exten => +48220000900,1,GotoIf(" in dialplan.partition("[hotline-agents]")[2]


def test_two_nodes_share_their_secrets_and_know_one_another(tmp_path: Path) -> None:
    names, shared = ("waw-1", "waw-2"), ("--secrets", str(tmp_path / "secrets.json"))
    for own, other, octet in zip(names, reversed(names), (2, 1), strict=True):
        where = ("--ami-host", f"192.0.2.{3 - octet}", "--server", "192.0.2.9")
        arguments = ("--name", own, "--peer", f"{other}=192.0.2.{octet}:5060", *where, *shared)
        assert cli.main(["asterisk-config", str(tmp_path / own), *ARGUMENTS, *arguments]) == 0
    endpoints = [(tmp_path / name / "pjsip.conf").read_text("utf-8") for name in names]
    assert "match = 192.0.2.2:5060/32" in endpoints[0]
    assert "match = 192.0.2.1:5060/32" in endpoints[1]
    passwords = [set(re.findall("password = (.*)", text)) for text in endpoints]
    assert passwords[0] == passwords[1]  # of phones and of one another
    settings = load([cli.CONFIG, *(tmp_path / name / "server.toml" for name in names)])
    assert [(node.name, node.host) for node in settings.asterisk] == [("waw-1", "192.0.2.1"), ("waw-2", "192.0.2.2")]
    assert "permit = 192.0.2.9" in (tmp_path / "waw-1/manager.conf").read_text("utf-8")


def test_what_could_write_files_is_kept_out(tmp_path: Path) -> None:
    modules = _written(tmp_path / "own")["modules_hotline.conf"]
    assert {f"noload = {name}.so" for name in ("func_env", "func_shell", "app_record", "app_jack")} <= set(
        modules.splitlines()
    )
    assert "autoload" not in modules
    assert "[modules]" not in modules  # it is included below that
    assert "app_voicemail" not in modules  # that is the machine's own business
