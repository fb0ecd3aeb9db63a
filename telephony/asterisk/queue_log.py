"""One line of app_queue's own log (Asterisk: "Queue Logs"), the second witness of who answered in the fallback."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telephony.core.ids import Uniqueid

FILE = "queue_log"  # below Asterisk's log folder

# epoch|uniqueid|queue|member|CONNECT|hold time|member's channel|ring time
_CONNECT = re.compile(
    rb"([0-9]{1,11})\|([-A-Za-z0-9._]{1,150})\|([-A-Za-z0-9_]{1,80})\|PJSIP/([A-Za-z0-9_.-]{1,80})\|CONNECT\|[0-9]{1,9}"
    rb"\|[-A-Za-z0-9._]{0,150}\|[0-9]{0,9}"
)
_OTHER = re.compile(rb"[0-9]{1,11}\|[^|]*\|[^|]*\|[^|]*\|(?!CONNECT\|)[A-Z]{1,40}(\|.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Connected:
    """A member of the queue has answered a caller."""

    at: float  # seconds since the epoch, whole ones
    uniqueid: Uniqueid  # of the caller
    queue: str
    endpoint: str


def parse(line: bytes) -> Connected | None:
    """One line without its end; None for what we have no use for. Errors: ValueError."""
    if match := _CONNECT.fullmatch(line):
        at, uniqueid, queue, endpoint = (group.decode() for group in match.groups())
        return Connected(float(at), Uniqueid(uniqueid), queue, endpoint)
    if _OTHER.fullmatch(line):
        return None
    raise ValueError("not a line of a queue log")
