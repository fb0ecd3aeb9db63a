"""Where callers can come to from each node, through sub-flows and back: loops without a wait, dead ends, persons."""

from __future__ import annotations

from collections.abc import Iterator

from ivr_flows.model import Flow, targets
from ivr_flows.nodes import (
    AnnounceNode,
    BranchNode,
    CollectNode,
    ComplaintNode,
    HangUpNode,
    HoursNode,
    IdentifyNode,
    LineNode,
    LookUpNode,
    MenuNode,
    Node,
    RecordNode,
    ReturnNode,
    SayNode,
    SetNode,
    SubFlowNode,
    TransferNode,
    exits,
)
from ivr_flows.rules import Problem, Severity

ENDS = (LineNode, HangUpNode, TransferNode)
PEOPLE = (LineNode, TransferNode)
KEYED = (MenuNode, CollectNode, RecordNode)
SERVED = (AnnounceNode, ComplaintNode, LookUpNode)  # callers wait for the house here

Goals = tuple[type, ...]


def ways(root: Flow) -> Iterator[Problem]:
    """Nodes of the flow and its sub-flows from which callers come to no end, or to no person."""
    endless = _astray(root, ENDS)
    for flow, id_ in sorted(endless):
        message = f"from `{id_}` no line, hang-up, transfer or return can be reached"
        yield Problem("dead-end", Severity.ERROR, flow, ("nodes", id_), message)
    lonely = _astray(root, PEOPLE) - endless
    for flow, id_ in sorted(lonely):
        node = root.within(flow).nodes[id_]
        asks = isinstance(node, KEYED) or (isinstance(node, IdentifyNode) and node.by == "pin")
        if asks or isinstance(node, SERVED) or (flow, id_) == (root.id, root.start):
            severity = Severity.ERROR if asks else Severity.WARNING
            yield Problem("no-person", severity, flow, ("nodes", id_), f"from `{id_}` no person can be reached")


def _astray(root: Flow, goals: Goals) -> frozenset[tuple[str, str]]:
    """`(flow, node)` from which none of the goals can be reached, in any of the ways a sub-flow is called."""
    found: set[tuple[str, str]] = set()
    # A return that nobody called for leads to the flow's person.
    ahead, seen = [(root.id, True)], {(root.id, True)}
    while ahead:
        name, back = ahead.pop()
        flow = root.within(name)
        good = _leading(root, flow, goals, back=back)
        found |= {(name, id_) for id_ in flow.nodes if id_ not in good}
        for node in flow.nodes.values():
            if isinstance(node, SubFlowNode) and (called := (node.flow, node.next in good)) not in seen:
                seen.add(called)
                ahead.append(called)
    return frozenset(found)


def _leading(root: Flow, flow: Flow, goals: Goals, *, back: bool) -> set[str]:
    """The nodes of one flow from which a goal can be reached; `back`: one can be after its return."""
    good: set[str] = set()
    # What a sub-flow does by itself and where its return leads to are asked for once each.
    subs = {
        (node.flow, after): root.within(node.flow).start in _leading(root, root.within(node.flow), goals, back=after)
        for node in flow.nodes.values()
        if isinstance(node, SubFlowNode)
        for after in (False, True)
    }

    def leads(node: Node) -> bool:
        match node:
            case ReturnNode():
                return back
            case SubFlowNode():
                return subs[node.flow, node.next in good]
            case _:
                return isinstance(node, goals) or any(target in good for _, target in targets(flow, node))

    while more := {id_ for id_, node in flow.nodes.items() if id_ not in good and leads(node)}:
        good |= more
    return good


def loops(flow: Flow) -> Iterator[Problem]:
    """Nodes that come back to themselves without a wait: in every call, or where facts and answers will have it so."""
    sure = _circling(flow, flow, certain=True)
    possible = _circling(flow, flow, certain=False)
    for id_ in flow.nodes:
        if id_ in possible:
            severity = Severity.ERROR if id_ in sure else Severity.WARNING
            message = f"`{id_}` leads back to itself without a wait"
            yield Problem("loop-without-wait", severity, flow.id, ("nodes", id_), message)


def _circling(root: Flow, flow: Flow, *, certain: bool) -> frozenset[str]:
    passed = {id_: frozenset(_passes(root, flow, node, certain=certain)) for id_, node in flow.nodes.items()}
    return frozenset(id_ for id_ in flow.nodes if id_ in _onward(passed, passed[id_]))


def _onward(passed: dict[str, frozenset[str]], first: frozenset[str]) -> set[str]:
    seen: set[str] = set()
    ahead = list(first)
    while ahead:
        if (id_ := ahead.pop()) not in seen:
            seen.add(id_)
            ahead.extend(passed[id_])
    return seen


def _passes(root: Flow, flow: Flow, node: Node, *, certain: bool) -> Iterator[str]:
    """Where the node can lead on without anything being awaited."""
    match node:
        case SayNode() | SetNode():
            yield node.next
        case SubFlowNode() if _through(root, root.within(node.flow), certain=certain):
            yield node.next
        case BranchNode() | HoursNode() if not certain:
            yield from (target for _, target in exits(node))
        case IdentifyNode(by="number") if not certain:
            yield from (node.next, node.on_unknown or flow.person)
        case IdentifyNode() | RecordNode() if not certain:  # who is identified, or recorded, is not asked again
            yield node.next


def _through(root: Flow, flow: Flow, *, certain: bool) -> bool:
    """Whether callers can come from the start of a sub-flow to its return without a wait."""
    passed = {id_: frozenset(_passes(root, flow, node, certain=certain)) for id_, node in flow.nodes.items()}
    return any(isinstance(flow.nodes[id_], ReturnNode) for id_ in _onward(passed, frozenset([flow.start])))
