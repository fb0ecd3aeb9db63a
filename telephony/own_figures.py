"""What the server tells Prometheus of itself: counters and states of its parts, read at each scrape."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ivr_flows.standing import Standing
from telephony import flow_watch
from telephony.metrics import Metrics
from telephony.settings import Settings
from telephony.trunk_names import known_trunks

if TYPE_CHECKING:
    from telephony.app import App


def metrics(settings: Settings) -> Metrics:
    """Where everything is counted."""
    return Metrics(settings.queues, trunks=known_trunks(settings))


def publish(app: App, standings: Callable[[], Iterator[Standing]]) -> None:
    """`standings`: where callers are in their flows."""
    agi = app.agi.counters
    app.metrics.counters(
        "agi", "What strangers and callers did to the AGI server", functools.partial(_figures, agi), "kind"
    )
    _of_nodes(app)
    app.metrics.counter("flow_reload_failures", "Sets of flows that could not be served", lambda: app.flows.failures)
    app.metrics.values(
        "flow_revision_info",
        "The revision of the flows that calls beginning now get",
        lambda: {app.flows.serving.revision: 1.0},
        "revision",
    )
    app.metrics.table(
        "flow_callers",
        "Callers at each node of the flows; within a sub-flow at the node that called it, too",
        lambda: flow_watch.by_node(app.flows.serving.flows.flows.values(), standings()),
        ("flow", "node"),
    )
    given = "What came of talks, as consultants chose; a choice that was changed counts again"
    app.metrics.counter_table("dispositions", given, app.during_call.given, ("queue", "code"))
    app.metrics.value("audit_waiting", "Lines of the audit that are not written yet", lambda: float(app.audit.waiting))
    app.metrics.value("dispositions_owed", "Talks whose consultant has still to say what came", app.during_call.owed)
    app.metrics.value(
        "articles_refused",
        "1 while the knowledge base on the disk cannot be read and an older one is served",
        lambda: float(bool(app.during_call.knowledge.problem)),
    )
    told = "What other systems were told: taken, or not taken and tried again"
    app.metrics.counter_table("outward", told, app.outward.figures, ("to", "what"))
    post = "What customers were written: taken, or not taken and tried again"
    app.metrics.counter_table("post", post, app.office.post.figures, ("way", "what"))
    forgotten = "Rows and files that were old enough to be forgotten, since the start"
    app.metrics.counters("forgotten", forgotten, lambda: app.office.forgetting.figures, "place")
    exchanged = "Tickets told to their other system: taken, or not and tried again; and what arrived from there"
    app.metrics.counter_table("tickets_there", exchanged, app.office.tickets.figures, ("to", "what"))
    app.metrics.counter("outward_lost", "News for which there was no room", lambda: app.outward.news.lost)
    app.metrics.value("recorder_backlog", "Facts that wait for the store", lambda: app.recorder.backlog)
    app.metrics.value("recorder_refused", "Facts the store will never take: a bug", lambda: app.recorder.refused)
    app.metrics.value("recorder_lost", "Facts for which there was no room", lambda: app.recorder.lost)
    app.metrics.value("inbox_dropped", "Events that found the inbox full", lambda: app.pump.dropped)
    app.metrics.value("subscriber_failures", "Bugs caught between core and shell", lambda: app.pump.failures)


def _of_nodes(app: App) -> None:
    for name, gateway in app.gateways.items():
        app.metrics.counters(
            f"ami_{name.replace('-', '_')}",
            "What came over the manager interface of this node",
            functools.partial(_figures, gateway.counters),
            "kind",
        )
    for name, reader in app.readers.items():
        app.metrics.counters(
            f"logs_{name.replace('-', '_')}",
            "What was read in from this node's own logs",
            functools.partial(_figures, reader.counters),
            "kind",
        )
    app.metrics.value(
        "ami_connected",
        "Nodes with a live manager connection",
        lambda: sum(each.connected for each in app.gateways.values()),
    )


def _figures(counters: object) -> dict[str, float]:
    return {key: float(value) for key, value in dataclasses.asdict(counters).items()}  # type: ignore[call-overload]
