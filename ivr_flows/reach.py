"""Where callers can come to from each node, through sub-flows and back: loops without a wait, dead ends, persons."""

from __future__ import annotations

from collections.abc import Iterator

from ivr_flows.model import Flow, targets
from ivr_flows.nodes import (
    AnnounceNode,
    AppointmentNode,
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
SERVED = (AnnounceNode, AppointmentNode, ComplaintNode, LookUpNode)  # callers wait for the house here

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
    leading = _Leading(root, goals)
    found: set[tuple[str, str]] = set()
    # A return that nobody called for leads to the flow's person.
    ahead, seen = [(root.id, True)], {(root.id, True)}
    while ahead:
        name, back = ahead.pop()
        flow, good = root.within(name), leading.of(name, back=back)
        found |= {(name, id_) for id_ in flow.nodes if id_ not in good}
        for node in flow.nodes.values():
            if isinstance(node, SubFlowNode) and (called := (node.flow, node.next in good)) not in seen:
                seen.add(called)
                ahead.append(called)
    return frozenset(found)


class _Leading:
    """The nodes of each flow from which a goal can be reached; each flow is looked at twice at most."""

    def __init__(self, root: Flow, goals: Goals) -> None:
        self._root = root
        self._goals = goals
        self._done: dict[tuple[str, bool], frozenset[str]] = {}

    def of(self, name: str, *, back: bool) -> frozenset[str]:
        """`back`: a goal can be reached after the flow's return."""
        if (name, back) not in self._done:
            self._done[name, back] = self._found(self._root.within(name), back=back)
        return self._done[name, back]

    def _found(self, flow: Flow, *, back: bool) -> frozenset[str]:
        good: frozenset[str] = frozenset()

        def leads(node: Node) -> bool:
            match node:
                case ReturnNode():
                    return back
                case SubFlowNode():
                    start = self._root.within(node.flow).start
                    return start in self.of(node.flow, back=node.next in good)
                case _:
                    return isinstance(node, self._goals) or any(target in good for _, target in targets(flow, node))

        while more := {id_ for id_, node in flow.nodes.items() if id_ not in good and leads(node)}:
            good |= more
        return good


def loops(flow: Flow) -> Iterator[Problem]:
    """Nodes that come back to themselves without a wait: in every call, or where facts and answers will have it so."""
    sure = _Passing(flow, certain=True).circling()
    possible = _Passing(flow, certain=False).circling()
    for id_ in flow.nodes:
        if id_ in possible:
            severity = Severity.ERROR if id_ in sure else Severity.WARNING
            message = f"`{id_}` leads back to itself without a wait"
            yield Problem("loop-without-wait", severity, flow.id, ("nodes", id_), message)


class _Passing:
    """Ways without a wait: those that every call goes (`certain`), or all that some call can go."""

    def __init__(self, root: Flow, *, certain: bool) -> None:
        self._root = root
        self._certain = certain
        self._through: dict[str, bool] = {}

    def circling(self) -> frozenset[str]:
        passed = self._passed(self._root)
        return frozenset(id_ for id_ in passed if id_ in _onward(passed, passed[id_]))

    def _passed(self, flow: Flow) -> dict[str, frozenset[str]]:
        return {id_: frozenset(self._on(flow, node)) for id_, node in flow.nodes.items()}

    def _on(self, flow: Flow, node: Node) -> Iterator[str]:
        """Where the node can lead on without anything being awaited."""
        match node:
            case SayNode() | SetNode():
                yield node.next
            case SubFlowNode() if self._goes_through(node.flow):
                yield node.next
            case BranchNode() | HoursNode() if not self._certain:
                yield from (target for _, target in exits(node))
            case IdentifyNode(by="number") if not self._certain:
                yield from (node.next, node.on_unknown or flow.person)
            case IdentifyNode() | RecordNode() if not self._certain:  # is not done twice
                yield node.next

    def _goes_through(self, name: str) -> bool:
        """Whether callers can come from the start of a sub-flow to its return."""
        if name not in self._through:
            flow = self._root.within(name)
            ahead = _onward(self._passed(flow), frozenset([flow.start]))
            self._through[name] = any(isinstance(flow.nodes[id_], ReturnNode) for id_ in ahead)
        return self._through[name]


def _onward(passed: dict[str, frozenset[str]], first: frozenset[str]) -> set[str]:
    seen: set[str] = set()
    ahead = list(first)
    while ahead:
        if (id_ := ahead.pop()) not in seen:
            seen.add(id_)
            ahead.extend(passed[id_])
    return seen
