"""One direction of a leg, about ten seconds at a time, from the RTCP reports that came meanwhile.

An interval lies between the last report of the one before and the latest one: its values are differences of the
reports' running totals [RFC 3550 §6.4.1], never the totals themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from quality.codecs import codec_named
from quality.interval_verdicts import Finding, Heard, findings
from quality.rtcp_score import DelayModel, Direction, LegQuality, Report, nothing_came, score
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.spans import overlaps
from telephony.core.views import CallState, CallView, SpanKind

MOST_PENDING = 64  # reports of one interval; a far end that sends more loses the oldest
RTCP_AMI, RTCP_HEP = "rtcp_ami", "rtcp_hep"


@dataclass(slots=True)
class Worst:
    """The worst interval so far: of those with a MOS the lowest, else the one that lost most."""

    at: float | None = None
    mos: float | None = None
    lost: float = -1.0

    def see(self, interval: QualityInterval) -> None:
        if not interval.packets_expected:
            return
        lost, mos = interval.loss_ratio or 0.0, interval.mos
        if (mos is not None and (self.mos is None or mos < self.mos)) or (self.mos is None and lost > self.lost):
            self.at, self.mos, self.lost = interval.starts_at, mos, lost

    def beside(self, record: QualityRecord) -> QualityRecord:
        return replace(record, mos_worst_10s=self.mos, worst_at=self.at)


class Closed(NamedTuple):
    """`scored`: None where nobody has reported. `sent`: packets by the sender's own count, None where it told none."""

    scored: LegQuality | None
    sent: int | None


@dataclass(slots=True)
class OpenInterval:
    """What was reported since the last report that was accounted for, which comes first; none was before the first.

    `nobody_at`: when a receiver reported, and on nobody. `sent`: the sender's own count, `sent_before` at the begin.
    """

    reports: list[Report] = field(default_factory=list)
    from_start: bool = True
    nobody_at: float | None = None
    opened_at: float | None = None
    sent: int | None = None
    sent_before: int = 0
    worst: Worst = field(default_factory=Worst)

    def add(self, report: Report) -> None:
        self.reports.append(report)
        if len(self.reports) > MOST_PENDING:
            del self.reports[1]

    def add_nobody(self, at: float) -> None:
        """A receiver reported, and on nobody."""
        self.nobody_at = at

    def count(self, packets: int, at: float) -> None:
        """The sender's own count."""
        self.sent = packets
        self.opened_at = at if self.opened_at is None else self.opened_at

    def close(self, direction: Direction, codec: str, delay: DelayModel) -> Closed:
        """What has come since."""
        sent = None if self.sent is None else max(0, self.sent - self.sent_before)
        self.sent_before = self.sent or 0
        return Closed(self._scored(direction, codec, delay), sent)

    def _scored(self, direction: Direction, codec: str, delay: DelayModel) -> LegQuality | None:
        scored: LegQuality | None = None
        if len(self.reports) >= (1 if self.from_start else 2):
            since = -math.inf if self.from_start else self.reports[0].at
            scored = score(direction, codec, self.reports, delay=delay, since=since)
            self.reports, self.from_start = self.reports[-1:], False
            self.opened_at = scored.ended_at
        elif self.nobody_at is not None and self.opened_at is not None and self.nobody_at > self.opened_at:
            scored = nothing_came(direction, codec, self.opened_at, self.nobody_at)
            self.opened_at = self.nobody_at
        self.nobody_at = None
        return scored


@dataclass(frozen=True, slots=True)
class Whose:
    call: CallView
    leg: str  # caller, agent
    codec: str
    trunk: str | None


def other(direction: Direction) -> Direction:
    return Direction.SENT if direction is Direction.RECEIVED else Direction.RECEIVED


def intervals_of(whose: Whose, closed: Mapping[Direction, Closed], source: str) -> list[QualityInterval]:
    """One for each direction that was reported on, each judged beside the other."""
    found = []
    for direction, (scored, sent) in closed.items():
        if scored is None:
            continue
        beside = closed[other(direction)]
        back = _most(beside.scored.packets_expected if beside.scored else None, beside.sent)
        found.append(interval(whose, scored, findings(heard_of(whose, scored, back=back, sent=sent)), source))
    return found


def heard_of(whose: Whose, scored: LegQuality, *, back: int | None, sent: int | None) -> Heard:
    """What a score says, for the verdicts."""
    from_at, to_at = _edges(scored)
    both = talking(whose.call, from_at)
    return Heard(
        to_at - from_at,
        scored.packets_expected,
        scored.packets_lost,
        back,
        sent,
        jitter_ms=scored.jitter_ms,
        due=scored.direction is Direction.RECEIVED or both,
        talking=both,
        held=held(whose.call, from_at, to_at),
    )


def seconds_of(scored: LegQuality) -> float:
    from_at, to_at = _edges(scored)
    return to_at - from_at


def _edges(scored: LegQuality) -> tuple[float, float]:
    return scored.started_at or 0.0, scored.ended_at or scored.started_at or 0.0


def _most(*counts: int | None) -> int | None:
    return max((count for count in counts if count is not None), default=None)


def talking(call: CallView, since: float) -> bool:
    """Whether two people have talked all the time since then."""
    return call.state is CallState.TALKING and call.answered_at is not None and call.answered_at <= since


def held(call: CallView, from_at: float, to_at: float) -> bool:
    """Whether anybody was on hold meanwhile: then nothing need come."""
    return any(span.kind is SpanKind.HOLD and overlaps(span, from_at, to_at) for span in call.spans)


def interval(
    whose: Whose,
    scored: LegQuality,
    wrong: tuple[Finding, ...],
    source: str,
    *,
    late_ratio: float | None = None,
    capture_drops: int | None = None,
) -> QualityInterval:
    from_at, to_at = _edges(scored)
    known = codec_named(whose.codec)
    return QualityInterval(
        interaction=whose.call.interaction,
        leg=whose.leg,
        direction=str(scored.direction),
        starts_at=from_at,
        seconds=to_at - from_at,
        trunk=whose.trunk,
        codec=scored.codec,
        clock_rate_hz=known.clock_rate_hz if known else None,
        scale=scored.scale,
        source=source,
        packets_expected=scored.packets_expected,
        packets_lost=scored.packets_lost,
        loss_ratio=scored.loss_ratio,
        late_ratio=late_ratio,
        jitter_ms=scored.jitter_ms,
        delay_ms=scored.delay_ms,
        mos_lq=scored.mos_lq,
        mos_cq=scored.mos_cq,
        r_factor=scored.r_factor,
        verdict=str(scored.verdict),
        verdicts=tuple(map(str, wrong)),
        capture_drops=capture_drops,
    )
