"""How calls sounded, for Prometheus: by leg, trunk, direction, codec and scale, and never by who called.

Whole legs are histograms; intervals of about ten seconds add up to call seconds by verdict, of which the rules of
`config/prometheus` make the share of bad call minutes. However many callers there are, the number of series is the
same: trunks are those of the settings, whatever else a channel is named after counts as `other`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram

from quality.interval_verdicts import Finding
from telephony.core.quality_interval import QualityInterval
from telephony.core.quality_record import QualityRecord

OTHER, NONE = "other", "none"
LEGS = ("caller", "agent")
DIRECTIONS = ("sent", "received")
SCALES = ("nb", "wb", "fb")  # narrowband, wideband, fullband: never mixed
CODECS = {"alaw": "nb", "ulaw": "nb", "g722": "wb", "opus": NONE}  # and the scale of their published figures
USUAL = ("alaw", "nb")  # whose series are there from the start
SOURCES = ("rtp", "rtcp_ami", "rtcp_hep")

GOOD, DEGRADED, BAD = "good", "degraded", "bad"
UNPROVEN = "unproven"  # not good, but the capture itself has lost packets meanwhile
VERDICTS = (NONE, GOOD, DEGRADED, BAD)  # from the best known to the worst
DEAF = frozenset({str(Finding.ONE_WAY_AUDIO), str(Finding.NO_MEDIA)})  # nothing to rate, and as bad as can be

MOS_BUCKETS = (1.5, 2.0, 2.58, 3.1, 3.6, 4.03, 4.34, 4.5)  # among them the classes of G.107 Annex B
R_BUCKETS = (30, 50, 60, 70, 80, 90, 95, 100, 110, 120, 130)
RATIO_BUCKETS = (0.0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
JITTER_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
DELAY_BUCKETS_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0)  # G.114: 150 ms are not noticed, 400 ms too much

_LABELS = ("leg", "trunk", "direction", "codec", "scale")


class QualityMetrics:
    def __init__(self, registry: CollectorRegistry, trunks: Iterable[str] = ()) -> None:
        self._registry = registry
        self._trunks = frozenset(trunks) - {NONE}
        self._make()
        for trunk in sorted({*self._trunks, OTHER}):
            self._fill("caller", trunk)
        self._fill("agent", NONE)
        for source, marked in product((*SOURCES, OTHER), ("yes", "no")):
            self._intervals.labels(source, marked)

    def call(self, records: Sequence[QualityRecord]) -> None:
        """Count a call that has ended by the worst of its legs, and each direction of each leg."""
        if not records:
            return
        trunk = next((self._trunk(each.leg, each.trunk) for each in records if each.leg == "caller"), OTHER)
        self._calls.labels(trunk, max((_verdict(each.verdict) for each in records), key=VERDICTS.index)).inc()
        for record in records:
            self._leg(record)

    def interval(self, interval: QualityInterval) -> None:
        """Count some ten seconds of one direction of one leg."""
        trunk = self._trunk(interval.leg, interval.trunk)
        whose = (_known(interval.leg, LEGS), trunk, _known(interval.direction, DIRECTIONS))
        self._seconds.labels(*whose, verdict_of(interval)).inc(max(0.0, interval.seconds))
        for finding in interval.verdicts:
            self._findings.labels(*whose, _known(finding, tuple(Finding))).inc()
        self._intervals.labels(_known(interval.source, SOURCES), "yes" if interval.marked else "no").inc()
        if interval.late_ratio is not None:
            self._late.labels(*whose, *_codec(interval.codec, interval.scale)).observe(interval.late_ratio)

    def _leg(self, record: QualityRecord) -> None:
        whose = (_known(record.leg, LEGS), self._trunk(record.leg, record.trunk), _known(record.direction, DIRECTIONS))
        self._legs.labels(*whose, _verdict(record.verdict)).inc()
        codec, scale = _codec(record.codec, record.scale)
        if record.mos_cq is None and record.mos_lq is None:
            self._ungrounded.labels(*whose, codec).inc()
        measured: Iterable[tuple[Histogram, float | None, float]] = (
            (self._mos_cq, record.mos_cq, 1.0),
            (self._mos_lq, record.mos_lq, 1.0),
            (self._r_factor, record.r_factor, 1.0),
            (self._loss, record.loss_ratio, 1.0),
            (self._jitter, record.jitter_ms, 1000.0),
            (self._delay, record.delay_ms, 1000.0),
        )
        for histogram, value, per_base_unit in measured:
            if value is not None:
                histogram.labels(*whose, codec, scale).observe(value / per_base_unit)

    def _trunk(self, leg: str, trunk: str | None) -> str:
        return NONE if leg == "agent" else _known(trunk or OTHER, self._trunks)

    def _make(self) -> None:
        cq = "Conversational MOS by the E-model, delay counted; compare within one scale only."
        self._mos_cq = self._histogram("call_mos_cq", cq, MOS_BUCKETS)
        lq = "Listening MOS by the E-model, delay left aside; compare within one scale only."
        self._mos_lq = self._histogram("call_mos_lq", lq, MOS_BUCKETS)
        rating = "Transmission rating factor R by the E-model; its range depends on the scale."
        self._r_factor = self._histogram("call_r_factor", rating, R_BUCKETS)
        self._loss = self._histogram(
            "call_loss_ratio", "Lost packets over expected ones, of whole legs.", RATIO_BUCKETS
        )
        late = "Packets that came too late to be played over expected ones, in intervals of ten seconds."
        self._late = self._histogram("interval_late_ratio", late, RATIO_BUCKETS)
        jitter = "Interarrival jitter of whole legs [RFC 3550 A.8]."
        self._jitter = self._histogram("call_jitter_seconds", jitter, JITTER_BUCKETS_S)
        delay = "One way, mouth to ear, of whole legs."
        self._delay = self._histogram("call_delay_seconds", delay, DELAY_BUCKETS_S)
        none = "Directions of legs without a MOS, for want of published figures or of reports."
        self._ungrounded = self._counter("call_quality_ungrounded", none, *_LABELS[:4])
        self._calls = self._counter("calls_scored", "Calls by the worst verdict of their legs.", "trunk", "verdict")
        legs = "Directions of legs of ended calls by verdict."
        self._legs = self._counter("call_legs", legs, *_LABELS[:3], "verdict")
        seconds = "Seconds of calls by verdict, each direction of each leg for itself."
        self._seconds = self._counter("call_quality_seconds", seconds, *_LABELS[:3], "verdict")
        findings = "Intervals of ten seconds in which this was found wrong."
        self._findings = self._counter("call_findings", findings, *_LABELS[:3], "finding")
        sources = "Scored intervals by where their figures come from; marked: the capture lost packets meanwhile."
        self._intervals = self._counter("quality_intervals", sources, "source", "marked")

    def _fill(self, leg: str, trunk: str) -> None:
        """What a rate is asked of is there before its first event."""
        for direction in DIRECTIONS:
            whose = (leg, trunk, direction)
            for verdict in (*VERDICTS, UNPROVEN):
                self._seconds.labels(*whose, verdict)
            for verdict in VERDICTS:
                self._legs.labels(*whose, verdict)
            for finding in (*Finding, OTHER):
                self._findings.labels(*whose, finding)
            for codec in (*CODECS, OTHER):
                self._ungrounded.labels(*whose, codec)
            for histogram in (self._mos_cq, self._mos_lq, self._r_factor, self._loss, self._jitter, self._delay):
                histogram.labels(*whose, *USUAL)
        for verdict in VERDICTS if leg == "caller" else ():
            self._calls.labels(trunk, verdict)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"hotline_{name}", documentation, labels, registry=self._registry)

    def _histogram(self, name: str, documentation: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"hotline_{name}", documentation, _LABELS, buckets=buckets, registry=self._registry)


def verdict_of(interval: QualityInterval) -> str:
    """Good, degraded, bad, none, or unproven where losses may be the capture's own."""
    verdict = BAD if DEAF & set(interval.verdicts) else _verdict(interval.verdict)
    return UNPROVEN if interval.marked and verdict in {DEGRADED, BAD} else verdict


def _verdict(verdict: str) -> str:
    return verdict if verdict in VERDICTS else NONE


def _codec(codec: str, scale: str | None) -> tuple[str, str]:
    """Both labels; a codec on another scale than its own is `other`."""
    known = CODECS.get(codec)
    scale = scale if scale in SCALES else None
    return (codec, known) if known and scale in {known, None} else (OTHER, scale or NONE)


def _known(name: str, names: Iterable[str]) -> str:
    return str(name) if name in names else OTHER
