"""Why somebody calls, as far as the menu knows: the titles of the nodes where the caller has been.

A path is `flow.node`; a node without a title, or one that a newer revision no longer has, says nothing to a consultant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ivr_flows import Flow
from ivr_flows.nodes import Title

Trail = tuple[Title, ...]
TrailOf = Callable[[Sequence[str]], Trail]  # of `CallView.path`


def no_trail(_path: Sequence[str]) -> Trail:
    return ()


def trail(path: Sequence[str], flows: Sequence[Flow]) -> Trail:
    """In the order in which the caller came by; each title once."""
    return tuple(dict.fromkeys(_titles(path, flows)))


def _titles(path: Sequence[str], flows: Sequence[Flow]) -> Iterator[Title]:
    known = {name: sub for flow in flows for name, sub in flow.subs.items()} | {flow.id: flow for flow in flows}
    for step in path:
        name, _, node = step.partition(".")
        found = known[name].nodes.get(node) if name in known else None
        if found and found.title:
            yield found.title
