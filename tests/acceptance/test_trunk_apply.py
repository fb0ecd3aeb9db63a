"""Trunks from a file into a real Asterisk, whose carrier is another one: planned, applied, verified, rolled back."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from sip_trunk import trunk_file
from sip_trunk.revisions import TrunkFolder, TrunksBusyError
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.trunk_apply import Applied, TrunkNode, Wanted, applied, planned, rolled_back
from tests.acceptance.conftest import StartNode
from tests.acceptance.sip import answers, is_refused, login, phones_out, refuses, sip_world, talks
from tests.ports import free_udp_port

SECRET = "correct-horse-battery"
USER = "48221234500"

FILE = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
[trunks.north]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {port} }}]
match = ["127.0.0.1:{port}/32"]
registration = {{ user = "{user}", secret = "NORTH" }}
codecs = ["alaw"]
options_s = 5
[dids]
"+48221234500" = {{ leads = "echo" }}
[[outbound]]
prefix = "+48"
trunks = ["north"]
"""

CARRIER = """
[{user}]
type = endpoint
context = carrier
disallow = all
allow = alaw
auth = {user}
aors = {user}
identify_by = username,auth_username
[{user}]
type = auth
auth_type = digest
username = {user}
password = {secret}
[{user}]
type = aor
max_contacts = 5
"""


def node_of(asterisk: EmbeddedAsterisk) -> TrunkNode:
    node = asterisk.node
    ami = AmiSettings("127.0.0.1", node.ami_port, "hotline-provision", node.provision_secret)
    return TrunkNode(node.name, ami, TrunkFolder(node.folder / "etc" / "trunks"))


def root_of(node: TrunkNode) -> Path:
    assert isinstance(node.folder, TrunkFolder)
    return node.folder.root


def wanted_of(text: str, **secrets: str) -> Wanted:
    return Wanted.of(trunk_file.parse(text, "trunks.toml"), text, secrets or {"NORTH": SECRET})


async def carrier(asterisk_node: StartNode, secret: str = SECRET) -> EmbeddedAsterisk:
    asterisk = await asterisk_node(trunks=[], numbers={})
    with (asterisk.node.folder / "etc/pjsip.conf").open("a") as file:
        file.write(CARRIER.format(user=USER, secret=secret))
    await asterisk.command("module reload res_pjsip.so")
    return asterisk


async def apply(node: TrunkNode, wanted: Wanted, verify_s: float = 20.0) -> Applied:
    return [each async for each in applied([node], wanted, "eva", verify_s=verify_s)][-1]


async def test_a_registering_trunk_is_planned_applied_verified_and_rolled_back(
    asterisk_node: StartNode,
) -> None:
    far, near = await carrier(asterisk_node), await asterisk_node(trunks=[], numbers={})
    node, text = node_of(near), FILE.format(port=far.node.sip_port, user=USER)
    wanted = wanted_of(text)
    first = await planned(node, wanted)
    assert {str(each) for each in first.changes} >= {
        "+ endpoint north", "+ aor north", "+ auth north", "+ identify north", "+ registration north",
        "+ number +48221234500",
    }  # fmt: skip
    done = await apply(node, wanted)
    assert done.failed == ()
    assert done.revision == node.folder.current()
    assert not await planned(node, wanted), "what runs is what the file says"
    assert f"{USER}" in await far.command("pjsip show contacts")

    other = text.replace('codecs = ["alaw"]', 'codecs = ["ulaw", "alaw"]').replace("options_s = 5", "options_s = 7")
    changed = wanted_of(other)
    plan = await planned(node, changed)
    assert [str(each) for each in plan.changes] == [
        "~ aor north qualify_frequency: 5 → 7",
        "~ endpoint north allow: (alaw) → ulaw,alaw",
    ]
    assert (await apply(node, changed)).failed == ()

    before = done.revision
    assert before
    await rolled_back(node, before, "eva")
    assert not await planned(node, wanted)
    assert [each.outcome for each in node.folder.history()] == ["applied", "applied", "applied"]


async def test_a_wrong_password_is_rolled_back_and_said(asterisk_node: StartNode) -> None:
    far, near = await carrier(asterisk_node, "another-password-here"), await asterisk_node(trunks=[], numbers={})
    node = node_of(near)
    done = await apply(node, wanted_of(FILE.format(port=far.node.sip_port, user=USER)), verify_s=3)
    assert any("north is not registered" in each for each in done.failed)
    assert node.folder.current() is None
    assert "north" not in await near.command("pjsip show endpoints")
    assert [each.outcome for each in node.folder.history()] == ["rolled_back"]
    assert SECRET not in (root_of(node) / "history.jsonl").read_text()


# -- calls ------------------------------------------------------------------------------------------------------------

TWO = """
own = [["+48221234500", "+48221234599"]]
default_caller_id = "+48221234500"
[carriers.north]
title = "Północ"
[trunks.one]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {one} }}]
match = ["127.0.0.1:{one}/32"]
options_s = 0
[trunks.two]
carrier = "north"
hosts = [{{ host = "127.0.0.1", port = {two} }}]
match = ["127.0.0.1:{two}/32"]
numbers = "national"
options_s = 0
[dids]
"+48221234500" = {{ leads = "echo" }}
"+48221234501" = {{ leads = "echo", trunks = ["two"] }}
[[outbound]]
prefix = "+48"
trunks = ["one", "two"]
"""
OUTSIDE = "+48500600700"


async def test_calls_come_in_and_go_out_by_applied_trunks(asterisk_node: StartNode, tmp_path: Path) -> None:
    """Known numbers in each carrier's form; the next trunk where one is down; 112 from a phone."""
    near = await asterisk_node(trunks=[], numbers={}, agents=["anna"], transfer_numbers=[OUTSIDE])
    one, two = free_udp_port(), free_udp_port()
    assert (await apply(node_of(near), wanted_of(TWO.format(one=one, two=two)))).failed == ()
    async with sip_world(near.node, tmp_path) as sip:
        for name, port, service in (("e164", one, "+48221234500"), ("national", two, "221234501")):
            assert await (await sip.run(name, talks("+48600100200", 500), port, service=service)).ok(), name
        for service in ("+48221234501", "+48221234599", "221234500", "+48600100200", "500&PJSIP/two"):
            assert await (await sip.run("unknown", is_refused("x", 404), one, service=service)).ok(), service

        down, up = await sip.run("down", refuses(), one), await sip.run("up", answers(), two)
        anna = near.node.agents[0]
        dials = phones_out(anna.endpoint, 500)
        login_ = login(anna)
        phone = await sip.run("anna", dials, free_udp_port(), service=OUTSIDE, more=login_)
        assert await phone.ok(), phone.errors()
        assert await down.ok()
        assert await up.ok()
        assert "48221234500" in up.heard(), "under a number of ours"

        emergency = await sip.run("emergency", answers(), one)
        phone = await sip.run("anna-112", dials, free_udp_port(), service="112", more=login_)
        assert await phone.ok(), phone.errors()
        assert await emergency.ok()


# -- whoever is killed, whenever --------------------------------------------------------------------------------------

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from sip_trunk import trunk_file
from sip_trunk.revisions import TrunkFolder
from telephony.asterisk.ami_client import AmiSettings
from telephony.trunk_apply import TrunkNode, Wanted, applied

stage, port, secret, folder, file = sys.argv[1:]
text = Path(file).read_text()
node = TrunkNode("node-1", AmiSettings("127.0.0.1", int(port), "hotline-provision", secret), TrunkFolder(Path(folder)))

def die(at):
    if at == stage:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async for _ in applied([node], Wanted.of(trunk_file.parse(text, "x"), text, {}), "eva", stage=die):
        pass

asyncio.run(main())
"""
STAGES = ("write", "begin", "switch", "reload", "verify", "end")


async def test_killed_at_any_step_there_is_the_old_or_the_new_and_who_comes_next_goes_on(
    asterisk_node: StartNode, tmp_path: Path
) -> None:
    near = await asterisk_node(trunks=[], numbers={})
    base = TWO.format(one=free_udp_port(), two=free_udp_port())
    node, old = node_of(near), wanted_of(base)
    assert (await apply(node, old)).failed == ()
    for number, stage in enumerate(STAGES):
        file = tmp_path / "trunks.toml"
        file.write_text(f'{base}when = {{ begin = "0{number}:00", end = "23:00", days = "mon" }}\n')
        new = wanted_of(file.read_text())
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, stage, str(near.node.ami_port), near.node.provision_secret,
            str(root_of(node)), str(file),
        )  # fmt: skip
        assert await child.wait() == -signal.SIGKILL, stage
        current = node.folder.current()
        assert current
        assert node.folder.source(current) in {old.source, new.source}
        whole = new if node.folder.source(current) == new.source else old
        for name, text in whole.texts.items():
            assert (root_of(node) / "current" / name).read_text() == text, (stage, name)
        done = await apply(node, new)
        assert done.failed == ()
        assert not await planned(node, new)
        assert node.folder.unfinished() is None
        old = new


async def test_a_second_apply_at_the_same_time_is_refused(asterisk_node: StartNode) -> None:
    near = await asterisk_node(trunks=[], numbers={})
    node, wanted = node_of(near), wanted_of(TWO.format(one=free_udp_port(), two=free_udp_port()))
    with node.folder.held(), pytest.raises(TrunksBusyError, match="wait until it is done"):
        await apply(node, wanted)
    assert node.folder.current() is None
