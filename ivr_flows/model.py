"""A flow as the engine runs it: nodes that name one another, with the sub-flows they use, checked when loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ivr_flows.errors import Place
from ivr_flows.nodes import (
    AppointmentNode,
    CallBackNode,
    CollectNode,
    ComplaintNode,
    EchoNode,
    IdentifyNode,
    LookUpNode,
    MenuNode,
    MenuWords,
    Node,
    RecordNode,
    SurveyNode,
    TransferNode,
    VoicemailNode,
    Where,
    exits,
)
from ivr_flows.variables import Kind

# Exits that lead to the flow's person where nothing else is written.
PERSON_EXITS: Mapping[type, tuple[str, ...]] = {
    MenuNode: ("on_timeout",),
    CollectNode: ("on_failure",),
    IdentifyNode: ("on_unknown",),
    CallBackNode: ("on_refused",),
    VoicemailNode: ("on_nothing",),
    ComplaintNode: ("on_unavailable",),
    AppointmentNode: ("on_unavailable",),
    EchoNode: ("on_unavailable",),
    TransferNode: ("on_failure",),
    LookUpNode: ("on_missing", "on_unavailable"),
}
ASKING = (MenuNode, CollectNode, IdentifyNode, SurveyNode, RecordNode)  # nodes that wait for keys


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow; `revision` names the exact text of it and its sub-flows: a session under way is matched to it."""

    id: str
    revision: str
    language: str
    accessibility: bool
    start: str
    person: str  # the line that `0`, silence and repeated mistakes lead to
    words: MenuWords
    variables: Mapping[str, Kind]  # with those of the sub-flows
    nodes: Mapping[str, Node]
    transfers: Mapping[str, str] = field(repr=False)  # name → E.164
    subs: Mapping[str, Flow] = field(repr=False, compare=False)  # every flow it can come to, by name
    places: Mapping[str, Place] = field(repr=False, compare=False)  # of nodes, and of `variables.NAME`

    def within(self, name: str) -> Flow:
        """The flow of this name, itself or one of its sub-flows."""
        return self if name == self.id else self.subs[name]


def person_by_key(node: Node) -> bool:
    """Whether `0` leads to the flow's person; on a scale from 0 it is an answer, and by its number nobody is asked."""
    unasked = isinstance(node, SurveyNode) and node.kind == "nps"
    unasked = unasked or (isinstance(node, IdentifyNode) and node.by == "number")
    return isinstance(node, ASKING) and not node.without_person and not unasked


def reaches_person(node: Node) -> bool:
    """Whether the node leads to the flow's person by itself: with `0`, or by an exit that is not written."""
    return person_by_key(node) or any(getattr(node, name) is None for name in PERSON_EXITS.get(type(node), ()))


def targets(flow: Flow, node: Node) -> Iterator[tuple[Where, str]]:
    """`(key path in the node, node id)` for everywhere the node can lead within its flow; () for what is built in."""
    yield from exits(node)
    if reaches_person(node):
        yield (), flow.person
