"""The configuration of one Asterisk node, rendered from the templates in `config/asterisk`.

Pure: `render` gives texts by file name. A value that could open a new line, section or argument is refused, so that
nothing written in a settings file becomes dialplan.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from telephony.asterisk.config_outside import emergency, outside, sent_out
from telephony.asterisk.config_page_phone import http, page_name, page_phone, page_transport
from telephony.asterisk.config_probe import PROBE, probe_carriers, probe_endpoint, probe_extensions, probe_numbers
from telephony.asterisk.config_sessions import call_back_session, callers_session, visit_session
from telephony.asterisk.config_values import (
    CONTACT,
    DID,
    HOST,
    IPV4,
    MATCH,
    NAME,
    SECRET,
    AsteriskConfigError,
    checked,
    path_of,
    port_of,
)

ORPHAN_S = 15  # the dead-man's switch: a caller nobody leads comes to the fallback after this time
EMERGENCY = ("112", "997", "998", "999")
ACCESSIBILITY_PRIORITY = 10  # of app_queue, where a higher number is served first

PEER_QUEUE = "hotline-queue"  # by this name a node reaches the fallback queue of another

# Everything the server reads; a trivial call makes 24 events, a queued and bridged one 150 to 300.
EVENTS = (
    "FullyBooted",
    "Hangup",
    "DialBegin",
    "DialEnd",
    "BridgeEnter",
    "BridgeLeave",
    "LocalBridge",
    "Hold",
    "Unhold",
    "Rename",
    "AgentConnect",
    "DeviceStateChange",
    "RTCPSent",
    "RTCPReceived",
    "UserEvent",
)

_PLACEHOLDER = re.compile(r"@([a-z_]+)@")


@dataclass(frozen=True, slots=True)
class AgentPhone:
    endpoint: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrunkPeer:
    """A carrier known by its address. `match` is an address, a network or `address:port/32`."""

    name: str
    match: str
    contact: str = ""  # sip:host:port for calls out; empty: inbound only


@dataclass(frozen=True, slots=True)
class PeerNode:
    """Another Asterisk of ours, to whose phones callers of this one are brought. `name` is its systemname."""

    name: str
    host: str
    sip_port: int
    secret: str = field(repr=False)  # the same at both ends


@dataclass(frozen=True, slots=True)
class NodeConfig:
    name: str  # systemname
    folder: Path
    sip_port: int
    ami_port: int
    rtp_ports: tuple[int, int]  # first, last
    agi_servers: tuple[str, ...]  # host:port, tried in this order
    manager_secret: str = field(repr=False)
    provision_secret: str = field(repr=False)
    agents: tuple[AgentPhone, ...] = ()
    numbers: Mapping[str, bool] = field(default_factory=dict)  # E.164 → whether it is an accessibility number
    trunks: tuple[TrunkPeer, ...] = ()
    peers: tuple[PeerNode, ...] = ()
    transfer_numbers: tuple[str, ...] = ()  # E.164 outside the house that agents may call and hand callers over to
    sip_host: str = "127.0.0.1"
    ami_host: str = "127.0.0.1"
    manager_permit: str = "127.0.0.1/255.255.255.255"
    announcement: Path | None = None  # said in the fallback queue: a sound file without its suffix
    orphan_s: int = ORPHAN_S
    phone_port: int = 0  # where the phones of pages connect (WebSocket); 0: there are none
    phone_tls: tuple[Path, Path] | None = None  # certificate and key, PEM; without them on loopback addresses only
    probe_secret: str = field(default="", repr=False)  # of the endpoint for test calls; empty: there is none


def render(
    node: NodeConfig, *, templates: Path, modules: Path, data: Path, run: Path, music: Path | None
) -> dict[str, str]:
    """File name → text.

    `modules`, `data`: of the Asterisk program; `run`: where its control socket lies; `music`: a folder of sound files
    for those who wait, who hear ringing where there is none.

    Errors: AsteriskConfigError naming the value.
    """
    _distinct(node)
    values = {
        "name": checked(node.name, NAME, "node name"),
        "entityid": _entity_id(node.name),
        "folder": path_of(node.folder),
        "modules": path_of(modules),
        "data": path_of(data),
        "run": path_of(run),
        "sip_host": checked(node.sip_host, HOST, "SIP address"),
        "sip_port": port_of(node.sip_port),
        "ami_host": checked(node.ami_host, HOST, "AMI address"),
        "ami_port": port_of(node.ami_port),
        "manager_permit": checked(node.manager_permit, MATCH, "manager_permit"),
        "manager_secret": checked(node.manager_secret, SECRET, "manager secret"),
        "provision_secret": checked(node.provision_secret, SECRET, "provision secret"),
        "filters": "\n".join(f"eventfilter(action(include),name({event})) =" for event in EVENTS),
        "rtp_start": port_of(node.rtp_ports[0]),
        "rtp_end": port_of(node.rtp_ports[1]),
        "orphan_s": str(int(node.orphan_s)),
        "trunks": _blocks(_trunk(trunk) for trunk in node.trunks),
        "peers": _blocks(_peer(peer, node) for peer in node.peers),
        "agents": _blocks(
            _agent(agent) + (page_phone(agent.endpoint) if node.phone_port else "") for agent in node.agents
        ),
        "http": http(node.sip_host, node.phone_port, node.phone_tls),
        "page_transport": page_transport(node.phone_port, node.phone_tls),
        "probe": probe_endpoint(node.probe_secret),
        "probes": probe_extensions(),
        "probe_carriers": probe_carriers(node.trunks),
        "probe_numbers": probe_numbers(node.transfer_numbers, node.trunks),
        "numbers": _blocks(_number(did, accessibility) for did, accessibility in node.numbers.items()),
        "servers": "\n".join(map(callers_session, node.agi_servers)),
        "call_back_agent_servers": "\n".join(call_back_session(each, "agent") for each in node.agi_servers),
        "call_back_customer_servers": "\n".join(call_back_session(each, "customer") for each in node.agi_servers),
        "visit_servers": "\n".join(map(visit_session, node.agi_servers)),
        "music": path_of(music or data / "moh"),
        "queue_options": "" if music else "r",
        "accessibility_priority": str(ACCESSIBILITY_PRIORITY),
        "other_queues": _other_queues(node.peers),
        # With other nodes, nobody waits where no phone is registered: a phone there may be free.
        "join_empty": "unavailable,invalid" if node.peers else "yes",
        "leave_empty": "unavailable,invalid" if node.peers else "no",
        "announcement": f" same => n,Playback({path_of(node.announcement)})" if node.announcement else "",
        "periodic": f"periodic-announce = {path_of(node.announcement)}" if node.announcement else "",
        "emergency": _blocks(emergency(number, node) for number in EMERGENCY),
        "phones": _blocks(_phone(agent, node) for agent in node.agents),
        "legs": _blocks(_leg(endpoint) for endpoint in _endpoints(node)),
        "own_numbers": _blocks(_own_number(*each) for each in node.numbers.items()),
        "transfer_numbers": _blocks(outside(number, node) for number in node.transfer_numbers),
        "flow_transfers": _blocks(sent_out(number, node) for number in node.transfer_numbers),
        "last_resort": _last_resort(_endpoints(node)),
        "members": "\n".join(f"member => PJSIP/{endpoint}" for endpoint in _endpoints(node)),
    }
    return {path.name: _fill(path.read_text("utf-8"), values) for path in sorted(templates.glob("*.conf"))}


def _fill(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def _blocks(blocks: Iterable[str]) -> str:
    return "\n".join(blocks)


def _own_number(did: str, accessibility: bool) -> str:  # noqa: FBT001 - the value of a mapping
    """For a caller whom an agent hands over; an agent who calls it finds no such number."""
    number = checked(did, DID, "number")
    return (
        f'exten => {number},1,GotoIf($["${{HOTLINE_INTERACTION}}${{HOTLINE_DID}}" = ""]?hotline-handed-over,s,nobody)\n'
        f" same => n,Set(HOTLINE_DID={number})\n{_priority(accessibility)} same => n,Goto(hotline-again,s,1)\n"
        f"exten => {number[1:]},1,Goto({number},1)\n"
    )


def _priority(accessibility: bool) -> str:  # noqa: FBT001 - as it stands in the mapping
    return f" same => n,Set(QUEUE_PRIO={ACCESSIBILITY_PRIORITY})\n" if accessibility else ""


def _number(did: str, accessibility: bool) -> str:  # noqa: FBT001 - the value of a mapping
    """Both ways a carrier writes the number, and nothing else."""
    number, priority = checked(did, DID, "number"), _priority(accessibility)
    return (
        f"exten => {number},1,Set(HOTLINE_DID={number})\n{priority} same => n,Goto(hotline-call,s,1)\n"
        f"exten => {number[1:]},1,Goto({number},1)\n"
    )


def _trunk(trunk: TrunkPeer) -> str:
    name = checked(trunk.name, NAME, "trunk name")
    contact = f"contact = {checked(trunk.contact, CONTACT, 'trunk contact')}\n" if trunk.contact else ""
    return f"""\
; The fixed callerid and trust_id_inbound=no keep what the caller wrote out of AMI.
[{name}]
type = endpoint
context = hotline-in
disallow = all
allow = alaw,ulaw,g722
aors = {name}
callerid = {name} <0>
trust_id_inbound = no
send_pai = no
identify_by = ip
direct_media = no
tos_audio = 184
dtmf_mode = rfc4733
rtp_timeout = 60
allow_transfer = no
device_state_busy_at = 0

[{name}]
type = aor
{contact}
[{name}]
type = identify
endpoint = {name}
match = {checked(trunk.match, MATCH, "trunk address")}
"""


def _peer(peer: PeerNode, node: NodeConfig) -> str:
    """Known by its address, and each call proves the secret. Comfort noise is sent into silence, so that a node that
    has died shows by its silence even where somebody does not speak.
    """
    name = checked(peer.name, NAME, "node name")
    host, port = checked(peer.host, IPV4, "address of a node"), port_of(peer.sip_port)
    secret = checked(peer.secret, SECRET, "secret between nodes")
    return f"""\
[{name}]
type = endpoint
context = hotline-internal
disallow = all
allow = alaw,ulaw,g722
aors = {name}
auth = {name}-in
outbound_auth = {name}-out
callerid = {name} <0>
trust_id_inbound = no
send_pai = no
identify_by = ip
direct_media = no
tos_audio = 184
dtmf_mode = rfc4733
rtp_keepalive = 3
rtp_timeout = 10
rtp_timeout_hold = 10
allow_transfer = no
device_state_busy_at = 0

[{name}-in]
type = auth
auth_type = digest
username = {name}
password = {secret}

[{name}-out]
type = auth
auth_type = digest
username = {node.name}
password = {secret}

[{name}]
type = aor
contact = sip:{host}:{port}
qualify_frequency = 5
qualify_timeout = 2

[{name}]
type = identify
endpoint = {name}
match = {host}:{port}/32
"""


def _endpoints(node: NodeConfig) -> tuple[str, ...]:
    """Every phone of a consultant: each has one of their own, and where pages have phones the page's beside it."""
    names = tuple(agent.endpoint for agent in node.agents)
    return (*names, *map(page_name, names)) if node.phone_port else names


def _leg(endpoint: str) -> str:
    return f"exten => {endpoint},1,Set(HOTLINE_PHONE={endpoint})\n same => n,Goto(hotline-leg-in,s,1)"


def _distinct(node: NodeConfig) -> None:
    """Phones, carriers and nodes are endpoints of one Asterisk."""
    names = list(_endpoints(node))
    names += [PEER_QUEUE, PROBE, *(trunk.name for trunk in node.trunks), *(peer.name for peer in node.peers)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise AsteriskConfigError(f"{twice[0]!r} is the name of more than one phone, carrier or node")
    if ours := sorted(node.numbers.keys() & set(node.transfer_numbers)):
        raise AsteriskConfigError(f"{ours[0]} is a number of ours, where callers may be handed over to anyway")


def _agent(agent: AgentPhone) -> str:
    name = checked(agent.endpoint, NAME, "agent's endpoint")
    return f"""\
[{name}]
type = endpoint
context = hotline-agents
disallow = all
allow = alaw,ulaw,g722,opus
auth = {name}
aors = {name}
callerid = {name} <{name}>
trust_id_inbound = no
identify_by = username,auth_username
direct_media = no
tos_audio = 184
dtmf_mode = rfc4733
rtp_timeout = 60
device_state_busy_at = 1

[{name}]
type = auth
auth_type = digest
username = {name}
password = {checked(agent.secret, SECRET, "agent's secret")}

[{name}]
type = aor
max_contacts = 1
remove_existing = yes
qualify_frequency = 30
"""


def _phone(agent: AgentPhone, node: NodeConfig) -> str:
    """Here first, and where it is not registered here at the other nodes; a consultant uses one phone at a time."""
    names = [agent.endpoint, *([page_name(agent.endpoint)] if node.phone_port else [])]
    ways = "&".join(f"PJSIP/{name}" for name in names)
    elsewhere = "".join(
        f' same => n,ExecIf($["${{DIALSTATUS}}" = "CHANUNAVAIL"]?Dial(PJSIP/{name}@{peer.name},30))\n'
        for peer in node.peers
        for name in names
    )
    return f"exten => {agent.endpoint},1,Dial({ways},30)\n{elsewhere} same => n,Goto(hotline-handed-over,s,1)"


def _other_queues(peers: tuple[PeerNode, ...]) -> str:
    """Into the line of each other node; it says at once when it has no phone, either."""
    ways = "".join(f" same => n,Dial(PJSIP/{PEER_QUEUE}@{peer.name},,mb(hotline-priority-out^s^1))\n" for peer in peers)
    return f" same => n,Set(__HOTLINE_PRIORITY=${{QUEUE_PRIO}})\n{ways}" if ways else ""


def _last_resort(endpoints: tuple[str, ...]) -> str:
    phones = "&".join(f"PJSIP/{endpoint}" for endpoint in endpoints)
    return f" same => n,Dial({phones},20,m)" if phones else ""


def _entity_id(name: str) -> str:
    """A locally administered address of the node's own [EUI-48], so that two nodes on one machine differ."""
    return ":".join(f"{octet:02x}" for octet in (2, *hashlib.sha256(name.encode()).digest()[:5]))
