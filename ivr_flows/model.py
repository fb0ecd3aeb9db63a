"""A flow as the engine runs it: frozen nodes that name one another, checked once when the file is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ivr_flows import schema, source
from ivr_flows.errors import FlowError, Place

SHIPPED = Path(__file__).parent / "flows"  # the operator's own flows


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in one or more languages."""

    by_language: Mapping[str, str]
    default: str

    def in_language(self, language: str) -> tuple[str, str]:
        """`(language, text)`: in the language asked for, or in the flow's own where there is no translation."""
        chosen = language if language in self.by_language else self.default
        return chosen, self.by_language[chosen]


@dataclass(frozen=True, slots=True)
class Choice:
    say: Text
    next: str


@dataclass(frozen=True, slots=True)
class SayNode:
    id: str
    say: Text
    next: str


@dataclass(frozen=True, slots=True)
class MenuNode:
    """Keys and where they lead; `0` and `*` are the engine's own. `timeout_s` is the standard caller's."""

    id: str
    say: Text | None
    choices: Mapping[str, Choice]
    timeout_s: float
    attempts: int
    on_timeout: str


@dataclass(frozen=True, slots=True)
class LineNode:
    """The caller waits for a person of `queue` who has the skills of `requires` (skill → lowest level)."""

    id: str
    say: Text | None
    queue: str
    accessibility: bool
    requires: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BranchNode:
    id: str
    on: str  # accessibility, caller_known
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class SetNode:
    id: str
    accessibility: bool
    next: str


@dataclass(frozen=True, slots=True)
class HangUpNode:
    id: str
    say: Text | None
    reason: str


Node = SayNode | MenuNode | LineNode | BranchNode | SetNode | HangUpNode


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow; `revision` names its exact text, so that a session under way can be matched to it."""

    id: str
    revision: str
    language: str
    accessibility: bool
    start: str
    person: str  # the line that `0`, silence and repeated mistakes lead to
    closing: Text
    wrong_key: Text
    nodes: Mapping[str, Node]
    places: Mapping[str, Place] = field(repr=False, compare=False)


def load(path: Path) -> Flow:
    """The flow in the file; raises FlowError (`file:line:column: message`) for the first thing wrong with it."""
    flow, problems = examine(path)
    if flow is None or problems:
        raise problems[0]
    return flow


def examine(path: Path) -> tuple[Flow | None, tuple[FlowError, ...]]:
    """The flow, where the file has the shape of one, and everything that forbids to run it."""
    try:
        file = source.read(path)
        parsed = schema.FlowFile.model_validate(file.tree)
        flow = _flow(parsed, file, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
    except FlowError as error:
        return None, (error,)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        return None, tuple(_in_words(problem, file) for problem in problems)
    # Where a target is missing, what is reached is not known: one mistake is not told twice.
    return flow, tuple(_wrong_targets(flow, file)) or tuple(_unreached(flow))


def targets(flow: Flow, node: Node) -> Iterator[tuple[tuple[str, ...], str]]:
    """`(key path in the file, node id)` for everywhere the node can lead, without the built-in `0`."""
    match node:
        case SayNode() | SetNode():
            yield ("next",), node.next
        case MenuNode():
            for key, choice in node.choices.items():
                yield ("choices", key, "next"), choice.next
            yield ("on_timeout",), node.on_timeout
            yield (), flow.person
        case BranchNode():
            yield ("yes",), node.yes
            yield ("no",), node.no
        case LineNode() | HangUpNode():
            pass


def _flow(parsed: schema.FlowFile, file: source.Source, revision: str) -> Flow:
    text = _TextOf(parsed.language, file)
    nodes = {id_: _node(id_, node, text, parsed.person) for id_, node in parsed.nodes.items()}
    return Flow(
        id=parsed.flow,
        revision=revision,
        language=parsed.language,
        accessibility=parsed.accessibility,
        start=parsed.start,
        person=parsed.person,
        closing=text(parsed.menu_words.closing, ("menu_words", "closing")),
        wrong_key=text(parsed.menu_words.wrong_key, ("menu_words", "wrong_key")),
        nodes=MappingProxyType(nodes),
        places=MappingProxyType({id_: file.place(("nodes", id_), of_key=True) for id_ in nodes}),
    )


@dataclass(frozen=True, slots=True)
class _TextOf:
    language: str
    file: source.Source

    def __call__(self, said: Mapping[str, str], where: tuple[str, ...]) -> Text:
        texts = {language or self.language: line for language, line in said.items()}
        if self.language not in texts:
            raise FlowError(f"no text in the flow's own language ({self.language})", self.file.place(where))
        return Text(MappingProxyType(texts), self.language)

    def maybe(self, said: Mapping[str, str] | None, where: tuple[str, ...]) -> Text | None:
        return None if said is None else self(said, where)


def _node(id_: str, node: schema.Node, text: _TextOf, person: str) -> Node:
    said = ("nodes", id_, "say")
    match node:
        case schema.Say():
            return SayNode(id_, text(node.say, said), node.next)
        case schema.Menu():
            choices = {
                key: Choice(text(choice.say, ("nodes", id_, "choices", key, "say")), choice.next)
                for key, choice in node.choices.items()
            }
            intro = text.maybe(node.say, said)
            leads = node.on_timeout or person
            return MenuNode(id_, intro, MappingProxyType(choices), node.timeout_s, node.attempts, leads)
        case schema.ToLine():
            requires = MappingProxyType(dict(node.requires))
            return LineNode(id_, text.maybe(node.say, said), node.queue, node.accessibility, requires)
        case schema.Branch():
            return BranchNode(id_, node.on, node.yes, node.no)
        case schema.Set():
            return SetNode(id_, node.accessibility, node.next)
        case schema.HangUp():
            return HangUpNode(id_, text.maybe(node.say, said), node.reason)


def _in_words(problem: ErrorDetails, file: source.Source) -> FlowError:
    """One of pydantic's complaints in the author's terms: where it is, what it is about, what is wrong."""
    where = problem["loc"]
    unknown, of_key = problem["type"] == "extra_forbidden", where[-1] == "[key]"
    place = file.place(where, of_key=unknown or of_key)
    if unknown:
        return FlowError(f"unknown key `{where[-1]}`", place, "unknown-key")
    # Pydantic puts the node's type after its name and marks a key or a plain text: none of that stands in the file.
    steps = where[:2] + where[3:] if where[0] == "nodes" else where
    name = ".".join(str(step) for step in steps if step not in ("", "[key]"))
    short = where[-1] == "timeout_s" and problem["type"] == "greater_than_equal"
    rule = "timeout-under-minimum" if short else "wrong-value"
    return FlowError(f"{name}: {problem['msg'].removeprefix('Value error, ')}", place, rule)


def _wrong_targets(flow: Flow, file: source.Source) -> Iterator[FlowError]:
    for where, target in ((("start",), flow.start), (("person",), flow.person)):
        if target not in flow.nodes:
            yield FlowError(f"there is no node `{target}`", file.place(where), "unknown-node")
    if flow.person in flow.nodes and not isinstance(flow.nodes[flow.person], LineNode):
        place = file.place(("person",))
        yield FlowError(f"`person` must name a line, but `{flow.person}` is none", place, "no-person")
    for id_, node in flow.nodes.items():
        for below, target in targets(flow, node):
            # A menu without `on_timeout`, and `0` in every menu, lead to `person`, which was told above.
            if target not in flow.nodes and target != flow.person:
                yield FlowError(f"there is no node `{target}`", file.place(("nodes", id_, *below)), "unknown-node")
        if isinstance(node, MenuNode) and isinstance(flow.nodes.get(node.on_timeout), HangUpNode):
            place = file.place(("nodes", id_, "on_timeout"))
            yield FlowError("silence must lead to a person, not to a hang-up", place, "no-person")


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
