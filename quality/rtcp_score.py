"""Scores one direction of one call from RTCP report blocks alone [RFC 3550 §6.4], by the E-model.

What RTCP can say is little: nothing of bursts (burst ratio 1 is assumed), nothing of packets that came too late for
the jitter buffer, and of delay only half the round trip.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby, pairwise

from quality.codecs import Grounded, codec_named, impairment_of
from quality.emodel import Scale, on_narrowband, rate

SEQUENCE_CYCLE = 2**32  # of the extended highest sequence number
PTIME_MS = 20.0  # what nearly everyone sends
# A receiver holds packets back to even out their jitter and tells nobody how long. 40 ms is what two packets of 20 ms
# take, the depth adaptive buffers settle at on a calm network.
JITTER_BUFFER_MS = 40.0
FIRST_REPORT_AFTER_S = 5.0  # the usual time to the first report [RFC 3550 §6.2], where nothing else tells it


class Direction(StrEnum):
    """Whose speech, seen from our Asterisk."""

    RECEIVED = "received"  # from the far end: scored from what we report
    SENT = "sent"  # to the far end: scored from what it reports


class Verdict(StrEnum):
    GOOD = "good"
    DEGRADED = "degraded"
    BAD = "bad"
    NONE = "none"  # no media, or nobody told


@dataclass(frozen=True, slots=True)
class Report:
    """One report block with its time, in the wire's units.

    `sent_so_far` is the sender's own packet count at about that time, where a sender report told it.
    """

    at: float  # seconds
    ssrc: int  # of the stream reported on
    fraction_lost: int  # of 256, since the report before
    cumulative_lost: int
    highest_sequence: int  # extended to 32 bits
    jitter: int  # timestamp units
    rtt_s: float | None = None
    sent_so_far: int | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """What happened between two reports of one stream. `loss_ratio` is None when no packet was expected."""

    started_at: float
    ended_at: float
    packets_expected: int
    packets_lost: int
    jitter_ms: float
    rtt_ms: float | None

    @property
    def loss_ratio(self) -> float | None:
        return self.packets_lost / self.packets_expected if self.packets_expected > 0 else None


@dataclass(frozen=True, slots=True)
class DelayModel:
    """From a round trip of the network to mouth-to-ear delay, one way [G.114 §3]."""

    ptime_ms: float = PTIME_MS
    jitter_buffer_ms: float = JITTER_BUFFER_MS

    def one_way_ms(self, rtt_ms: float) -> float:
        """Half the round trip (both ways are taken as equally long), one packet filled, and the jitter buffer."""
        return rtt_ms / 2 + self.ptime_ms + self.jitter_buffer_ms


@dataclass(frozen=True, slots=True)
class LegQuality:
    """One direction of one leg over the whole time reported.

    `packets_lost` is never negative. `mos_lq` leaves delay aside, `mos_cq` counts it and is None when no round trip
    was measured; `r_factor` is that of `mos_cq`, or of `mos_lq` when there is none, on `scale`.
    `worst_loss_ratio` is that of the worst interval between two reports. `started_at` and `ended_at` are the edges of
    what was reported, None where no time lies between reports.
    """

    direction: Direction
    codec: str
    packets_expected: int
    packets_lost: int
    loss_ratio: float | None
    worst_loss_ratio: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    delay_ms: float | None
    r_factor: float | None
    mos_lq: float | None
    mos_cq: float | None
    scale: Scale | None
    verdict: Verdict
    ungrounded_reason: str | None
    started_at: float | None = None
    ended_at: float | None = None


def score(
    direction: Direction,
    codec: str,
    reports: Iterable[Report],
    *,
    delay: DelayModel | None = None,
    since: float = -math.inf,
) -> LegQuality:
    """Score the reports of one direction. An SSRC that changes begins a new stream.

    `since`: only of what lies between two reports after that moment; the reports before it say where counting begins.
    """
    delay = delay or DelayModel()
    known = codec_named(codec)
    spans = intervals(reports, known.clock_rate_hz if known else None, ptime_ms=delay.ptime_ms)
    spans = tuple(span for span in spans if span.started_at >= since)
    expected = sum(span.packets_expected for span in spans)
    if expected == 0:
        return _unheard(direction, codec, "no packet was reported", spans)
    lost = sum(span.packets_lost for span in spans)
    return _rated(direction, codec, spans, expected, max(0, min(lost, expected)), delay)


def nothing_came(direction: Direction, codec: str, started_at: float, ended_at: float) -> LegQuality:
    """Of a direction on which a receiver reported that it has heard nobody."""
    return replace(_unheard(direction, codec, "nothing came", ()), started_at=started_at, ended_at=ended_at)


def intervals(
    reports: Iterable[Report], clock_rate_hz: int | None, *, ptime_ms: float = PTIME_MS
) -> tuple[Interval, ...]:
    """What lies between the reports, the stream's start before the first. Jitter is 0 without a known clock rate."""
    found: list[Interval] = []
    in_order = sorted(reports, key=lambda report: report.at)
    for _, group in groupby(in_order, key=lambda report: report.ssrc):
        stream = list(group)
        before_s = stream[0].at - found[-1].ended_at if found else None
        found.append(_first_interval(stream, before_s, clock_rate_hz, ptime_ms))
        found.extend(_between(before, after, clock_rate_hz) for before, after in pairwise(stream))
    return tuple(found)


def _first_interval(
    stream: Sequence[Report], before_s: float | None, clock_rate_hz: int | None, ptime_ms: float
) -> Interval:
    """What lies before a stream's first report; `before_s`: since the last report of the stream before, if any."""
    first = stream[0]
    lost = max(0, first.cumulative_lost)
    # After a change of SSRC the sender's count may or may not have begun again: time tells more.
    expected = _sent_before(stream, ptime_ms) if before_s is None else round(before_s * 1000 / ptime_ms)
    expected = max(expected, lost, 1)
    started_at = first.at - expected * ptime_ms / 1000
    return Interval(started_at, first.at, expected, lost, _ms(first.jitter, clock_rate_hz), _rtt_ms(first))


def _sent_before(stream: Sequence[Report], ptime_ms: float) -> int:
    """Packets until the first report, of which RTCP does not tell the first sequence number.

    The sender's own count tells it, even a later one. Without any, the fraction lost since the start does; and where
    nothing was lost, the usual time to a first report.
    """
    first = stream[0]
    for report in stream:
        if report.sent_so_far is not None:
            since = (report.highest_sequence - first.highest_sequence) % SEQUENCE_CYCLE
            return report.sent_so_far - since
    if first.fraction_lost > 0 and first.cumulative_lost > 0:
        return round(first.cumulative_lost * 256 / first.fraction_lost)
    return round(FIRST_REPORT_AFTER_S * 1000 / ptime_ms)


def _between(before: Report, after: Report, clock_rate_hz: int | None) -> Interval:
    expected = (after.highest_sequence - before.highest_sequence) % SEQUENCE_CYCLE
    if expected >= SEQUENCE_CYCLE // 2:  # a report that was overtaken
        expected = 0
    lost = after.cumulative_lost - before.cumulative_lost  # negative: late packets came after all
    return Interval(before.at, after.at, expected, lost, _ms(after.jitter, clock_rate_hz), _rtt_ms(after))


def _rated(
    direction: Direction, codec: str, spans: Sequence[Interval], expected: int, lost: int, delay: DelayModel
) -> LegQuality:
    loss_ratio = lost / expected
    heard = [span for span in spans if span.packets_expected > 0]
    jitter_ms = sum(span.jitter_ms for span in heard) / len(heard)
    rtt_ms = _mean([span.rtt_ms for span in spans if span.rtt_ms is not None])
    delay_ms = delay.one_way_ms(rtt_ms) if rtt_ms is not None else None
    impairment = impairment_of(codec, loss_ratio)
    listening = talking = None
    if isinstance(impairment, Grounded):
        listening = rate(impairment.ie_eff, scale=impairment.scale)
        if delay_ms is not None:
            talking = rate(impairment.ie_eff, one_way_delay_ms=delay_ms, scale=impairment.scale)
    rating = talking or listening
    return LegQuality(
        direction,
        codec,
        expected,
        lost,
        loss_ratio,
        worst_loss_ratio=max(min(max(0.0, span.loss_ratio or 0.0), 1.0) for span in heard),
        jitter_ms=jitter_ms if codec_named(codec) else None,
        rtt_ms=rtt_ms,
        delay_ms=delay_ms,
        r_factor=rating.r if rating else None,
        mos_lq=listening.mos if listening else None,
        mos_cq=talking.mos if talking else None,
        scale=rating.scale if rating else None,
        verdict=verdict(
            loss_ratio, jitter_ms, delay_ms, on_narrowband(rating.r, rating.scale) if rating else None
        ),
        ungrounded_reason=None if isinstance(impairment, Grounded) else impairment.reason,
        started_at=spans[0].started_at,
        ended_at=spans[-1].ended_at,
    )  # fmt: skip


def verdict(loss_ratio: float, jitter_ms: float, delay_ms: float | None, r_narrowband: float | None) -> Verdict:
    """In one word. Bad: R under 60, where nearly all users are dissatisfied [G.109], 5 % lost, or over 400 ms [G.114].

    Degraded: R under 80, 1 % lost, 30 ms of jitter, or over 150 ms [G.114].
    """
    r = r_narrowband if r_narrowband is not None else 100.0
    delay = delay_ms or 0.0
    if r < 60 or loss_ratio >= 0.05 or delay > 400:
        return Verdict.BAD
    if r < 80 or loss_ratio >= 0.01 or jitter_ms >= 30 or delay > 150:
        return Verdict.DEGRADED
    return Verdict.GOOD


def _unheard(direction: Direction, codec: str, reason: str, spans: Sequence[Interval]) -> LegQuality:
    edges = (spans[0].started_at, spans[-1].ended_at) if spans else (None, None)
    return LegQuality(
        direction, codec, 0, 0, None, None, None, None, None, None, None, None, None, Verdict.NONE, reason, *edges
    )  # fmt: skip


def _ms(jitter: int, clock_rate_hz: int | None) -> float:
    return jitter * 1000 / clock_rate_hz if clock_rate_hz else 0.0


def _rtt_ms(report: Report) -> float | None:
    return report.rtt_s * 1000 if report.rtt_s is not None else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
