"""How many callers are at each node of the flows: the same figures for the console's pages and for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ivr_flows import Flow
from ivr_flows.standing import Standing


def by_text(standings: Iterable[Standing]) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """`(flow, revision)` → node → callers, of every revision that somebody follows."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for at in standings:
        found.setdefault((at.flow, at.revision), Counter())[at.node] += 1
    return found


def by_node(flows: Iterable[Flow], standings: Iterable[Standing]) -> Mapping[tuple[str, ...], float]:
    """`(flow, node)` → callers, for every node of these flows, also with nobody at it: the series a metric can have.

    Whoever follows an earlier revision counts where the node has its name still; where it is gone, nowhere.
    """
    callers = Counter((at.flow, at.node) for at in standings)
    return {(flow.id, node): float(callers[flow.id, node]) for flow in flows for node in flow.nodes}
