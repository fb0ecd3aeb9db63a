"""What Asterisk tells of a test call while it goes on: why it was not placed, and the RTCP of the trunk's leg.

Logged in as the server is (config/asterisk/manager.conf), for the time of one call.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from quality.rtcp_score import Direction, LegQuality
from telephony.asterisk import translate
from telephony.asterisk.ami import AmiCounters, AmiLostError, Connection
from telephony.asterisk.ami_actions import Login
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.ami_wire import AmiEvent
from telephony.call_quality import CallQuality

CONNECT_S = 5.0
WANTED = {
    "UserEvent": ("UserEvent", "Channel", "Uniqueid", "Linkedid", "Codec", "Probe", "State", "What", "Reason"),
    "RTCPSent": translate.WANTED["RTCPSent"],
    "RTCPReceived": translate.WANTED["RTCPReceived"],
}
_TRUNK = re.compile(r"PJSIP/([A-Za-z][A-Za-z0-9_-]{0,39})-[0-9a-f]{8,}")


class ProbeEars:
    """Listens for one test call, which names itself `probe`. What cannot be read is passed over."""

    def __init__(self, probe: str) -> None:
        self._probe = probe
        self._quality = CallQuality()
        self._uniqueid = self._linkedid = ""
        self._codecs: dict[str, str] = {}  # by Uniqueid
        self._linked: dict[str, str] = {}  # Uniqueid → Channel of the call's other legs
        self.refused = ""  # no_trunk, no_way
        self.reason = ""  # which guard, or `full`

    def took(self, event: AmiEvent) -> None:
        with suppress(KeyError, ValueError):
            if event.name == "UserEvent":
                self._told(event)
            else:
                self._rtcp(event)

    def _told(self, event: AmiEvent) -> None:
        fields = event.fields
        name, ours = fields["UserEvent"], fields["Linkedid"] == self._linkedid
        if name == "HotlineProbe" and fields["Probe"] == self._probe:
            self._uniqueid, self._linkedid = fields["Uniqueid"], fields["Linkedid"]
            self.refused = "" if fields["State"] == "begun" else fields["State"]
        elif name == "HotlineCodec" and ours:
            self._codecs[fields["Uniqueid"]] = fields["Codec"]
            self._linked[fields["Uniqueid"]] = fields["Channel"]
        elif name == "HotlineTrunk" and ours and fields["What"] in {"refused", "full"}:
            self.reason = fields.get("Reason", "full")

    def _rtcp(self, event: AmiEvent) -> None:
        report = translate.rtcp("", event, time.time())
        if self._linkedid and report.linkedid == self._linkedid and report.uniqueid != self._uniqueid:
            self._linked[report.uniqueid] = report.channel
            self._quality.heard(report)

    @property
    def trunk(self) -> str | None:
        """By which the call went out; None until it was answered."""
        found = _TRUNK.fullmatch(next(reversed(self._linked.values()), ""))
        return found[1] if found else None

    def leg(self) -> tuple[LegQuality, LegQuality] | None:
        """Sent and received of the trunk's leg; None where nobody reported."""
        uniqueid = next(reversed(self._linked), "")
        scores = {each.direction: each for each in self._quality.leg(uniqueid, self._codecs.get(uniqueid, "unknown"))}
        return (scores[Direction.SENT], scores[Direction.RECEIVED]) if scores else None


@asynccontextmanager
async def listening(settings: AmiSettings, probe: str) -> AsyncIterator[ProbeEars]:
    """Errors: AmiError where Asterisk's manager cannot be reached or refuses us."""
    ears = ProbeEars(probe)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            _, connection = await loop.create_connection(
                lambda: Connection(WANTED, ears.took, AmiCounters()), settings.host, settings.port
            )
            await connection.greeted()
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise AmiLostError(f"{settings.host}:{settings.port} cannot be reached: {reason}") from None
    try:
        await connection.request(Login(settings.username, settings.secret), CONNECT_S)
        yield ears
    finally:
        connection.close()
        await connection.ended()
