"""Two Asterisks, one by a shared folder and one over SSH: one after another, and who has what when the second fails."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.trunk_apply import TrunkNode, planned
from telephony.trunk_rollout import Has, rolled_out, standings
from telephony.trunk_ssh import RemoteFolder, command
from tests import sshd
from tests.acceptance.conftest import StartNode
from tests.acceptance.test_trunk_apply import node_of, wanted_of

TEXT = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
[trunks.north]
carrier = "north"
hosts = [{ host = "127.0.0.1", port = 9 }]
match = ["127.0.0.1:9/32"]
options_s = 0
[dids]
"+48221234500" = { leads = "echo" }
[[outbound]]
prefix = "+48"
trunks = ["north"]
"""


async def test_nodes_take_turns_and_the_first_failure_is_the_last(asterisk_node: StartNode, tmp_path: Path) -> None:
    near, far = await asterisk_node(trunks=[], numbers={}), await asterisk_node(trunks=[], numbers={})
    folder = tmp_path / "ssh"
    folder.mkdir()
    async with sshd.sshd(folder, receiver(far)) as to:
        nodes = (node_of(near), over_ssh(far, command(to, sshd.ssh())))
        wanted = wanted_of(TEXT)
        done = [each async for each in rolled_out(nodes, wanted, "eva")]
        assert [(each.node, each.failed) for each in done] == [(each.name, ()) for each in nodes]
        assert {each.has for each in standings(nodes, wanted)} == {Has.NEW}
        assert not await planned(nodes[1], wanted), "the far one runs what the file says"
        assert "north" in await far.command("pjsip show endpoints")

        changed = wanted_of(TEXT.replace("north", "south"))
        await far.stop()
        done = [each async for each in rolled_out(nodes, changed, "eva")]
        assert [bool(each.failed) for each in done] == [False, True]
        assert "cannot be reached" in done[1].failed[0]
        assert [each.has for each in standings(nodes, changed)] == [Has.NEW, Has.OLD]
        assert nodes[1].folder.current() == nodes[1].folder.known()[0], "it has what it had, and nothing else"

        await far.start()
        lost = replace(nodes[1], folder=RemoteFolder("far", command(to.model_copy(update={"port": 9}), sshd.ssh())))
        done = [each async for each in rolled_out((nodes[0], lost), changed, "eva")]
        assert done[1].failed[0].startswith("far cannot be reached over SSH: ")
        assert standings([lost], changed)[0].has is Has.UNKNOWN
        done = [each async for each in rolled_out(nodes, changed, "eva")]
        assert [(each.failed, bool(each.changes)) for each in done] == [((), False), ((), True)], "it goes on"


def receiver(asterisk: EmbeddedAsterisk) -> tuple[str | Path, ...]:
    python = ("env", f"PYTHONPATH={Path(__file__).parents[2]}", sys.executable, "-m", "telephony")
    return (*python, "trunk", "receive", asterisk.node.folder / "etc" / "trunks")


def over_ssh(asterisk: EmbeddedAsterisk, argv: tuple[str, ...]) -> TrunkNode:
    return replace(node_of(asterisk), folder=RemoteFolder(asterisk.node.name, argv))
