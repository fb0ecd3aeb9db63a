from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from sip_trunk.revisions import TrunkFolder
from telephony.settings import AsteriskNode, Settings
from telephony.shipped import CONFIG_FOLDER
from telephony.trunk_names import known_trunks


def node(name: str, **more: object) -> AsteriskNode:
    return AsteriskNode.model_validate({"name": name, "secret": SecretStr("x"), **more})


def test_trunks_are_those_of_the_settings_and_of_the_revision_in_force(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path / "trunks")
    nodes = (node("n1", trunk="carrier", trunk_folder=folder.root), node("n2"))
    settings = Settings(data=tmp_path, asterisk=nodes)
    assert known_trunks(settings) == ("carrier",)
    with folder.held():
        folder.switch(folder.keep({"trunks.toml": (CONFIG_FOLDER / "trunks.example.toml").read_text("utf-8")}))
    assert known_trunks(settings) == ("carrier", "north-tls", "south")


def test_a_revision_that_cannot_be_read_stops_no_server(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path / "trunks")
    with folder.held():
        folder.switch(folder.keep({"trunks.toml": "["}))
    settings = Settings(data=tmp_path, asterisk=(node("n1", trunk="carrier", trunk_folder=folder.root),))
    assert known_trunks(settings) == ("carrier",)
