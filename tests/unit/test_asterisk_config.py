"""Asterisk's configuration: nothing a settings file holds can become dialplan, and what must be there is there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.asterisk.afterwards import ARRIVAL
from telephony.asterisk.config import AgentPhone, NodeConfig, PeerNode, TrunkPeer, render
from telephony.asterisk.config_values import AsteriskConfigError

TEMPLATES = Path(__file__).parents[2] / "config" / "asterisk"
NODE = NodeConfig(
    name="node-1",
    folder=Path("/srv/hotline/node-1"),
    sip_port=5060,
    ami_port=5038,
    rtp_ports=(10000, 10100),
    agi_servers=("127.0.0.1:4573", "127.0.0.1:4574"),
    manager_secret="m" * 20,
    provision_secret="p" * 20,
    agents=(AgentPhone("anna", "a" * 20), AgentPhone("piotr", "b" * 20)),
    numbers={"+48220000100": False, "+48220000116": True},
    trunks=(TrunkPeer("carrier", "127.0.0.1:5080/32", "sip:127.0.0.1:5080"),),
    announcement=Path("/srv/hotline/prompts/wait"),
)


def rendered(node: NodeConfig = NODE, *, music: Path | None = Path("/d/moh")) -> dict[str, str]:
    return render(node, templates=TEMPLATES, modules=Path("/m"), data=Path("/d"), run=Path("/r"), music=music)


def test_every_placeholder_is_filled() -> None:
    texts = rendered()
    assert {"asterisk.conf", "extensions.conf", "manager.conf", "pjsip.conf", "queues.conf"} <= set(texts)
    assert not [
        name for name, text in texts.items() if "@" in text.replace("@carrier", "").replace("s@hotline-echo-end", "")
    ]


def test_only_our_numbers_are_answered_and_no_pattern_is_used() -> None:
    dialplan = rendered()["extensions.conf"]
    inbound = dialplan.partition("[hotline-in]")[2].partition("[hotline-call]")[0]
    assert "exten => _" not in dialplan.replace(dialplan.partition("[hotline-probes]")[2].partition("[")[0], "")
    assert inbound.count("exten =>") == 4
    assert "QUEUE_PRIO=10" in inbound.partition("+48220000116")[2]


def test_the_callers_text_stays_out_of_ami() -> None:
    pjsip = rendered()["pjsip.conf"]
    trunk = pjsip.partition("[carrier]")[2].partition("type = aor")[0]
    assert "trust_id_inbound = no" in trunk
    assert "callerid = carrier <0>" in trunk
    assert "identify_by = ip" in trunk


PEER = PeerNode("node-2", "192.0.2.2", 5060, "s" * 20)


def test_a_peer_is_known_by_address_and_secret_and_alone_comes_to_the_phones() -> None:
    texts = rendered(replace(NODE, peers=(PEER,)))
    peer = texts["pjsip.conf"].partition("[node-2]")[2].partition("[anna]")[0]
    assert "match = 192.0.2.2:5060/32\n" in peer
    assert "auth = node-2-in\n" in peer
    assert peer.count(f"password = {PEER.secret}\n") == 2
    assert "username = node-1\n" in peer  # who we are to them
    assert texts["pjsip.conf"].count("context = hotline-internal") == 1
    assert "hotline-internal" not in rendered()["pjsip.conf"]


def test_only_a_leg_between_nodes_has_its_header_read() -> None:
    dialplan = rendered(replace(NODE, peers=(PEER,)))["extensions.conf"]
    contexts = {part.partition("]")[0]: part for part in dialplan.split("\n[")}
    assert [name for name, text in contexts.items() if "PJSIP_HEADER(read,X-" in text] == [
        "hotline-internal",
        "hotline-leg-in",
        "hotline-probe-out",  # whose callers have proved the probe's password
    ]
    assert [name for name, text in contexts.items() if "Goto(hotline-leg-in" in text] == ["hotline-internal"]
    assert "Dial(PJSIP/anna@node-2,30)" in contexts["hotline-agents"]
    assert "@node-2" not in contexts["hotline-leg-in"] + contexts["hotline-internal"]  # or calls would go in circles
    assert "Dial(PJSIP/hotline-queue@node-2,," in contexts["hotline-fallback"]
    assert "joinempty = yes\n" in rendered()["queues.conf"]  # one node keeps every caller


def test_the_server_may_read_and_call_and_nothing_else() -> None:
    server = rendered()["manager.conf"].partition("[hotline]")[2].partition("[hotline-provision]")[0]
    assert "write = call,reporting,agent,originate\n" in server
    assert "name(Hangup)" in server


def test_emergency_numbers_go_out_without_our_server() -> None:
    phones = rendered()["extensions.conf"].partition("[hotline-agents]")[2].partition("\n[")[0]
    for number in ("112", "997", "998", "999"):
        assert f"Dial(PJSIP/{number}@carrier,60)" in phones
    assert "AGI(" not in phones
    assert phones.count("Set(CALLERID(all)=<+48220000100>)") == 4, "a number that can be called back"


def test_an_agent_can_hand_over_to_colleagues_and_to_permitted_numbers_only() -> None:
    dialplan = rendered(replace(NODE, transfer_numbers=("+48220000900",)))["extensions.conf"]
    agents = dialplan.partition("[hotline-agents]")[2].partition("\n[")[0]
    targets = [line.split(",")[0].removeprefix("exten => ") for line in agents.splitlines() if line.startswith("exten")]
    colleagues = [agent.endpoint for agent in NODE.agents]
    ours = [each for did in NODE.numbers for each in (did, did[1:])]
    assert targets == ["112", "997", "998", "999", *colleagues, "+48220000900", *ours, "*43"]
    callers_only = 'GotoIf($["${HOTLINE_INTERACTION}${HOTLINE_DID}" = ""]?hotline-handed-over,s,nobody)'
    assert agents.count(callers_only) == len(NODE.numbers)
    assert agents.count("Goto(hotline-handed-over,s,1)") == len(colleagues) + 2  # nobody is lost to a busy phone


def test_who_waits_hears_ringing_where_there_is_no_music() -> None:
    assert "Queue(hotline-fallback,c)" in rendered()["extensions.conf"]
    assert "Queue(hotline-fallback,cr)" in rendered(music=None)["extensions.conf"]


def test_a_node_without_agents_numbers_and_trunks_is_still_a_configuration() -> None:
    texts = rendered(replace(NODE, agents=(), numbers={}, trunks=(), announcement=None, agi_servers=()))
    legs_and_echo = r"Dial\((PJSIP/\$\{HOTLINE_PHONE\}|Local/s@hotline-echo-end)"  # only a leg's phone and our own echo
    assert "Dial(" not in re.sub(legs_and_echo, "", texts["extensions.conf"])
    applied = "hotline-trunk-emergency,112,1"  # trunks that are applied later (docs/trunks.md)
    emergency = f"exten => 112,1,GotoIf($[${{DIALPLAN_EXISTS({applied})}}]?{applied})\n same => n,Congestion(10)"
    assert emergency in texts["extensions.conf"]


def test_two_nodes_on_one_machine_differ() -> None:
    one, other = (rendered(replace(NODE, name=name))["asterisk.conf"] for name in ("node-1", "node-2"))
    entity = [line for text in (one, other) for line in text.splitlines() if line.startswith("entityid")]
    assert entity[0] != entity[1]
    assert "systemname = node-1" in one


@pytest.mark.parametrize(
    "broken",
    [
        replace(NODE, name="a]\n[b"),
        replace(NODE, agents=(AgentPhone("anna,tTwW", "a" * 20),)),
        replace(NODE, agents=(AgentPhone("anna", "a" * 20 + "\nwrite = all"),)),
        replace(NODE, numbers={"_X.": False}),
        replace(NODE, numbers={"+48220000100,1,System(rm)": False}),
        replace(NODE, trunks=(TrunkPeer("carrier", "0.0.0.0/0\ntype=endpoint"),)),
        replace(NODE, trunks=(TrunkPeer("carrier", "127.0.0.1", "sip:x\n[y]"),)),
        replace(NODE, peers=(replace(PEER, host="192.0.2.2\nx"),)),
        replace(NODE, peers=(replace(PEER, secret="short"),)),
        replace(NODE, peers=(replace(PEER, name="anna"),)),  # of a phone
        replace(NODE, manager_secret="short"),
        replace(NODE, agi_servers=("127.0.0.1:4573/x,${SHELL(id)}",)),
        replace(NODE, agi_servers=("127.0.0.1",)),
        replace(NODE, folder=Path("/srv/a\nb")),
        replace(NODE, sip_port=0),
    ],
)
def test_a_value_that_could_become_configuration_is_refused(broken: NodeConfig) -> None:
    with pytest.raises(AsteriskConfigError) as refused:
        rendered(broken)
    assert "a" * 20 not in str(refused.value), "a secret in a message"


def test_a_transfer_number_that_is_a_pattern_is_refused() -> None:
    with pytest.raises(AsteriskConfigError, match="transfer number"):
        rendered(replace(NODE, transfer_numbers=("_X.",)))


def test_secrets_are_not_shown() -> None:
    assert "m" * 20 not in repr(NODE)
    assert "a" * 20 not in repr(NODE.agents)


def test_a_flow_can_send_a_caller_to_permitted_numbers_only() -> None:
    out = rendered(replace(NODE, transfer_numbers=("+48220000900",)))["extensions.conf"]
    out = out.partition("[hotline-out]")[2].partition("\n[")[0]
    assert [line.split(",")[0] for line in out.splitlines() if line.startswith("exten")] == ["exten => +48220000900"]
    assert "Dial(PJSIP/+48220000900@carrier,30,gU(hotline-answered))" in out
    assert "Dial" not in rendered()["extensions.conf"].partition("[hotline-out]")[2].partition("\n[")[0]


def test_a_test_call_begins_no_interaction_and_is_read_in_as_none() -> None:
    dialplan = rendered(replace(NODE, transfer_numbers=("+48500600700",)))["extensions.conf"]
    contexts = {part.partition("]")[0]: part for part in dialplan.split("\n[")}
    probes = [text for name, text in contexts.items() if name.startswith("hotline-probe")]
    assert len(probes) == 5
    assert not [text for text in probes if "AGI(" in text or "hotline-call" in text or "hotline-in" in text]
    assert ARRIVAL not in {name for name in contexts if name.startswith("hotline-probe")}
    assert "PJSIP/${EXTEN}@${HOTLINE_TRUNK}" in contexts["hotline-probe-number"]


def test_the_probes_endpoint_is_there_only_with_a_secret() -> None:
    assert "hotline-probe" not in rendered()["pjsip.conf"]
    assert "context = hotline-probes" in rendered(replace(NODE, probe_secret="p" * 20))["pjsip.conf"]
    with pytest.raises(AsteriskConfigError, match="secret"):
        rendered(replace(NODE, probe_secret="short"))
