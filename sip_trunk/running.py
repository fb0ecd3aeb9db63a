"""What an Asterisk really runs of trunks, read from the events with which its manager lists it.

AMI `PJSIPShowEndpoint`, `PJSIPShowRegistrationsOutbound`, `ShowDialPlan`; events come in as plain mappings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

OURS = "hotline-in-"  # the contexts of trunks' endpoints begin so; phones and nodes have others
CONTEXTS = re.compile(r"hotline-(?:in-|numbers-|did$|trunk-)")

Key = tuple[str, str]  # kind and name of a pjsip object; context and extension of the dialplan
Step = tuple[str, str]  # application and its data

# What is read of each event; nothing else of it is of use.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "EndpointList": ("ObjectName", "ActiveChannels"),
    "EndpointDetail": (
        "ObjectName", "Context", "Allow", "Aors", "Callerid", "TrustIdInbound", "SendPai", "SendRpid",
        "TrustIdOutbound", "SendDiversion", "IdentifyBy", "DirectMedia", "DtmfMode", "MediaEncryption",
        "MediaEncryptionOptimistic", "DtlsAutoGenerateCert", "DtlsVerify",
        "Timers", "TimersSessExpires", "TimersMinSe", "RtpTimeout", "RtpTimeoutHold",
        "AllowTransfer", "DeviceStateBusyAt", "Transport", "OutboundProxy", "OutboundAuth", "FromUser", "FromDomain",
        "ActiveChannels",
    ),
    "AorDetail": ("ObjectName", "Contacts", "QualifyFrequency", "QualifyTimeout"),
    "AuthDetail": ("ObjectName", "AuthType", "Username", "Password"),
    "IdentifyDetail": ("ObjectName", "Endpoint", "Match"),
    "TransportDetail": (
        "ObjectName", "Protocol", "AllowReload", "Method", "VerifyServer", "VerifyClient", "RequireClientCert",
        "CaListFile", "CertFile", "PrivKeyFile",
    ),
    "ContactStatusDetail": ("AOR", "URI", "Status", "RoundtripUsec"),
    "OutboundRegistrationDetail": (
        "ObjectName", "ServerUri", "ClientUri", "ContactUser", "Expiration", "MaxRetries", "AuthRejectionPermanent",
        "OutboundAuth", "OutboundProxy", "Endpoint", "Transport", "Status",
    ),
    "ListDialplan": ("Context", "Extension", "Priority", "Application", "AppData", "IncludeContext"),
}  # fmt: skip

_KINDS = {
    "EndpointDetail": "endpoint",
    "AorDetail": "aor",
    "AuthDetail": "auth",
    "IdentifyDetail": "identify",
    "TransportDetail": "transport",
    "OutboundRegistrationDetail": "registration",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a carrier is reached. `round_trip_ms` of the last OPTIONS, where one was answered."""

    trunk: str
    uri: str
    status: str  # Reachable, Unreachable, NonQualified, Unknown …
    round_trip_ms: float | None


@dataclass(frozen=True, slots=True)
class Running:
    """`calls`: channels under way by trunk. `registrations`: trunk → Registered, Unregistered, Rejected …"""

    objects: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    dialplan: Mapping[Key, tuple[Step, ...]] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    registrations: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()


def running_of(events: Iterable[Mapping[str, str]]) -> Running:
    """All listings together, in any order; what is no trunk's is left out."""
    known = list(events)
    trunks = {
        each["ObjectName"]
        for each in known
        if each.get("Event") == "EndpointDetail" and each.get("Context", "").startswith(OURS)
    }
    transports = {
        each["Transport"] for each in known if each.get("Event") == "EndpointDetail" and each["ObjectName"] in trunks
    }
    objects: dict[Key, Mapping[str, str]] = {}
    for event in known:
        kind = _KINDS.get(event.get("Event", ""))
        if kind and event["ObjectName"] in (transports if kind == "transport" else trunks):
            objects[kind, event["ObjectName"]] = event
    return Running(
        objects,
        _dialplan(known),
        {name: int(_of(objects, "endpoint", name, "ActiveChannels") or 0) for name in trunks},
        {name: _of(objects, "registration", name, "Status") for kind, name in objects if kind == "registration"},
        tuple(_contact(each) for each in known if each.get("Event") == "ContactStatusDetail" and each["AOR"] in trunks),
    )


def _of(objects: Mapping[Key, Mapping[str, str]], kind: str, name: str, key: str) -> str:
    return objects.get((kind, name), {}).get(key, "")


def _contact(event: Mapping[str, str]) -> Contact:
    microseconds = event.get("RoundtripUsec", "")
    return Contact(
        event["AOR"],
        event.get("URI", ""),
        event.get("Status", "Unknown"),
        int(microseconds) / 1000 if microseconds.isdigit() else None,
    )


def _dialplan(events: Iterable[Mapping[str, str]]) -> dict[Key, tuple[Step, ...]]:
    steps: dict[Key, list[tuple[int, Step]]] = {}
    for event in events:
        if event.get("Event") != "ListDialplan" or not CONTEXTS.match(event.get("Context", "")):
            continue
        context = event["Context"]
        if "IncludeContext" in event:
            steps[context, f"include {event['IncludeContext']}"] = []
        elif "Extension" in event:
            step = (event.get("Application", ""), event.get("AppData", ""))
            steps.setdefault((context, event["Extension"]), []).append((int(event["Priority"]), step))
    return {key: tuple(step for _, step in sorted(found)) for key, found in steps.items()}
