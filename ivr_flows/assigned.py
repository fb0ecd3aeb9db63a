"""Variables along the ways of a call: what is surely set at each node, through sub-flows, and what nobody uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ivr_flows.conditions import Operator
from ivr_flows.model import Flow, targets
from ivr_flows.nodes import (
    BranchNode,
    CallBackNode,
    Case,
    CollectNode,
    ComplaintNode,
    HoursNode,
    LookUpNode,
    Node,
    ReturnNode,
    SetNode,
    SubFlowNode,
    SurveyNode,
    VoicemailNode,
    Where,
    texts,
)
from ivr_flows.rules import Problem, Severity
from ivr_flows.texts import OPENING, said_in

Known = frozenset[str]  # names that surely have a value

NOTHING: Known = frozenset()


def unset(root: Flow) -> Iterator[Problem]:
    """Values that are said, compared or dialled though some way from the start of the flow to there sets none."""
    walk = _Ways(root)
    walk.through(root, NOTHING)
    for flow, where, name in sorted(walk.found, key=str):
        message = f"`{name}` is not set on every way to here"
        yield Problem("unset-variable", Severity.WARNING, flow, where, message)


def used(flow: Flow) -> Iterator[str]:
    """Variables that the flow itself says, compares or hands on."""
    for node in (flow.words, *flow.nodes.values()):
        for _, text in texts(node):
            yield from (name for words in text.by_language.values() for name in said_in(words))
    for node in flow.nodes.values():
        match node:
            case BranchNode():
                yield from (condition.fact for case in node.when for condition in case.if_)
            case CallBackNode():
                yield from (node.number,) if node.number else ()
            case ComplaintNode():
                yield from node.elements.values()
            case LookUpNode():
                yield from node.secrets.values()
            case SurveyNode():  # the answer is kept anyway
                yield from (node.into,) if node.into else ()


class _Ways:
    """Follows all ways of a call at once; a value counts as set where every way sets it.

    What is known at a node only ever shrinks while ways are added, so nothing is found early that is wrong at last.
    """

    def __init__(self, root: Flow) -> None:
        self._root = root
        self._done: dict[tuple[str, Known], Known | None] = {}
        self.found: set[tuple[str, Where, str]] = set()

    def through(self, flow: Flow, before: Known) -> Known | None:
        """What is set when the flow returns; None where it never does."""
        if (flow.id, before) not in self._done:
            self._done[flow.id, before] = self._through(flow, before)
        return self._done[flow.id, before]

    def _through(self, flow: Flow, before: Known) -> Known | None:
        at: dict[str, Known] = {flow.start: before}
        ahead = [flow.start]
        while ahead:
            id_ = ahead.pop()
            for target, after in self._exits(flow, flow.nodes[id_], at[id_]):
                known = at[target] & after if target in at else after
                if known != at.get(target):
                    at[target] = known
                    ahead.append(target)
        for id_, known in at.items():
            for below, name in _needs(flow, flow.nodes[id_], known):
                self.found.add((flow.id, ("nodes", id_, *below), name))
        returns = [known for id_, known in at.items() if isinstance(flow.nodes[id_], ReturnNode)]
        return frozenset.intersection(*returns) if returns else None

    def _exits(self, flow: Flow, node: Node, before: Known) -> Iterator[tuple[str, Known]]:
        if isinstance(node, SubFlowNode):
            after = self.through(self._root.within(node.flow), before)
            yield from () if after is None else ((node.next, after),)
            return
        cases = _cases(node, before) if isinstance(node, BranchNode) else ()
        for where, target in targets(flow, node):
            if isinstance(node, BranchNode):
                yield target, cases[int(where[1]) if where[0] == "when" else -1]
            else:
                yield target, _after(node, where, before)


def _after(node: Node, where: Where, before: Known) -> Known:
    """What is set on one exit of the node; silence, mistakes and a missing answer set nothing."""
    match node:
        case CollectNode() | LookUpNode():
            own = {node.into} if isinstance(node, CollectNode) else set(node.into.values())
            return before | own if where == ("next",) else before - own
        case ComplaintNode() | VoicemailNode() if where == ("next",) and node.into:
            return before | {node.into}
        case SetNode():
            return before | set(node.values)
        case HoursNode():
            return before - {OPENING} if where == ("open",) else before | {OPENING}
        case _:
            return before


def _cases(node: BranchNode, before: Known) -> list[Known]:
    """What is set where each case leads to, and at last where `otherwise` does."""
    known, found = before, []
    for case in node.when:
        found.append(known | _holding(case))
        known |= _failing(case)
    return [*found, known]


def _holding(case: Case) -> Known:
    """A condition on what is not known does not hold."""
    return frozenset(each.fact for each in case.if_ if each.operator is not Operator.KNOWN or each.value)


def _failing(case: Case) -> Known:
    """Past `{x: {known: false}}` by itself, x is known."""
    alone = case.if_[0]
    missing = len(case.if_) == 1 and alone.operator is Operator.KNOWN and not alone.value
    return frozenset([alone.fact]) if missing else NOTHING


def _needs(flow: Flow, node: Node, known: Known) -> Iterator[tuple[Where, str]]:
    """`(key path, name)` of what the node uses and may not have."""
    for where, text in texts(node):
        own = {node.into} if isinstance(node, CollectNode) and where == ("confirm",) else NOTHING
        names = frozenset(name for words in text.by_language.values() for name in said_in(words))
        yield from _missing(where, names, known | own)
    match node:
        case BranchNode():
            for place, case in enumerate(node.when):
                compared = [each.fact for each in case.if_ if each.operator is not Operator.KNOWN]
                given = [name for name in compared if name in flow.variables or name == OPENING]
                yield from _missing(("when", place, "if"), given, known)
                known |= _failing(case)
        case CallBackNode() if node.number:
            yield from _missing(("number",), [node.number], known)
        case LookUpNode():
            for name, kept in node.secrets.items():
                yield from _missing(("secrets", name), [kept], known)


def _missing(where: Where, names: Iterable[str], known: Known) -> Iterator[tuple[Where, str]]:
    return ((where, name) for name in sorted(names) if name not in known)
