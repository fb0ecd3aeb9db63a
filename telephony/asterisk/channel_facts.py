"""AMI events to facts about channels and bridges (telephony.core.channels). Pure.

The names and fields are those of Asterisk 22 (its `main/manager_channels.c`, `main/manager_bridges.c`). `FACTS` is
what is read of each event: no caller's number or name among it.
"""

from __future__ import annotations

from collections.abc import Mapping

from telephony.asterisk.ami_wire import AmiEvent
from telephony.core.channels import (
    Channel,
    ChannelInput,
    Dialled,
    Entered,
    Fact,
    Gone,
    LeftBridge,
    Merged,
    Paired,
    Renamed,
    Seen,
)
from telephony.core.ids import Uniqueid

_CHANNEL = ("Channel", "Uniqueid", "Linkedid")
_DEST = ("DestChannel", "DestUniqueid", "DestLinkedid", "DestContext")
LISTED = (*_CHANNEL, "ChannelState", "BridgeId")  # of each channel in CoreShowChannels
_TRANSFERS = ("OrigTransfererLinkedid", "SecondTransfererLinkedid", "TransfereeLinkedid", "TransferTargetLinkedid")

FACTS: dict[str, tuple[str, ...]] = {
    "Newchannel": (*_CHANNEL, "ChannelState"),
    "Newstate": (*_CHANNEL, "ChannelState"),
    "DialBegin": _DEST,
    "BridgeEnter": (*_CHANNEL, "BridgeUniqueid"),
    "BridgeLeave": (*_CHANNEL, "BridgeUniqueid"),
    "Hold": _CHANNEL,
    "Unhold": _CHANNEL,
    "Rename": ("Uniqueid", "Newname"),
    "LocalBridge": ("LocalOneUniqueid", "LocalTwoUniqueid"),
    "AttendedTransfer": _TRANSFERS,
    "Hangup": ("Uniqueid", "Cause"),
}

TRUNKS_CONTEXT = "hotline-in"  # a channel of this context leads over a trunk

# Asterisk's channel states (include/asterisk/channelstate.h) as far as they tell something.
_STATES = {"5": ChannelInput.RING, "6": ChannelInput.ANSWER}
_HOLDS = {"Hold": ChannelInput.HOLD, "Unhold": ChannelInput.UNHOLD}


def fact(event: AmiEvent) -> Fact | None:
    """What an event says about channels; None when nothing. Errors: KeyError, ValueError for a malformed one."""
    fields = event.fields
    match event.name:
        case "Newchannel" | "Newstate":
            return Seen(*_channel(fields), _STATES.get(fields["ChannelState"]))
        case "Hold" | "Unhold":
            return Seen(*_channel(fields), _HOLDS[event.name])
        case "BridgeEnter":
            return Entered(*_channel(fields), fields["BridgeUniqueid"])
        case "BridgeLeave":
            return LeftBridge(*_channel(fields), fields["BridgeUniqueid"])
        case "DialBegin":
            return Dialled(*_channel(fields, "Dest"), fields["DestContext"] == TRUNKS_CONTEXT)
    return _more(event.name, fields)


def listed(fields: Mapping[str, str], known: Channel | None) -> Fact:
    """What a snapshot says of one channel; `known`: the channel as it was last heard of."""
    if bridge := fields["BridgeId"]:
        return Entered(*_channel(fields), bridge)
    if known and known.bridge:
        return LeftBridge(*_channel(fields), known.bridge)
    return Seen(*_channel(fields), _STATES.get(fields["ChannelState"]))


def _more(name: str, fields: Mapping[str, str]) -> Fact | None:
    match name:
        case "Hangup":
            return Gone(Uniqueid(fields["Uniqueid"]), int(fields["Cause"]))
        case "Rename":
            return Renamed(Uniqueid(fields["Uniqueid"]), fields["Newname"])
        case "LocalBridge":
            return Paired(Uniqueid(fields["LocalOneUniqueid"]), Uniqueid(fields["LocalTwoUniqueid"]))
        case "AttendedTransfer":
            return Merged(tuple(fields[each] for each in _TRANSFERS if each in fields))
    return None


def _channel(fields: Mapping[str, str], role: str = "") -> tuple[Uniqueid, str, str]:
    return Uniqueid(fields[f"{role}Uniqueid"]), fields[f"{role}Linkedid"], fields[f"{role}Channel"]
