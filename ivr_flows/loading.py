"""From files to flows: everything that is wrong with them is found at once, and nothing is loaded by half."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ivr_flows import source
from ivr_flows.errors import FlowError, Place
from ivr_flows.fields import Scope
from ivr_flows.model import Flow, targets
from ivr_flows.nodes import CollectNode, FlowFile, HangUpNode, IdentifyNode, LineNode, SubFlowNode, exits
from ivr_flows.numbers_file import NUMBERS, Numbers, read_numbers
from ivr_flows.variables import Kind

SHIPPED = Path(__file__).parent / "flows"  # the operator's own flows
TEST_SUFFIX = ".flowtest.yaml"
MAX_FLOWS = 200

OWN_RULES = frozenset({"secret-leak", "transfer-not-allowed", "dno-caller-id", "unknown-name"})
NO_HANG_UP = ("on_timeout", "on_failure")  # what silence and mistakes lead to


@dataclass(frozen=True, slots=True)
class Known:
    """What the house has; None where that is not known, so that a flow may name anything."""

    queues: frozenset[str] | None = None
    departments: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class FlowSet:
    """All flows of a folder, and the revision that names their exact texts."""

    revision: str
    flows: Mapping[str, Flow]
    receive_only: frozenset[str] = frozenset()  # numbers of ours that are never shown as a caller


def load(path: Path, known: Known = Known()) -> Flow:
    """The flow in the file with its sub-flows; raises FlowError (`file:line:column: message`) for the first mistake."""
    flow, problems = examine(path, known)
    if flow is None or problems:
        raise problems[0]
    return flow


def load_set(folder: Path, known: Known = Known()) -> FlowSet:
    """Every flow of the folder; raises FlowError for the first mistake in any of them."""
    loaded, problems = examine_set(folder, known)
    if loaded is None:
        raise problems[0]
    return loaded


def examine(path: Path, known: Known = Known()) -> tuple[Flow | None, tuple[FlowError, ...]]:
    """The flow, where the file has the shape of one, and everything that forbids to run it."""
    loader = _Loader(path.parent, known)
    flow = loader.flow(path)
    return flow, tuple(loader.problems)


def examine_set(folder: Path, known: Known = Known()) -> tuple[FlowSet | None, tuple[FlowError, ...]]:
    """The flows, where nothing forbids to run any of them, and all that does."""
    paths = flow_files(folder)
    if not 0 < len(paths) <= MAX_FLOWS:
        return None, (FlowError(f"{folder}: 1 to {MAX_FLOWS} flows are expected, there are {len(paths)}"),)
    loader = _Loader(folder, known)
    flows = [loader.flow(path, named=True) for path in paths]
    if loader.problems:
        return None, tuple(loader.problems)
    found = {flow.id: flow for flow in flows if flow}
    revision = _hash(*(found[name].revision for name in sorted(found)))
    return FlowSet(revision, MappingProxyType(found), loader.receive_only), ()


def flow_files(folder: Path) -> list[Path]:
    """The files of a folder that are flows, in order."""
    found = folder.glob("*.yaml")
    return sorted(path for path in found if not path.name.endswith(TEST_SUFFIX) and path.name != NUMBERS)


class _Loader:
    """Reads each file of a folder once, and gathers what is wrong with any of them."""

    def __init__(self, folder: Path, known: Known) -> None:
        self.problems: list[FlowError] = []
        self._folder = folder
        self._known = known
        self._single: dict[Path, tuple[Flow, source.Source] | None] = {}
        self._numbers = Numbers()
        try:
            self._numbers = read_numbers(folder)
        except FlowError as error:
            self.problems.append(error)

    @property
    def receive_only(self) -> frozenset[str]:
        return self._numbers.receive_only

    def flow(self, path: Path, *, named: bool = False) -> Flow | None:
        """The file's flow with every flow it can come to; its revision follows all their texts."""
        alone = self._read(path, named=named)
        if alone is None:
            return None
        subs: dict[str, Flow] = {}
        self._gather(*alone, (path.stem,), subs)
        variables = {name: kind for flow in (*subs.values(), alone[0]) for name, kind in flow.variables.items()}
        revision = _hash(alone[0].revision, self._numbers.revision, *sorted(sub.revision for sub in subs.values()))
        return replace(alone[0], revision=revision, subs=MappingProxyType(subs), variables=MappingProxyType(variables))

    def _gather(self, flow: Flow, file: source.Source, trail: tuple[str, ...], subs: dict[str, Flow]) -> None:
        """Add the sub-flows of `flow`, and theirs; `trail` are the flows on the way, to find a cycle."""
        for id_, node in flow.nodes.items():
            if not isinstance(node, SubFlowNode):
                continue
            place = file.place(("nodes", id_, "flow"))
            if node.flow in trail:
                message = f"a cycle of sub-flows: {' → '.join((*trail, node.flow))}"
                self._wrong(FlowError(message, place, "sub-flow-cycle"))
                continue
            path = self._folder / f"{node.flow}.yaml"
            if not path.is_file():
                self._wrong(FlowError(f"there is no flow `{node.flow}` beside this one", place, "unknown-flow"))
                continue
            if found := self._read(path, named=True):
                again = node.flow in subs  # what it leads to is gathered: a cycle through it would have been found
                subs[node.flow] = found[0]
                self._compare(flow, found[0], place)
                if not again:
                    self._gather(*found, (*trail, node.flow), subs)

    def _compare(self, flow: Flow, sub: Flow, place: Place) -> None:
        """Variables are one for all flows of a call: the same name has to mean the same."""
        for name, kind in sub.variables.items():
            if flow.variables.get(name, kind) is not kind:
                message = f"`{name}` is of type {flow.variables[name]} here and of type {kind} in `{sub.id}`"
                self._wrong(FlowError(message, place, "wrong-value"))

    def _wrong(self, problem: FlowError) -> None:
        if str(problem) not in map(str, self.problems):  # a sub-flow of several flows is told of once
            self.problems.append(problem)

    def _read(self, path: Path, *, named: bool) -> tuple[Flow, source.Source] | None:
        if path not in self._single:
            self._single[path] = self._alone(path)
            found = self._single[path]
            if found and named and found[0].id != path.stem:
                message = f"the flow is named `{found[0].id}`, its file `{path.name}`: they have to agree"
                self._wrong(FlowError(message, found[1].place(("flow",)), "wrong-value"))
        return self._single[path]

    def _alone(self, path: Path) -> tuple[Flow, source.Source] | None:
        """The flow without its sub-flows."""
        try:
            file = source.read(path)
        except FlowError as error:
            self._wrong(error)
            return None
        try:
            parsed = FlowFile.model_validate(file.tree, context=self._scope(file))
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                self._wrong(_in_words(problem, file))
            return None
        flow = self._flow(parsed, file)
        # Where a target is missing, what is reached is not known: one mistake is not told twice.
        for wrong in tuple(_wrong_targets(flow, file)) or tuple(_unreached(flow)):
            self._wrong(wrong)
        return flow, file

    def _scope(self, file: source.Source) -> Scope:
        """What texts, conditions and names are checked against; what is wrong with it is told by the file's model."""
        language, variables = file.tree.get("language", "pl"), file.tree.get("variables", {})
        kinds = variables.items() if isinstance(variables, dict) else ()
        return Scope(
            language if isinstance(language, str) else "pl",
            {name: Kind(kind) for name, kind in kinds if kind in set(Kind)},
            frozenset(self._numbers.transfers),
            self._numbers.receive_only,
            self._known.queues,
            self._known.departments,
        )

    def _flow(self, parsed: FlowFile, file: source.Source) -> Flow:
        return Flow(
            id=parsed.flow,
            revision=file.revision,
            language=parsed.language,
            accessibility=parsed.accessibility,
            start=parsed.start,
            person=parsed.person,
            words=parsed.menu_words,
            variables=MappingProxyType(parsed.variables),
            nodes=MappingProxyType(parsed.nodes),
            transfers=self._numbers.transfers,
            subs=MappingProxyType({}),
            places=MappingProxyType(
                {id_: file.place(("nodes", id_), of_key=True) for id_ in parsed.nodes}
                | {f"variables.{name}": file.place(("variables", name), of_key=True) for name in parsed.variables}
            ),
        )


def _hash(*revisions: str) -> str:
    return hashlib.sha256(" ".join(revisions).encode()).hexdigest()[:12]


def _in_words(problem: ErrorDetails, file: source.Source) -> FlowError:
    """One of pydantic's complaints in the author's terms: where it is, what it is about, what is wrong."""
    where, kind = problem["loc"], problem["type"]
    unknown, of_key = kind == "extra_forbidden", where[-1] == "[key]"
    place = file.place(where, of_key=unknown or of_key)
    if unknown:
        return FlowError(f"unknown key `{where[-1]}`", place, "unknown-key")
    # Pydantic puts the node's type after its name and marks a key: none of that stands in the file.
    steps = where[:2] + where[3:] if where[0] == "nodes" else where
    name = ".".join(str(step) for step in steps if step != "[key]")
    return FlowError(f"{name}: {problem['msg'].removeprefix('Value error, ')}", place, _rule(kind, str(where[-1])))


def _rule(kind: str, field: str) -> str:
    if kind in OWN_RULES:
        return kind
    if (kind, field) == ("greater_than_equal", "timeout_s"):
        return "timeout-under-minimum"
    if (kind, field) == ("missing", "max_digits"):
        return "collect-without-limit"
    return "wrong-value"


def _wrong_targets(flow: Flow, file: source.Source) -> Iterator[FlowError]:
    for where, target in ((("start",), flow.start), (("person",), flow.person)):
        if target not in flow.nodes:
            yield FlowError(f"there is no node `{target}`", file.place(where), "unknown-node")
    if flow.person in flow.nodes and not isinstance(flow.nodes[flow.person], LineNode):
        place = file.place(("person",))
        yield FlowError(f"`person` must name a line, but `{flow.person}` is none", place, "no-person")
    for id_, node in flow.nodes.items():
        for below, target in exits(node):
            place = file.place(("nodes", id_, *below))
            if target not in flow.nodes:
                yield FlowError(f"there is no node `{target}`", place, "unknown-node")
            elif below[-1] in NO_HANG_UP and isinstance(flow.nodes[target], HangUpNode):
                yield FlowError("silence must lead to a person, not to a hang-up", place, "no-person")
        asks = isinstance(node, CollectNode) or (isinstance(node, IdentifyNode) and node.by == "pin")
        if asks and flow.words.collecting is None:
            message = f"`collecting` is needed: `{id_}` asks for digits"
            yield FlowError(message, file.place(("menu_words",)), "wrong-value")


def _unreached(flow: Flow) -> Iterator[FlowError]:
    reached: set[str] = set()
    ahead = [flow.start, flow.person]
    while ahead:
        id_ = ahead.pop()
        if id_ not in reached:
            reached.add(id_)
            ahead.extend(target for _, target in targets(flow, flow.nodes[id_]))
    for id_ in flow.nodes:
        if id_ not in reached:
            yield FlowError(f"node `{id_}` is never reached", flow.places[id_], "unreachable-node")
