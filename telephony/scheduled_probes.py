"""Test calls that the server makes by itself: how often, their figures for Prometheus, their records."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence

import structlog
from prometheus_client import Counter, Histogram

from quality.probe_result import Outcome, ProbeResult
from telephony.core.probe_record import ProbeRecord
from telephony.metrics import Metrics
from telephony.probing import ProbeError, Target, prober_of, scheduled
from telephony.settings import Settings
from telephony.store.errors import StoreError
from telephony.store.probes import ProbeStore
from telephony.store.store import Store

log = structlog.get_logger()

ANY = "any"  # the label of calls to a number, which is never told
DELAY_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 11, 15, 20, 30)  # as those of trunks [E.721]

Key = tuple[str, str]  # node, trunk
Made = Callable[[str, ProbeResult], None]


class ProbeMetrics:
    """Each series of the targets is there from the start; those of the last call have no value before it."""

    def __init__(self, metrics: Metrics, targets: Sequence[Target]) -> None:
        labels = ("node", "trunk")
        calls = "Test calls by how they ended: answered, or why not."
        self._calls = Counter("hotline_probe_calls", calls, (*labels, "outcome"), registry=metrics.registry)
        delay = "Seconds from the INVITE of a test call to the first sign of the far end [RFC 6076 4.3.1]."
        self._delay = Histogram(
            "hotline_probe_post_dial_delay_seconds", delay, labels, buckets=DELAY_BUCKETS_S, registry=metrics.registry
        )
        self._last: dict[Key, ProbeResult] = {}
        for node, trunk in {key_of(each) for each in targets}:
            self._delay.labels(node, trunk)
            for outcome in Outcome:
                self._calls.labels(node, trunk, outcome)
        good = "1 where the last test call was good, 0.5 degraded, 0 bad or not answered."
        metrics.table("probe_quality", good, self._quality, labels)
        metrics.table("probe_digits_right", "1 where all digits of the last test call came back.", self._digits, labels)
        metrics.table("probe_timestamp_seconds", "When the last test call was made.", self._when, labels)
        of_way = (*labels, "direction")
        metrics.table("probe_mos", "MOS of the last test call (docs/probes.md).", self._mos, of_way)
        metrics.table("probe_loss_ratio", "Packets lost over expected, of the last test call.", self._loss, of_way)

    def made(self, target: Target, result: ProbeResult) -> None:
        key = key_of(target)
        self._last[key] = result
        self._calls.labels(*key, result.outcome).inc()
        if result.post_dial_delay_s is not None:
            self._delay.labels(*key).observe(result.post_dial_delay_s)

    def _quality(self) -> dict[tuple[str, ...], float]:
        return {key: {"good": 1.0, "degraded": 0.5}.get(each.verdict, 0.0) for key, each in self._last.items()}

    def _digits(self) -> dict[tuple[str, ...], float]:
        known = ((key, each.digits_right) for key, each in self._last.items())
        return {key: float(right) for key, right in known if right is not None}

    def _when(self) -> dict[tuple[str, ...], float]:
        return {key: each.at for key, each in self._last.items()}

    def _mos(self) -> dict[tuple[str, ...], float]:
        return {
            (*key, name): way.mos
            for key, each in self._last.items()
            for name, way in (("sent", each.sent), ("received", each.received))
            if way and way.mos is not None
        }

    def _loss(self) -> dict[tuple[str, ...], float]:
        return {
            (*key, name): way.loss_ratio
            for key, each in self._last.items()
            for name, way in (("sent", each.sent), ("received", each.received))
            if way and way.loss_ratio is not None
        }


def key_of(target: Target) -> Key:
    return target.node, target.trunk or ANY


class ScheduledProbes:
    """One call after the other, all of them each `every_s`; what one cannot do keeps none of the others away.

    `made` hears of each that was made, with its node.
    """

    def __init__(
        self,
        probe: Callable[[Target], Awaitable[ProbeResult]],
        targets: Sequence[Target],
        store: ProbeStore,
        metrics: ProbeMetrics,
        every_s: float,
        made: Made = lambda _node, _result: None,
    ) -> None:
        self._probe, self._targets, self._store = probe, targets, store
        self._metrics, self._every_s, self._made = metrics, every_s, made

    async def run(self) -> None:
        while True:
            began = time.monotonic()
            await self.round()
            await asyncio.sleep(max(0.0, self._every_s - (time.monotonic() - began)))

    async def round(self) -> None:
        """Each target once."""
        for target in self._targets:
            try:
                result = await self._probe(target)
            except (ProbeError, OSError) as error:
                log.warning("probe.not_made", node=target.node, trunk=target.trunk or ANY, reason=type(error).__name__)
                continue
            self._metrics.made(target, result)
            self._made(target.node, result)
            if result.verdict != "good":
                log.warning(
                    "probe.bad", node=target.node, trunk=target.trunk or ANY, verdict=result.verdict,
                    outcome=result.outcome, problems=result.problems,
                )  # fmt: skip
            try:
                await self._store.record(record_of(target, result))
            except StoreError:
                log.warning("probe.not_recorded", node=target.node, trunk=target.trunk or ANY)


def record_of(target: Target, result: ProbeResult) -> ProbeRecord:
    sent, received = result.sent, result.received
    rtts = [way.rtt_ms for way in (sent, received) if way and way.rtt_ms is not None]
    rtt_ms = math.fsum(rtts) / len(rtts) if rtts else None
    return ProbeRecord(
        target.node, result.trunk or target.trunk or None, result.at, result.phone, str(result.outcome),
        str(result.verdict), result.code, result.post_dial_delay_s, result.answered_s, result.codec,
        sent.loss_ratio if sent else None, sent.jitter_ms if sent else None, sent.mos if sent else None,
        received.loss_ratio if received else None, received.jitter_ms if received else None,
        received.mos if received else None, rtt_ms, sent.scale if sent else None, result.heard_ratio,
        result.digits_right, result.problems,
    )  # fmt: skip


def works(
    settings: Settings, store: Store, metrics: Metrics, clock: Callable[[], float], made: Made
) -> Iterator[Coroutine[None, None, None]]:
    """Nothing where the settings name nothing to call."""
    targets = tuple(scheduled(settings))
    if targets:
        told = ProbeMetrics(metrics, targets)
        probe = prober_of(settings, clock).probe
        yield ScheduledProbes(probe, targets, ProbeStore(store), told, settings.probes.every_s, made).run()
