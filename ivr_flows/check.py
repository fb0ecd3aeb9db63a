"""Everything that is wrong with flow files, or may well be, with its place and how to mend it.

A file is judged in its folder: sub-flows are followed from the flows that call them, since what is set before a
sub-flow, and where it returns to, stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr_flows import assigned, reach, source, wording
from ivr_flows.errors import FlowError
from ivr_flows.loading import MAX_FLOWS, Known, examine, flow_files
from ivr_flows.model import Flow
from ivr_flows.nodes import SubFlowNode
from ivr_flows.rules import RULES, Problem, Severity
from ivr_flows.session import Prompt

FIXES: Mapping[str, str] = {name: rule.fix for name, rule in RULES.items()}

ANYTHING = Known()
LOOP = ("loop-without-wait", Severity.ERROR)
Ready = Callable[[Prompt], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, as `hotline flow check --json` gives it; lines and columns count from 1."""

    file: str
    line: int
    column: int
    rule: str
    severity: Severity
    message: str
    fix: str


def check(path: Path, known: Known = ANYTHING, ready: Ready | None = None) -> tuple[Finding, ...]:
    """All findings of the file in the order of their places."""
    return check_all([path], known, ready)


def check_all(paths: Sequence[Path], known: Known = ANYTHING, ready: Ready | None = None) -> tuple[Finding, ...]:
    """All findings of the files, each told once; `ready` tells whether a prompt's sound has been made.

    A mistake in a sub-flow that keeps a file from being loaded is told with it.
    """
    found: dict[Finding, None] = {}
    for folder in dict.fromkeys(path.parent for path in paths):
        asked = [path for path in paths if path.parent == folder]
        for finding in sorted(_in_folder(folder, asked, known, ready), key=_order):
            found[finding] = None
    return tuple(found)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.file, finding.line, finding.column, finding.rule, finding.message


def _in_folder(folder: Path, asked: Sequence[Path], known: Known, ready: Ready | None) -> Iterator[Finding]:
    sound: dict[str, Flow] = {}
    files: dict[str, Path] = {}
    for path in asked:
        flow, problems = examine(path, known)
        yield from (_refused(path, problem) for problem in problems)
        if flow is not None and not problems:
            sound[flow.id], files[flow.id] = flow, path
    around = _around(folder, known, asked) | sound
    named = frozenset(name for flow in around.values() for name in assigned.used(flow))
    places = {id_: source.read(path) for id_, path in files.items()}
    alone = [*_alone(sound, ready)]
    loops = {(each.flow, each.where) for each in alone if (each.rule, each.severity) == LOOP}
    for problem in (*_between(around, sound), *alone):
        # What goes round for ever comes to no end either: one mistake is not told twice.
        if problem.flow in files and not (problem.rule == "dead-end" and (problem.flow, problem.where) in loops):
            yield _found(files[problem.flow], places[problem.flow], problem)
    for id_, file in places.items():
        yield from (_found(files[id_], file, problem) for problem in _unused(id_, file, named))


def _around(folder: Path, known: Known, asked: Sequence[Path]) -> dict[str, Flow]:
    """The other sound flows of the folder; a folder of anything but flows is not searched."""
    others = [path for path in flow_files(folder) if path not in asked]
    examined = (examine(path, known) for path in (others if len(others) <= MAX_FLOWS else ()))
    return {flow.id: flow for flow, problems in examined if flow is not None and not problems}


def _between(around: Mapping[str, Flow], sound: Mapping[str, Flow]) -> Iterator[Problem]:
    """What depends on the whole way of a call: followed from the flows that no other calls."""
    called = {node.flow for flow in around.values() for node in flow.nodes.values() if isinstance(node, SubFlowNode)}
    for id_, flow in around.items():
        if id_ not in called and {id_, *flow.subs} & set(sound):
            yield from reach.ways(flow)
            yield from assigned.unset(flow)


def _alone(sound: Mapping[str, Flow], ready: Ready | None) -> Iterator[Problem]:
    for flow in sound.values():
        for rule in (reach.loops, wording.untranslated, wording.choices, wording.long, wording.excused):
            yield from rule(flow)
        yield from wording.silent(flow, ready) if ready else ()


def _unused(id_: str, file: source.Source, named: frozenset[str]) -> Iterator[Problem]:
    declared = file.tree.get("variables", {})
    for name in declared if isinstance(declared, dict) else ():
        if name not in named:
            message = f"`{name}` is never said, compared or handed on"
            yield Problem("unused-variable", Severity.WARNING, id_, ("variables", name), message)


def _refused(path: Path, problem: FlowError) -> Finding:
    file = path.with_name(problem.place.file) if problem.place else path  # of a sub-flow, or of numbers.yaml
    line, column = (problem.place.line, problem.place.column) if problem.place else (1, 1)
    return Finding(str(file), line, column, problem.rule, Severity.ERROR, problem.message, FIXES[problem.rule])


def _found(path: Path, file: source.Source, problem: Problem) -> Finding:
    # A node and a variable stand where their name does, all else where its value does.
    place = file.place(problem.where, of_key=len(problem.where) == 2 and problem.where[0] != "menu_words")
    return Finding(
        str(path), place.line, place.column, problem.rule, problem.severity, problem.message, FIXES[problem.rule]
    )
