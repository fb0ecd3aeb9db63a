"""What the digest calls things by: departments, what comes of talks, places in the menu; in Polish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr_flows import Flow
from telephony.core.disposition import Choice
from telephony.core.ids import QueueName
from telephony.settings import Settings


def titles(
    settings: Settings, dispositions: Mapping[QueueName, tuple[Choice, ...]], flows: Iterable[Flow]
) -> Mapping[str, str]:
    """Queue, `queue.code` and `flow.node` → title. A flow and a queue of one name stand apart: a place has a node."""
    known = {name: queue.title for name, queue in settings.queues.items()}
    codes = {f"{queue}.{each.code}": each.pl for queue, choices in dispositions.items() for each in choices}
    return {**dict(_places(flows)), **codes, **known}


def _places(flows: Iterable[Flow]) -> Iterator[tuple[str, str]]:
    for flow in flows:
        for name, node in flow.nodes.items():
            if node.title:
                yield f"{flow.id}.{name}", node.title.pl
