"""Trunks for Prometheus: what carriers answer, calls and how they ended, limits, delays (docs/monitoring.md).

Trunks are those that are watched; whatever else an event names counts as `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import Counter, Histogram

from sip_trunk.calls import Result, Tried
from sip_trunk.state import TrunkState
from telephony.asterisk.trunk_news import TrunkNews, What
from telephony.metrics import Metrics

OTHER = "other"
# The dialplan's words; it has nothing against a call to which no way leads.
GUARDS = {"calls_per_minute": "calls_per_minute", "cost_per_day": "cost_per_day", "open": "no_way"}
IN, OUT = "in", "out"
DELAY_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 11, 15, 20, 30)  # E.721: 3, 5, 8 s on average, 6, 8, 11 s for 95 %
TALK_BUCKETS_S = (5, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)

States = Callable[[], Iterable[TrunkState]]
Figures = Mapping[tuple[str, ...], float]


class TrunkMetrics:
    """`heard` takes each news of the dialplan; states are read at each scrape."""

    def __init__(self, metrics: Metrics, states: States) -> None:
        self._states = states
        registry = metrics.registry
        calls = "Calls over a trunk, by who began them, as they ended; one sent to two hosts counts for each."
        self._calls = Counter("hotline_trunk_calls", calls, ("trunk", "direction", "result"), registry=registry)
        causes = "Calls sent to a trunk by cause [Q.850]."
        self._causes = Counter("hotline_trunk_causes", causes, ("trunk", "cause"), registry=registry)
        limits = "Calls that a limit of the trunk has sent elsewhere."
        self._limits = Counter("hotline_trunk_limits_reached", limits, ("trunk", "limit"), registry=registry)
        refused = "Calls out that a guard has refused, or that no way leads to."
        self._refused = Counter("hotline_trunk_refused", refused, ("guard",), registry=registry)
        delay = "Seconds from INVITE to ringing, speech or answer, at the host that gave it [RFC 6076 4.3.1]."
        self._delay = Histogram(
            "hotline_trunk_request_delay_seconds", delay, ("trunk",), buckets=DELAY_BUCKETS_S, registry=registry
        )
        waited = "Seconds of silence a caller had before that, what went by at other trunks counted in."
        self._waited = Histogram(
            "hotline_trunk_post_dial_delay_seconds", waited, ("trunk",), buckets=DELAY_BUCKETS_S, registry=registry
        )
        talk = "Seconds of calls over a trunk: from the answer on, of those that come in from their arrival."
        self._talk = Histogram(
            "hotline_trunk_talk_seconds", talk, ("trunk", "direction"), buckets=TALK_BUCKETS_S, registry=registry
        )
        for guard in GUARDS.values():
            self._refused.labels(guard)
        self._tables(metrics)

    def _tables(self, metrics: Metrics) -> None:
        at = ("node", "trunk")
        metrics.table("trunk_registered", "1 while we are registered with the carrier", self._registered, at)
        metrics.table("trunk_answers_options", "1 while a host of the trunk answers OPTIONS", self._answers, at)
        metrics.table(
            "trunk_options_round_trip_seconds", "Of the last OPTIONS that the first host answered", self._round_trip, at
        )
        metrics.table("trunk_ill", "1 while the trunk is put last, and why", self._ill, (*at, "reason"))
        metrics.table("trunk_mos", "Mean MOS of the calls of the last quarter of an hour", self._mos, at)
        metrics.table("trunk_calls_active", "Calls under way", self._active, (*at, "direction"))

    def heard(self, news: TrunkNews) -> None:
        trunk = news.trunk if any(each.trunk == news.trunk for each in self._states()) else OTHER
        match news.what:
            case What.TRIED if news.tried:
                self._tried(trunk, news.tried)
            case What.CAME:
                self._calls.labels(trunk, IN, "came").inc()
            case What.LEFT:
                self._talk.labels(trunk, IN).observe((news.talked_ms or 0) / 1000)
            case What.FULL:
                self._limits.labels(trunk, news.reason if news.reason in {"calls", "calls_per_s"} else OTHER).inc()
            case What.REFUSED:
                self._refused.labels(GUARDS.get(news.reason, OTHER)).inc()

    def _tried(self, trunk: str, tried: Tried) -> None:
        self._calls.labels(trunk, OUT, tried.result).inc()
        self._causes.labels(trunk, tried.cause_name).inc()
        if tried.result is Result.ANSWERED:
            self._talk.labels(trunk, OUT).observe((tried.talked_ms or 0) / 1000)
        for histogram, delay_ms in ((self._delay, tried.request_delay_ms), (self._waited, tried.post_dial_delay_ms)):
            if delay_ms is not None:
                histogram.labels(trunk).observe(delay_ms / 1000)

    # -- read at each scrape ------------------------------------------------------------------------------------

    def _seen(self) -> Iterable[tuple[tuple[str, str], TrunkState]]:
        return (((each.node, each.trunk), each) for each in self._states() if each.seen_at is not None)

    def _registered(self) -> Figures:
        known = self._seen()
        return {at: float(each.registration == "Registered") for at, each in known if each.registration is not None}

    def _answers(self) -> Figures:
        return {at: float(each.answers) for at, each in self._seen() if each.answers is not None}

    def _round_trip(self) -> Figures:
        return {at: ms / 1000 for at, each in self._seen() if (ms := each.round_trip_ms) is not None}

    def _mos(self) -> Figures:
        return {at: each.mos for at, each in self._seen() if each.mos is not None}

    def _ill(self) -> Figures:
        reasons = ("options", "quality")
        return {(*at, why): float(each.health.reason == why) for at, each in self._seen() for why in reasons}

    def _active(self) -> Figures:
        found: dict[tuple[str, ...], float] = {}
        for at, each in self._seen():
            found |= {(*at, IN): float(each.calls_in), (*at, OUT): float(each.calls_out)}
        return found
