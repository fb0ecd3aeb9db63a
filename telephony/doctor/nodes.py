"""What the nodes say together: which phones can be reached at any of them, and whether they reach one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from telephony.asterisk import translate
from telephony.asterisk.ami_client import Snapshot
from telephony.core.devices import Devices
from telephony.core.events import DeviceChanged
from telephony.doctor.finding import Finding, right, warning, wrong

AWAY = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})


def phones(snapshots: Mapping[str, Snapshot]) -> Finding:
    """A phone is registered at one node. Carriers are endpoints, too: over AMI they look like phones."""
    devices = Devices()
    endpoints = set()
    for node, snapshot in snapshots.items():
        for told in _devices(node, snapshot):
            devices.changed(node, told.endpoint, told.state)
            endpoints.add(told.endpoint)
    endpoints -= snapshots.keys()  # the nodes are endpoints of one another
    away = sorted(each for each in endpoints if devices.state(each) in AWAY)
    here = sorted(endpoints.difference(away))
    if away:
        return warning(
            "phones",
            f"reachable: {', '.join(here) or 'none'}; not: {', '.join(away)}",
            "an agent's phone has to register before a caller can reach it",
        )
    return right("phones", f"all endpoints can be reached: {', '.join(here) or 'there are none'}")


def between(snapshots: Mapping[str, Snapshot]) -> Iterator[Finding]:
    """A caller at one node is brought to a phone at another: each has to know each."""
    for node, snapshot in snapshots.items():
        states = {told.endpoint: told.state for told in _devices(node, snapshot)}
        for other in sorted(snapshots.keys() - {node}):
            topic = f"{node} to {other}"
            if other not in states:
                yield wrong(topic, f"{node} has no endpoint `{other}`", f"hotline asterisk-config … --peer {other}=…")
            elif states[other] in AWAY:
                yield wrong(topic, f"{node} gets no answer from {other} over SIP", "compare addresses, ports, firewall")
            else:
                yield right(topic, "answers over SIP")


def _devices(node: str, snapshot: Snapshot) -> Iterator[DeviceChanged]:
    told = (translate.device(node, each) for each in snapshot.devices if each.name == "DeviceStateChange")
    return (device for device in told if device)
