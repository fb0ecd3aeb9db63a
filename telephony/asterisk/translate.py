"""AMI events to the core's events and RTCP records. Pure; a value that is not what Asterisk writes raises ValueError.

`WANTED` is the whole of what we read: no caller's number or name leaves the parser.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from telephony.asterisk import trunk_news
from telephony.asterisk.ami_client import Snapshot
from telephony.asterisk.ami_wire import AmiEvent
from telephony.asterisk.channel_facts import FACTS, LISTED
from telephony.asterisk.interaction_id import is_interaction_id
from telephony.asterisk.trunk_news import TrunkNews
from telephony.core import events as core
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.rtcp_event import ReportBlock, RtcpDirection, RtcpEvent

_BLOCK = ("SourceSSRC", "FractionLost", "CumulativeLost", "HighestSequence", "SequenceNumberCycles", "IAJitter",
          "LSR", "DLSR")  # fmt: skip
MOST_BLOCKS = 3  # Asterisk's RTP sessions hear one stream each; more would be a conference's own business
_BLOCK_KEYS = tuple(tuple(f"Report{index}{key}" for key in _BLOCK) for index in range(MOST_BLOCKS))
_RTCP = (
    "Channel", "Uniqueid", "Linkedid", "From", "To", "SSRC", "RTT", "SentPackets", "SentOctets", "ReportCount",
    *(key for keys in _BLOCK_KEYS for key in keys),
)  # fmt: skip

WANTED: dict[str, tuple[str, ...]] = {
    "FullyBooted": ("Status",),
    "Hangup": ("Uniqueid", "Linkedid", "Cause"),
    "DialBegin": ("Uniqueid", *FACTS["DialBegin"]),
    "DialEnd": ("Uniqueid", "Context", "DestChannel", "DestUniqueid", "DialStatus"),
    **{name: FACTS[name] for name in ("BridgeEnter", "BridgeLeave", "LocalBridge", "Hold", "Unhold", "Rename")},
    "AgentConnect": ("Uniqueid",),
    "QueueMember": ("Queue", "Location", "Membership", "Paused"),
    "DeviceStateChange": ("Device", "State"),
    "CoreShowChannel": (*LISTED, "Context", "Application", "AccountCode"),
    "UserEvent": ("UserEvent", "Uniqueid", "Linkedid", "Codec", "Interaction", *trunk_news.FIELDS),
    "OutboundRegistrationDetail": ("ObjectName", "Status"),
    "RTCPSent": _RTCP,
    "RTCPReceived": _RTCP,
}

# config/asterisk/extensions.conf
FALLBACK_CONTEXT, LEG_CONTEXT = "hotline-fallback", "hotline-leg-in"
LED_CONTEXTS = frozenset({"hotline-call", "hotline-call-back-agent", "hotline-call-back-customer", "hotline-visit"})

_ENDPOINT = re.compile(r"PJSIP/([A-Za-z0-9_.-]{1,80})")
_PHONE = re.compile(r"PJSIP/([A-Za-z0-9_.-]{1,80})-[0-9a-f]{8,}")
_CODEC = re.compile(r"[a-z0-9]{1,20}")
_CHANNEL_END = re.compile(r"-[0-9a-f]{8,}(?:;[12])?")
_STATES = frozenset({"UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE",
                     "ONHOLD"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """The dial a session has under way."""

    interaction: InteractionId
    number: int
    endpoint: str
    peer: str = ""  # the node over which the phone is called, where it is not registered at the caller's
    outward: bool = False  # an agent calls the customer back: `endpoint` is the trunk

    def calls(self, channel: str) -> bool:
        """True when `channel` is the phone of this attempt, or the way to it, and none left from an earlier one."""
        prefix = f"PJSIP/{self.peer or self.endpoint}"
        return channel.startswith(prefix) and _CHANNEL_END.fullmatch(channel[len(prefix) :]) is not None


def to_core(node: str, event: AmiEvent, attempt_of: Callable[[Uniqueid], Attempt | None]) -> core.Event | None:
    """The core's event, or None where it has no use for this one. Errors: ValueError, KeyError for a malformed one."""
    fields = event.fields
    match event.name:
        case "Hangup":
            return core.CallHungUp(Uniqueid(fields["Uniqueid"]), int(fields["Cause"]))
        case "AgentConnect":
            return core.FallbackAnswered(Uniqueid(fields["Uniqueid"]))
        case "DeviceStateChange":
            return device(node, event)
        case "DialBegin":
            attempt = _attempt(event, attempt_of)
            return core.AgentRinging(attempt.interaction, attempt.number) if attempt else None
        case "DialEnd" if fields["DialStatus"] == "ANSWER":
            return _answered(event, attempt_of)
    return None


def _answered(
    event: AmiEvent, attempt_of: Callable[[Uniqueid], Attempt | None]
) -> core.CallAnswered | core.FallbackAnswered | None:
    if attempt := _attempt(event, attempt_of):
        customer = Uniqueid(event.fields["DestUniqueid"]) if attempt.outward else None
        return core.CallAnswered(attempt.interaction, attempt.number, customer=customer)
    if event.fields.get("Context") == FALLBACK_CONTEXT:  # its last resort, or the queue of another node
        return core.FallbackAnswered(Uniqueid(event.fields["Uniqueid"]))
    return None


def _attempt(event: AmiEvent, attempt_of: Callable[[Uniqueid], Attempt | None]) -> Attempt | None:
    # A dial without a calling channel is an Originate's: none of ours.
    attempt = attempt_of(Uniqueid(event.fields.get("Uniqueid", "")))
    return attempt if attempt and attempt.calls(event.fields["DestChannel"]) else None


def device(node: str, event: AmiEvent) -> core.DeviceChanged | None:
    """The state of a PJSIP endpoint; None for other devices (queues, parking lots, hints)."""
    match = _ENDPOINT.fullmatch(event.fields["Device"])
    if match is None:
        return None
    state = event.fields["State"]
    if state not in _STATES:
        raise ValueError("not a device state")
    return core.DeviceChanged(node, match[1], state)


def member_endpoint(interface: str) -> str:
    """Whose phone an interface of a queue is; empty for what is no phone's."""
    match = _ENDPOINT.fullmatch(interface)
    return match[1] if match else ""


def endpoint(channel: str) -> str:
    """Whose phone a channel is; empty for what is no phone's."""
    match = _PHONE.fullmatch(channel)
    return match[1] if match else ""


def snapshot(node: str, taken: Snapshot) -> list[core.Event]:
    """What a log-in's lists mean: which channels are left, then whom Asterisk's own queue serves, then the phones."""
    uniqueids = frozenset(Uniqueid(each.fields["Uniqueid"]) for each in taken.channels)
    phones = (device(node, each) for each in taken.devices if each.name == "DeviceStateChange")
    return [
        core.NodeSnapshot(node, uniqueids, taken.taken_at),
        *(core.FallbackAnswered(Uniqueid(each["Uniqueid"])) for each in _fields(taken) if _served_by_fallback(each)),
        *(phone for phone in phones if phone),
    ]


def still_dialled(taken: Snapshot) -> frozenset[Uniqueid]:
    """Callers for whom a dial of ours is under way, ringing or answered, whether a session of ours is there or not."""
    return frozenset(
        Uniqueid(each["Uniqueid"])
        for each in _fields(taken)
        if each["Context"] in LED_CONTEXTS and each["Application"] == "Dial"
    )


def legs(taken: Snapshot) -> list[LegTold]:
    """Which channels are legs from other nodes, and of which interactions."""
    return [
        LegTold(Uniqueid(each["Uniqueid"]), each["Linkedid"], InteractionId(each["AccountCode"]))
        for each in _fields(taken)
        if each["Context"] == LEG_CONTEXT and is_interaction_id(each["AccountCode"])
    ]


def _served_by_fallback(fields: Mapping[str, str]) -> bool:
    return fields["Context"] == FALLBACK_CONTEXT and fields["BridgeId"] != ""


def _fields(taken: Snapshot) -> Iterator[Mapping[str, str]]:
    return (channel.fields for channel in taken.channels)


@dataclass(frozen=True, slots=True)
class CodecTold:
    uniqueid: Uniqueid
    codec: str


@dataclass(frozen=True, slots=True)
class LegTold:
    """A leg from another node has begun, and says which interaction it belongs to."""

    uniqueid: Uniqueid
    linkedid: str
    interaction: InteractionId


def told(event: AmiEvent) -> CodecTold | LegTold | TrunkNews:
    """What the dialplan's UserEvent tells. Errors: ValueError, KeyError for any that is not ours."""
    fields = event.fields
    if fields["UserEvent"] == trunk_news.EVENT:
        return trunk_news.news(fields)
    uniqueid = Uniqueid(fields["Uniqueid"])
    if fields["UserEvent"] == "HotlineCodec" and _CODEC.fullmatch(fields["Codec"]):
        return CodecTold(uniqueid, fields["Codec"])
    if fields["UserEvent"] == "HotlineLeg" and is_interaction_id(fields["Interaction"]):
        return LegTold(uniqueid, fields["Linkedid"], InteractionId(fields["Interaction"]))
    raise ValueError("no user event of ours")


def rtcp(node: str, event: AmiEvent, at: float) -> RtcpEvent:
    """RTCPSent or RTCPReceived as a record. Errors: ValueError, KeyError for a malformed one."""
    fields = event.fields
    blocks = tuple([_block(fields, keys) for keys in _BLOCK_KEYS[: int(fields["ReportCount"])]])
    heard_us = any(block.lsr for block in blocks)
    return RtcpEvent(
        node=node,
        channel=fields["Channel"],
        uniqueid=Uniqueid(fields["Uniqueid"]),
        linkedid=fields["Linkedid"],
        direction=RtcpDirection.SENT if event.name == "RTCPSent" else RtcpDirection.RECEIVED,
        at=at,
        ssrc=int(fields["SSRC"], 16),
        packet_count=_number(fields.get("SentPackets")),
        octet_count=_number(fields.get("SentOctets")),
        rtt_s=_seconds(fields["RTT"]) if "RTT" in fields and heard_us else None,
        report_blocks=blocks,
        local=_address(fields.get("From" if event.name == "RTCPSent" else "To", "")),
    )


def _block(fields: Mapping[str, str], keys: tuple[str, ...]) -> ReportBlock:
    ssrc, lost_fraction, lost, highest, cycles, jitter, lsr, dlsr = keys
    return ReportBlock(
        source_ssrc=int(fields[ssrc], 16),
        fraction_lost=int(fields[lost_fraction]),
        cumulative_lost=int(fields[lost]),
        highest_sequence=(int(fields[cycles]) & 0xFFFF) << 16 | int(fields[highest]) & 0xFFFF,
        ia_jitter=int(fields[jitter]),
        lsr=int(fields[lsr]),
        dlsr_s=_seconds(fields[dlsr]),
    )


def _address(text: str) -> tuple[str, int] | None:
    """`192.0.2.1:5005`, `[2001:db8::1]:5005`; nothing of what is none."""
    host, _, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.0 <= seconds < 1e6:  # nor `nan`
        raise ValueError("not a time in seconds")
    return seconds
