"""Facts of the core as Prometheus metrics: base units, no personal data, a number of series fixed at the start.

Definitions: *wait* runs from entering the line to the answer (or to the end, for who gave up); *pop* from the offer to
the page's painted acknowledgement; a pop is *late* when the phone rang without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import singledispatchmethod
from itertools import product

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from telephony.core.commands import AgentChanged, CallChanged, CallEnded, Decided, LeaveLine, PopLate
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.place import Rule
from telephony.core.rules import OverflowWhy
from telephony.core.spans import seconds
from telephony.core.ticket import OpenTicket
from telephony.core.views import AgentState, CallState, CallView, Lane, Outcome, SpanKind
from telephony.quality_metrics import QualityMetrics

Figures = Callable[[], Mapping[tuple[str, ...], float]]  # by the values of the labels

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter and histogram, which nobody reads

NO_QUEUE = "none"  # the call never reached a line
OTHER = "other"

WAIT_BUCKETS_S = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)
TALK_BUCKETS_S = (5, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)
POP_BUCKETS_S = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0)


class Metrics:
    """`publish` is a subscriber of the pump. `queues` and `trunks` are those of the settings; other queues are `other`.

    `quality` counts how calls sounded.
    """

    def __init__(
        self, queues: Iterable[str], registry: CollectorRegistry | None = None, trunks: Iterable[str] = ()
    ) -> None:
        self.registry = registry or CollectorRegistry()
        self.quality = QualityMetrics(self.registry, trunks)
        self._queues = (*queues, NO_QUEUE, OTHER)
        self._calls_by_id: dict[InteractionId, CallView] = {}
        self._agents_by_id: dict[AgentId, AgentState] = {}
        self._make()
        self._fill()

    def publish(self, command: object, now: float = 0.0) -> None:
        self._on(command)

    def ticket(self, ticket: OpenTicket) -> None:
        """Count one that is asked for."""
        self._tickets.labels(self._queue(ticket.queue)).inc()

    def counters(self, name: str, documentation: str, read: Callable[[], Mapping[str, float]], label: str) -> None:
        """Counters kept elsewhere: `hotline_<name>_total{<label>="…"}`, read at each scrape."""
        self.registry.register(_Read(CounterMetricFamily, name, documentation, _labelled(read), (label,)))

    def value(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """One value kept elsewhere: `hotline_<name>`, read at each scrape."""
        self.registry.register(_Read(GaugeMetricFamily, name, documentation, lambda: {(): read()}, ()))

    def values(self, name: str, documentation: str, read: Callable[[], Mapping[str, float]], label: str) -> None:
        """Values kept elsewhere: `hotline_<name>{<label>="…"}`, read at each scrape."""
        self.registry.register(_Read(GaugeMetricFamily, name, documentation, _labelled(read), (label,)))

    def table(self, name: str, documentation: str, read: Figures, labels: tuple[str, ...]) -> None:
        """Values kept elsewhere under several labels; the keys of what is read are the labels' values."""
        self.registry.register(_Read(GaugeMetricFamily, name, documentation, read, labels))

    def counter_table(self, name: str, documentation: str, read: Figures, labels: tuple[str, ...]) -> None:
        """Counters kept elsewhere under several labels: `hotline_<name>_total`."""
        self.registry.register(_Read(CounterMetricFamily, name, documentation, read, labels))

    def counter(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """One counter kept elsewhere: `hotline_<name>_total`, read at each scrape."""
        self.registry.register(_Read(CounterMetricFamily, name, documentation, lambda: {(): read()}, ()))

    # -- facts --------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _on(self, command: object) -> None:
        """Nothing to be counted."""

    @_on.register
    def _(self, fact: CallChanged) -> None:
        call = fact.call
        before = self._calls_by_id.get(call.interaction)
        self._calls_by_id[call.interaction] = call
        self._move(before, call)
        self._stretched(before or call, call)
        if call.painted_at is not None and call.offered_at is not None and (before and before.painted_at is None):
            self._painted.inc()
            self._pop_s.observe(max(0.0, call.painted_at - call.offered_at))
        if call.answered_at is not None and (before and before.answered_at is None):
            self._waited(call, call.answered_at, "answered")

    @_on.register
    def _(self, fact: CallEnded) -> None:
        call = fact.call
        before = self._calls_by_id.pop(call.interaction, None)
        self._move(before, None)
        self._stretched(before or call, call)
        self._ended.labels(call.outcome or OTHER, call.lane, self._queue(call.queue)).inc()
        if call.answered_at is None:
            self._waited(call, call.ended_at, "abandoned")
        elif call.ended_at is not None:
            self._talk_s.labels(self._queue(call.queue)).observe(max(0.0, call.ended_at - call.answered_at))

    @_on.register
    def _(self, fact: AgentChanged) -> None:
        before = self._agents_by_id.get(fact.agent)
        self._agents_by_id[fact.agent] = fact.state
        if before is not None:
            self._agents.labels(before).dec()
        self._agents.labels(fact.state).inc()

    @_on.register
    def _(self, fact: Decided) -> None:
        self._decisions.labels(_known(fact.rule, tuple(Rule))).inc()

    @_on.register
    def _(self, fact: LeaveLine) -> None:
        self._overflows.labels(self._queue(fact.queue), fact.why).inc()

    @_on.register
    def _(self, fact: PopLate) -> None:
        self._late.inc()

    def _move(self, before: CallView | None, after: CallView | None) -> None:
        for call, step in ((before, -1), (after, 1)):
            if call:
                self._active.labels(call.state, call.lane).inc(step)

    def _stretched(self, before: CallView, call: CallView) -> None:
        """What has ended since; a call taken over from a dead server brings what was counted there."""
        for kind in SpanKind if before.spans != call.spans else ():
            self._spans_s.labels(kind).inc(max(0.0, seconds(call.spans, kind) - seconds(before.spans, kind)))

    def _waited(self, call: CallView, until: float | None, ended: str) -> None:
        if call.queued_at is not None and until is not None:
            self._wait_s.labels(call.lane, ended).observe(max(0.0, until - call.queued_at))

    def _queue(self, name: QueueName | None) -> str:
        return _known(name, self._queues) if name else NO_QUEUE

    # -- series -------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self._ended = self._counter("calls", "Calls by how they ended.", "outcome", "lane", "queue")
        self._active = self._gauge("calls_active", "Calls under way.", "state", "lane")
        wait = "Seconds from entering the line to the answer, or to giving up."
        self._wait_s = self._histogram("wait_seconds", wait, WAIT_BUCKETS_S, "lane", "ended")
        talk = "Seconds from the answer to the end of the call."
        self._talk_s = self._histogram("talk_seconds", talk, TALK_BUCKETS_S, "queue")
        spans = "Seconds that calls were on hold (hold), or that nothing was known of them (every other kind)."
        self._spans_s = self._counter("call_span_seconds", spans, "kind")
        self._agents = self._gauge("agents", "Agents by state.", "state")
        pop = "Seconds from the offer to the painted screen-pop."
        self._pop_s = self._histogram("pop_seconds", pop, POP_BUCKETS_S)
        self._painted = self._counter("pops_painted", "Screen-pops a page has painted.")
        self._late = self._counter("pops_late", "Offers whose phone rang before a page had painted the pop.")
        self._decisions = self._counter("decisions", "Assignments by the rule that made them.", "rule")
        self._overflows = self._counter("overflows", "Callers sent on by a rule of their queue.", "queue", "why")
        self._tickets = self._counter("tickets", "Tickets asked for.", "queue")
        self.registry.register(
            _Read(GaugeMetricFamily, "calls_waiting", "Callers in line.", _labelled(self._lines), ("lane",))
        )

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"hotline_{name}", documentation, labels, registry=self.registry)

    def _gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"hotline_{name}", documentation, labels, registry=self.registry)

    def _histogram(self, name: str, documentation: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"hotline_{name}", documentation, labels, buckets=buckets, registry=self.registry)

    def _fill(self) -> None:
        """Every series is there from the start: nothing appears late, and a rate never misses a first event."""
        _touch(self._ended, Outcome, Lane, self._queues)
        _touch(self._active, CallState, Lane)
        _touch(self._wait_s, Lane, ("answered", "abandoned"))
        _touch(self._talk_s, self._queues)
        _touch(self._tickets, self._queues)
        _touch(self._agents, AgentState)
        _touch(self._spans_s, SpanKind)
        _touch(self._decisions, Rule)
        _touch(self._overflows, self._queues, OverflowWhy)

    def _lines(self) -> Mapping[str, float]:
        waiting = [call.lane for call in self._calls_by_id.values() if call.state is CallState.LINE]
        return {lane: waiting.count(lane) for lane in Lane}


class _Read(Collector):
    """A metric whose values are asked for at each scrape."""

    def __init__(
        self,
        family: type[CounterMetricFamily | GaugeMetricFamily],
        name: str,
        documentation: str,
        read: Figures,
        labels: tuple[str, ...],
    ) -> None:
        self._family = family
        self._name, self._documentation = f"hotline_{name}", documentation
        self._read, self._labels = read, labels

    def describe(self) -> Iterable[Metric]:
        return [self._family(self._name, self._documentation, labels=self._labels)]

    def collect(self) -> Iterable[Metric]:
        family = self._family(self._name, self._documentation, labels=self._labels)
        for key, value in self._read().items():
            family.add_metric(key, value)
        yield family


def _labelled(read: Callable[[], Mapping[str, float]]) -> Figures:
    return lambda: {(key,): value for key, value in read().items()}


def _touch(metric: Counter | Gauge | Histogram, *labels: Iterable[str]) -> None:
    for values in product(*labels):
        metric.labels(*values)


def _known(name: str, names: Iterable[str]) -> str:
    """A label's value: only ours, whatever a far end calls itself."""
    return str(name) if name in names else OTHER


def metrics_app(registry: CollectorRegistry) -> web.Application:
    """`GET /metrics` for Prometheus, on a listener of its own."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app
