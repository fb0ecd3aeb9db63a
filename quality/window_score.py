"""Ten seconds of one direction, from all streams it was sent in: figures put together, and scored by the E-model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from quality.codecs import Grounded, codec_named, impairment_of
from quality.emodel import on_narrowband, rate
from quality.live_window import StreamWindow
from quality.rtcp_score import PTIME_MS, DelayModel, Direction, LegQuality, Verdict, verdict
from quality.stream_score import BURST_RATIO_RANGE


@dataclass(frozen=True, slots=True)
class DirectionFigures:
    """Counts of packets; ratios and jitter are means by packets, None where nothing tells them.

    `codecs`: on the wire, by the names of RFC 3551; dynamic payload types tell none. `dscp_changed`: marks changed
    from packet to packet.
    """

    expected: int = 0
    lost: int = 0
    late: int = 0
    received: int = 0
    burst_ratio: float = 1.0
    jitter_ms: float | None = None
    ptime_ms: float | None = None
    silence_ratio: float | None = None
    clipping_ratio: float | None = None
    dscp: frozenset[int] = frozenset()
    codecs: frozenset[str] = frozenset()

    def __add__(self, other: DirectionFigures) -> DirectionFigures:
        """Both one after the other, or side by side."""
        if not self.expected or not other.expected:
            return other if not self.expected else self
        return DirectionFigures(
            self.expected + other.expected,
            self.lost + other.lost,
            self.late + other.late,
            self.received + other.received,
            _mean(self.burst_ratio, self.lost + self.late, other.burst_ratio, other.lost + other.late) or 1.0,
            _mean(self.jitter_ms, self.received, other.jitter_ms, other.received),
            other.ptime_ms or self.ptime_ms,
            _mean(self.silence_ratio, self.received, other.silence_ratio, other.received),
            _mean(self.clipping_ratio, self.received, other.clipping_ratio, other.received),
            self.dscp | other.dscp,
            self.codecs | other.codecs,
        )


def figures_of(windows: Sequence[StreamWindow]) -> DirectionFigures:
    """Of all streams of one direction; nothing of none."""
    found = DirectionFigures()
    for each in windows:
        found += DirectionFigures(
            each.expected, each.lost, each.late, each.received, each.burst_ratio, each.jitter_mean_ms, each.ptime_ms,
            each.silence_ratio, each.clipping_ratio, frozenset({each.dscp}),
            frozenset({each.codec} if each.codec else ()),
        )  # fmt: skip
    return found


def score_of(
    direction: Direction, codec: str, figures: DirectionFigures, rtt_ms: float | None, from_at: float, to_at: float
) -> LegQuality:
    """Scores with what was lost and what came too late; `codec` as Asterisk names it."""
    edges = {"started_at": from_at, "ended_at": to_at}
    if not figures.expected:
        nothing = LegQuality(
            direction, codec, 0, 0, None, None, None, rtt_ms, None, None, None, None, None, Verdict.NONE, "nothing came"
        )  # fmt: skip
        return replace(nothing, started_at=from_at, ended_at=to_at)
    delay_ms = None if rtt_ms is None else DelayModel(figures.ptime_ms or PTIME_MS).one_way_ms(rtt_ms)
    gone = min(1.0, (figures.lost + figures.late) / figures.expected)
    least, most = BURST_RATIO_RANGE
    impairment = impairment_of(codec, gone, burst_ratio=min(max(figures.burst_ratio, least), most))
    listening = talking = None
    if isinstance(impairment, Grounded):
        listening = rate(impairment.ie_eff, scale=impairment.scale)
        if delay_ms is not None:
            talking = rate(impairment.ie_eff, one_way_delay_ms=delay_ms, scale=impairment.scale)
    rating = talking or listening
    loss_ratio = figures.lost / figures.expected
    r = on_narrowband(rating.r, rating.scale) if rating else None
    return LegQuality(
        direction, codec, figures.expected, figures.lost, loss_ratio, loss_ratio, figures.jitter_ms, rtt_ms, delay_ms,
        rating.r if rating else None, listening.mos if listening else None, talking.mos if talking else None,
        rating.scale if rating else None, verdict(gone, figures.jitter_ms or 0.0, delay_ms, r),
        None if isinstance(impairment, Grounded) else impairment.reason, **edges,
    )  # fmt: skip


def wire_name(codec: str) -> str | None:
    """The name that `DirectionFigures.codecs` has for what Asterisk calls so."""
    known = codec_named(codec)
    return known.name if known else None


def _mean(one: float | None, weight: int, other: float | None, other_weight: int) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    both = weight + other_weight
    return (one * weight + other * other_weight) / both if both else one
