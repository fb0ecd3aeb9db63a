"""Two Asterisks, one by a shared folder, one over SSH: one after another; and a trunk that is tried with a call."""

from __future__ import annotations

import functools
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sip_trunk.errors import TrunkError
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.probing import Prober
from telephony.settings import AsteriskNode
from telephony.settings_types import Listen
from telephony.trunk_apply import TrunkNode, applied, planned
from telephony.trunk_rollout import Has, rolled_out, standings
from telephony.trunk_ssh import RemoteFolder, command
from telephony.trunk_trial import calls_of, failed_calls, in_force, tried
from tests import sshd
from tests.acceptance.conftest import StartNode
from tests.acceptance.test_trunk_apply import node_of, wanted_of
from tests.ports import free_port, free_udp_port
from tests.tones import speech_like

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
        deaf = replace(nodes[1], ami=replace(nodes[1].ami, port=free_port()))
        done = [each async for each in rolled_out((nodes[0], deaf), changed, "eva")]
        assert [bool(each.failed) for each in done] == [False, True]
        assert "cannot be reached" in done[1].failed[0]
        assert [each.has for each in standings(nodes, changed)] == [Has.NEW, Has.OLD]
        assert nodes[1].folder.current() == nodes[1].folder.known()[0], "it has what it had, and nothing else"

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


# -- test calls -------------------------------------------------------------------------------------------------------

LOOP = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
test_number = "+48221234500"
[trunks.loop]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {port} }}]
match = ["127.0.0.1:{match}/32"]
codecs = ["alaw"]
options_s = 0
answer_timeout_s = 1
[dids]
"+48221234500" = {{ leads = "echo" }}
[[outbound]]
prefix = "+48"
trunks = ["loop"]
"""


async def test_a_trunk_is_tried_with_a_call_and_rolled_back_where_it_fails(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    asterisk = await asterisk_node(trunks=[], numbers={})
    node, port = node_of(asterisk), asterisk.node.sip_port
    prober = Prober([known(asterisk)], lambda: speech_like(tmp_path / "speech.wav"), time.time, talk_s=2.0)
    call = calls_of(prober)
    calls = functools.partial(failed_calls, call=call)
    good = wanted_of(LOOP.format(port=port, match=port))
    steps: list[str] = []
    done = [each async for each in applied([node], good, "eva", stage=steps.append, calls=calls)]
    assert done[0].failed == ()
    assert steps[-2:] == ["call", "end"]
    checks = await tried(node, in_force(node), "loop", call)
    assert [(each.what, each.good) for each in checks] == [
        ("endpoint", True), ("registration", None), ("options", None), ("call", True),
    ]  # fmt: skip
    assert checks[-1].said.endswith("(answered)")

    deaf = wanted_of(LOOP.format(port=free_udp_port(), match=port))
    done = [each async for each in applied([node], deaf, "eva", verify_s=3, calls=calls)]
    assert [each[:25] for each in done[0].failed] == ["loop: the test call was f"]
    assert node.folder.current() == done[0].revision
    assert not await planned(node, good), "it runs what it ran before"
    with pytest.raises(TrunkError, match="there is no trunk west: loop"):
        await tried(node, in_force(node), "west", call)


def known(asterisk: EmbeddedAsterisk) -> AsteriskNode:
    node = asterisk.node
    return AsteriskNode.model_validate(
        {
            "name": node.name, "ami_port": node.ami_port, "secret": node.manager_secret,
            "probe_sip": Listen("127.0.0.1", node.sip_port), "probe_secret": node.probe_secret,
        }
    )  # fmt: skip
