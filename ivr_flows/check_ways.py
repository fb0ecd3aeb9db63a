"""Where a call can go in a flow and what it knows on the way: dead ends, no person near, values not yet known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr_flows.errors import FlowError
from ivr_flows.model import ASKING, Flow, targets
from ivr_flows.nodes import (
    BranchNode,
    CollectNode,
    ComplaintNode,
    HangUpNode,
    LineNode,
    LookUpNode,
    Node,
    ReturnNode,
    SetNode,
    SubFlowNode,
    SurveyNode,
    TransferNode,
    VoicemailNode,
    Where,
    texts,
)
from ivr_flows.texts import OPENING, said_in

ENDS = (LineNode, HangUpNode, ReturnNode, TransferNode)
PEOPLE = (LineNode, ReturnNode, TransferNode)  # after a return the caller goes on in the flow that called it


def dead_ends(flow: Flow) -> Iterator[FlowError]:
    """Nodes from which the call comes to no end: neither a person nor a hang-up."""
    ending = _leading_to(flow, ENDS)
    for id_ in flow.nodes:
        if id_ not in ending:
            yield FlowError(f"from `{id_}` a call never comes to an end", flow.places[id_], "dead-end")


def without_person(flow: Flow) -> Iterator[FlowError]:
    """Nodes that ask something of a caller who can reach no person from there any more."""
    helped = _leading_to(flow, PEOPLE)
    for id_, node in flow.nodes.items():
        if isinstance(node, ASKING) and id_ not in helped:
            yield FlowError(f"from `{id_}` no person can be reached", flow.places[id_], "no-person")


def said_too_early(flow: Flow) -> Iterator[FlowError]:
    """Values that are said on some way on which nothing has set them: the sentence would be left out."""
    known = _known(flow)
    for id_, node in flow.nodes.items():
        own = {node.into} if isinstance(node, CollectNode) else set()
        said = {name for _, text in texts(node) for words in text.by_language.values() for name in said_in(words)}
        for name in sorted(said - known.get(id_, set()) - own - {OPENING}):
            yield FlowError(f"`{name}` may not be known here yet", flow.places[id_], "unset-variable")


def unused(flow: Flow) -> Iterator[FlowError]:
    """Variables of the flow's own file that nothing says, compares or hands on; a sub-flow may still use them."""
    used = {name for each in (flow, *flow.subs.values()) for node in each.nodes.values() for name in _uses(node)}
    for key, place in flow.places.items():
        name = key.removeprefix("variables.")
        if name != key and name not in used:
            yield FlowError(f"nothing makes use of `{name}`", place, "unused-variable")


def _leading_to(flow: Flow, kinds: tuple[type, ...]) -> frozenset[str]:
    """The nodes from which one of these kinds can be reached."""
    before: dict[str, set[str]] = {id_: set() for id_ in flow.nodes}
    for id_, node in flow.nodes.items():
        for _, target in targets(flow, node):
            before[target].add(id_)
    found: set[str] = set()
    ahead = [id_ for id_, node in flow.nodes.items() if isinstance(node, kinds)]
    while ahead:
        id_ = ahead.pop()
        if id_ not in found:
            found.add(id_)
            ahead += before[id_]
    return frozenset(found)


def _known(flow: Flow) -> Mapping[str, set[str]]:
    """What is certainly set when a call comes to each node: on every way that leads there."""
    known: dict[str, set[str]] = {flow.start: set()}
    ahead = [flow.start]
    while ahead:
        id_ = ahead.pop()
        for where, target in targets(flow, flow.nodes[id_]):
            told = known[id_] | _sets(flow, flow.nodes[id_], where)
            before = known.get(target)
            if before is None or not before <= told:
                known[target] = told if before is None else before & told
                ahead.append(target)
    return known


def _sets(flow: Flow, node: Node, where: Where) -> set[str]:  # noqa: PLR0911 - one for each node
    """What is set when the node is left by the exit written there."""
    if isinstance(node, BranchNode):
        case = node.when[where[1]] if where[0] == "when" and isinstance(where[1], int) else None
        return {each.fact for each in case.if_ if each.value is not False} if case else set()
    if where[:1] != ("next",):
        return set()
    match node:
        case SetNode():
            return set(node.values)
        case LookUpNode():
            return set(node.into.values())
        case CollectNode() | ComplaintNode():
            return {node.into}
        case VoicemailNode():
            return {node.into} if node.into else set()
        case SubFlowNode():
            return set(flow.subs[node.flow].variables)
        case _:
            return set()


def _uses(node: Node) -> Iterator[str]:
    """The variables that a node reads; what it sets is not among them. A survey's answer is kept anyway."""
    for _, text in texts(node):
        yield from (name for words in text.by_language.values() for name in said_in(words))
    match node:
        case BranchNode():
            yield from (each.fact for case in node.when for each in case.if_)
        case LookUpNode():
            yield from node.secrets.values()
        case ComplaintNode():
            yield from node.elements.values()
        case SurveyNode():
            yield from (node.into,) if node.into else ()
        case _:
            number = getattr(node, "number", None)
            yield from (number,) if isinstance(number, str) else ()
