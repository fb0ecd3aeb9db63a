"""Tests of flows as text: what a caller does, and what must and must not happen, played by the simulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr_flows import closures, source
from ivr_flows.calendar import Calendar
from ivr_flows.caller import Caller, ScriptError, script
from ivr_flows.errors import FlowError
from ivr_flows.loading import TEST_SUFFIX, load
from ivr_flows.model import Flow
from ivr_flows.nodes import (
    BranchNode,
    HoursNode,
    IdentifyNode,
    Node,
    ReturnNode,
    SayNode,
    SetNode,
    SubFlowNode,
)
from ivr_flows.pretend import Pretended, crm_of
from ivr_flows.session import Facts
from ivr_flows.simulate import Event, play

USUAL_DAY = "2026-11-23T10:00"  # a Monday without a holiday
PASSING = (SayNode, BranchNode, SetNode, HoursNode, SubFlowNode, ReturnNode)  # nothing is told of passing them
ENDS = ("hang_up", "unserved", "caller_hung_up")

What = Literal["say", "key", "node", "line", "ask", "record", "keep", "end"]
Expected = Annotated[Mapping[What, Annotated[str, Field(min_length=1)]], Field(min_length=1)]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Call(_Strict):
    """What is known of a call before it comes; a file may tell it once for all its tests."""

    caller: E164 | None = None
    did: E164 = "+48220000100"
    at: str = USUAL_DAY
    language: Literal["pl", "en", "uk"] = "pl"
    slow: bool = False
    impatient: bool = False  # presses before the words are over
    line: Literal["answered", "overflow", "failed"] = "answered"
    closed: tuple[str, ...] = ()  # departments closed in an emergency


class Case(_Call):
    """One call; `expect` must come in this order, with anything in between, and nothing of `never` at all."""

    name: str = Field(min_length=3, max_length=120)
    keys: str = ""
    crm: dict[str, object] | None = None  # in place of the file's
    expect: tuple[Expected, ...] = Field(min_length=1)
    never: tuple[Expected, ...] = ()


class _File(_Call):
    flow: str
    crm: dict[str, object] = Field(default_factory=dict)
    tests: tuple[Case, ...] = Field(min_length=1)

    def cases(self) -> tuple[Case, ...]:
        """The tests, each with what the file tells of all of them and it does not tell itself."""
        told = {name: getattr(self, name) for name in _Call.model_fields if name in self.model_fields_set}
        return tuple(
            case.model_copy(update={name: told[name] for name in told.keys() - case.model_fields_set})
            for case in self.tests
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a test ended: `problem` is empty where all was as expected.

    `visited` are the nodes (`flow/node`) the call came to. Up to the event of number `right` all went as expected.
    """

    name: str
    place: str
    problem: str
    right: int
    played: tuple[Event, ...]
    visited: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tests:
    """The tests of one file with the flow they are of."""

    flow: Flow
    file: source.Source
    cases: tuple[Case, ...]
    houses: tuple[Pretended, ...]

    def run(self, calendar: Calendar) -> tuple[Verdict, ...]:
        """Play them all. Raises FlowError, with its place, for a test that cannot be played."""
        return tuple(self._one(place, calendar) for place in range(len(self.cases)))

    def unvisited(self, verdicts: Iterable[Verdict]) -> tuple[str, ...]:
        """Nodes of the flow, without its sub-flows, at which no call of these tests has stopped though one could."""
        seen = frozenset().union(*(verdict.visited for verdict in verdicts))
        stops = (id_ for id_, node in self.flow.nodes.items() if not _passes(node))
        return tuple(id_ for id_ in stops if f"{self.flow.id}/{id_}" not in seen)

    def _one(self, place: int, calendar: Calendar) -> Verdict:
        case, house = self.cases[place], self.houses[place]
        where = ("tests", place)
        known = house.person(case.caller)
        slow = case.slow or (known is not None and known.accessibility)
        facts = Facts(case.did, slow, known.number if known else None, case.language)
        with self._blaming(*where, "at"):
            began_at = closures.moment(case.at, 0.0)
        with self._blaming(*where, "closed"):
            today = calendar.closed(case.closed, "a test")
        with self._blaming(*where, "keys"):
            caller = Caller(script(case.keys), patient=not case.impatient)
            played = tuple(play(self.flow, facts, caller, began_at, case.line, house=house, calendar=today))
        names = {event.node for event in played}
        nodes = frozenset(name if "/" in name else f"{self.flow.id}/{name}" for name in names)
        return Verdict(case.name, str(self.file.place(where)), *_difference(case, played), played, nodes)

    @contextmanager
    def _blaming(self, *where: str | int) -> Iterator[None]:
        """What goes wrong is told at this place of the file."""
        try:
            yield
        except ScriptError as error:
            raise FlowError(str(error), self.file.place(where), "wrong-value") from None
        except FlowError as error:
            raise FlowError(error.message, error.place or self.file.place(where), "wrong-value") from None


def read_tests(path: Path) -> Tests:
    """The tests of a file, of the flow beside it. Raises FlowError with the place of the first mistake."""
    file = source.read(path)
    try:
        parsed = _File.model_validate(file.tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FlowError(first["msg"], file.place(first["loc"]), "wrong-value") from None
    flow = path.with_name(f"{parsed.flow}.yaml")
    if not flow.is_file():
        raise FlowError(f"there is no flow `{parsed.flow}` beside this file", file.place(("flow",)), "unknown-flow")
    usual = crm_of(parsed.crm, file, ("crm",))
    houses = tuple(
        usual if case.crm is None else crm_of(case.crm, file, ("tests", place, "crm"))
        for place, case in enumerate(parsed.tests)
    )
    return Tests(load(flow), file, parsed.cases(), houses)


def files_of_tests(folder: Path) -> list[Path]:
    """The files of a folder that are tests of flows, in order."""
    return sorted(folder.glob(f"*{TEST_SUFFIX}"))


def _passes(node: Node) -> bool:
    return isinstance(node, PASSING) or (isinstance(node, IdentifyNode) and node.by == "number")


def _difference(case: Case, played: Sequence[Event]) -> tuple[str, int]:
    """What was expected and did not come, or came and must not (empty where all was right), and up to where it was."""
    at = 0
    for wanted in case.expect:
        found = next((place for place in range(at, len(played)) if _is(wanted, played[place])), None)
        if found is None:
            after = f" after {_words(played[at - 1])}" if at else ""
            return f"expected {_wish(wanted)}{after}; the call went on with: {_rest(played[at:])}", at
        # A node is a place, not an event: what happens there may be asked for by the same event.
        at = found if "node" in wanted else found + 1
    for place, event in enumerate(played):
        if any(_is(wanted, event) for wanted in case.never):
            return f"must never come: {_words(event)}", place
    return "", len(played)


def _is(wanted: Expected, event: Event) -> bool:
    return all(_matches(what, text, event) for what, text in wanted.items())


def _matches(what: str, text: str, event: Event) -> bool:
    match what:
        case "node":
            return event.node == text
        case "end":
            return event.action in ENDS and text in (event.text, event.action)
        case "line":
            return event.action == "line" and text in (event.text, event.text.partition(" ")[0])
        case _:
            return event.action == what and text in event.text


def _wish(wanted: Expected) -> str:
    return ", ".join(f"{what}: „{text}”" for what, text in wanted.items())


def _words(event: Event) -> str:
    return f"{event.node} {event.action} „{event.text}”"


def _rest(played: Sequence[Event]) -> str:
    return "; ".join(map(_words, played[:6])) or "nothing, it had ended"
