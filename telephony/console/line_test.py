"""How the line of somebody who talks sounds right now: measured while the talk goes on, from RTCP's reports.

What is measured is the way of the sound between the caller's side and our Asterisk, as far as the carrier takes part in
RTCP [RFC 3550 §6.4]; scored by the E-model [ITU-T G.107] like every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import structlog
from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.notes import CONSULTANTS
from telephony.console.own_talk import CallOf, own_talk
from telephony.core.views import CallView

log = structlog.get_logger()


class Heard(Protocol):
    """One direction of the caller's leg; None is not known."""

    @property
    def loss_ratio(self) -> float | None: ...

    @property
    def jitter_ms(self) -> float | None: ...

    @property
    def rtt_ms(self) -> float | None: ...

    @property
    def mos(self) -> float | None: ...

    @property
    def verdict(self) -> str: ...

    @property
    def verdicts(self) -> tuple[str, ...]: ...


Lately = Callable[[CallView, float], Mapping[str, Heard]]  # by direction: received, sent


class Since(Wire):
    since: float = Field(ge=0, le=1e11)  # seconds since the epoch


class DirectionNow(Wire):
    verdict: str  # good, degraded, bad, or none: nobody reported
    loss_ratio: float | None
    jitter_ms: float | None
    mos: float | None
    verdicts: tuple[str, ...] = ()  # what was found wrong in the last ten seconds (docs/live-quality.md)


class LineQuality(Wire):
    measured_s: float
    received: DirectionNow  # from the caller
    sent: DirectionNow  # to the caller
    rtt_ms: float | None


class LineTestApi:
    """`lately` scores what was reported of a call's caller since then."""

    def __init__(self, lately: Lately, call_of: CallOf, clock: Callable[[], float]) -> None:
        self._lately = lately
        self._call_of = call_of
        self._clock = clock

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET", "/calls/{interaction}/line", "how the line of one's own caller has sounded since then", CONSULTANTS,
            self._tell, query=Since, gives=LineQuality, refuses=(404, 409),
        )  # fmt: skip

    async def _tell(self, asked: Asked) -> LineQuality:
        call, since = own_talk(asked, self._call_of), asked.query_as(Since).since
        heard = self._lately(call, since)
        told = LineQuality(
            measured_s=max(0.0, self._clock() - since),
            received=_now(heard.get("received")),
            sent=_now(heard.get("sent")),
            rtt_ms=next((each.rtt_ms for each in heard.values() if each.rtt_ms is not None), None),
        )
        log.info("line.tested", interaction=call.interaction, received=told.received.verdict, sent=told.sent.verdict)
        return told


def _now(heard: Heard | None) -> DirectionNow:
    if heard is None:
        return DirectionNow(verdict="none", loss_ratio=None, jitter_ms=None, mos=None)
    return DirectionNow(
        verdict=heard.verdict,
        loss_ratio=heard.loss_ratio,
        jitter_ms=heard.jitter_ms,
        mos=heard.mos,
        verdicts=heard.verdicts,
    )
