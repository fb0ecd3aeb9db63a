"""One line of Asterisk's Channel Event Log as `config/asterisk/cel_custom.conf` lays it out (Asterisk: "CEL").

Strict: a line that differs in one byte is refused, so that no text of a caller's can pass for a record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from telephony.core.ids import Uniqueid

FILE = "cel-custom/hotline.csv"  # below Asterisk's log folder

_TEXT = rb'"((?:[^"\r\n]|""){0,200})"'  # may be a caller's own
_ROW = re.compile(
    rb'"([A-Z_]{1,40})","([0-9]{1,11}\.[0-9]{1,6})","([-A-Za-z0-9._]{1,150})","([-A-Za-z0-9._]{1,150})",'
    + _TEXT + rb"," + _TEXT
    + rb',"([-A-Za-z0-9_]{0,80})","([^"\r\n]{1,200})","([A-Za-z0-9_]{0,80})","([^"\r\n]{0,2000})"'
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CelRow:
    event: str  # CHAN_START, ANSWER, BRIDGE_ENTER, …
    at: float  # seconds since the epoch
    uniqueid: Uniqueid
    linkedid: str
    number: str
    dialled: str
    context: str
    channel: str
    application: str
    peers: tuple[str, ...]  # channels in the same bridge


def parse(line: bytes) -> CelRow:
    """One line without its end. Errors: ValueError."""
    match = _ROW.fullmatch(line)
    if match is None:
        raise ValueError("not a line of our channel event log")
    event, at, uniqueid, linkedid, number, dialled, context, channel, application, peers = (
        group.decode("utf-8", "replace") for group in match.groups()
    )
    return CelRow(
        event,
        float(at),
        Uniqueid(uniqueid),
        linkedid,
        number,
        dialled,
        context,
        channel,
        application,
        tuple(filter(None, peers.split(","))),
    )
