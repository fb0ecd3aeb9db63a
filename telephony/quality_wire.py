"""What pages for network engineers are told of how calls sounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from telephony.call_evidence import SoundedCall
from telephony.console.api.endpoint import Wire
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord
from telephony.core.quality_views import Measure, QualityPoint, SpreadBin, WorstCall


class PointNow(Wire):
    """As `QualityPoint`: seconds, ratios, milliseconds; MOS of listening on `scale`."""

    at: float
    trunk: str | None
    leg: str
    direction: str
    scale: str | None
    seconds: float
    bad_s: float
    degraded_s: float
    mos_lq: float | None
    packets_expected: int
    packets_lost: int
    jitter_ms: float | None
    delay_ms: float | None


class QualityOverTime(Wire):
    """Steps without a call are not told."""

    from_at: float
    to_at: float
    step_s: float
    points: tuple[PointNow, ...]


class ScaleSpread(Wire):
    """`intervals`: below the first edge, from each edge to the next, and from the last on."""

    scale: str | None
    intervals: tuple[int, ...]


class Spread(Wire):
    measure: Measure
    edges: tuple[float, ...]
    scales: tuple[ScaleSpread, ...]


class WorstCallNow(Wire):
    interaction: str
    begun_at: float
    ended_at: float
    trunk: str | None
    queue: str | None
    bad_s: float
    mos_nb: float | None
    mos_wb: float | None
    mos_fb: float | None
    loss_most: float | None
    jitter_most_ms: float | None
    verdicts: tuple[str, ...]


class WorstCalls(Wire):
    calls: tuple[WorstCallNow, ...]


class LegNow(Wire):
    """As the row of `quality`."""

    leg: str
    direction: str
    codec: str
    trunk: str | None
    scale: str | None
    source: str
    verdict: str
    loss_ratio: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    delay_ms: float | None
    r_factor: float | None
    mos_lq: float | None
    mos_cq: float | None
    mos_worst_10s: float | None
    worst_at: float | None
    ungrounded_reason: str | None


class IntervalNow(Wire):
    """As the row of `quality_interval`."""

    leg: str
    direction: str
    starts_at: float
    seconds: float
    codec: str
    scale: str | None
    source: str
    packets_expected: int
    packets_lost: int
    loss_ratio: float | None
    late_ratio: float | None
    jitter_ms: float | None
    delay_ms: float | None
    mos_lq: float | None
    verdict: str
    verdicts: tuple[str, ...]
    capture_drops: int | None


class CallStep(Wire):
    """What Asterisk and the line did; `until` of what lasted."""

    at: float
    step: str  # arrived, queued, offered, rang, answered, ended, or the kind of a span
    until: float | None = None


class LadderStep(Wire):
    """A SIP message from `src` to `dst` (host:port): its method or status."""

    at: float
    src: str
    dst: str
    message: str


class CallSound(Wire):
    """`ladder`: null where no SIP is told to this server, empty where none of this call is known."""

    interaction: str
    node: str
    trunk: str | None
    queue: str | None
    outcome: str | None
    codec: str
    steps: tuple[CallStep, ...]
    legs: tuple[LegNow, ...]
    intervals: tuple[IntervalNow, ...]
    ladder: tuple[LadderStep, ...] | None


def point(known: QualityPoint) -> PointNow:
    return PointNow(**asdict(known))


def spread_of(measure: Measure, edges: tuple[float, ...], bins: Sequence[SpreadBin]) -> Spread:
    scales = dict.fromkeys(each.scale for each in bins)
    counted = {(each.scale, each.bin): each.intervals for each in bins}
    return Spread(
        measure=measure,
        edges=edges,
        scales=tuple(
            ScaleSpread(scale=scale, intervals=tuple(counted.get((scale, at), 0) for at in range(len(edges) + 1)))
            for scale in scales
        ),
    )


def worst(known: WorstCall) -> WorstCallNow:
    return WorstCallNow(**asdict(known))


def call_sound(sounded: SoundedCall) -> CallSound:
    call = sounded.call
    return CallSound(
        interaction=call.interaction,
        node=call.node,
        trunk=sounded.trunk,
        queue=call.queue,
        outcome=call.outcome,
        codec=call.codec,
        steps=tuple(CallStep(at=at, step=step, until=until) for at, step, until in sounded.steps()),
        legs=tuple(map(_leg, sounded.records)),
        intervals=tuple(map(_interval, sounded.intervals)),
        ladder=None if sounded.ladder is None else tuple(LadderStep(**asdict(each)) for each in sounded.ladder),
    )


def _leg(record: QualityRecord) -> LegNow:
    return LegNow(**{name: getattr(record, name) for name in LegNow.model_fields})


def _interval(interval: QualityInterval) -> IntervalNow:
    return IntervalNow(**{name: getattr(interval, name) for name in IntervalNow.model_fields})
