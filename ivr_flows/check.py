"""Everything that is wrong with a flow file, or may well be, with its place and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ivr_flows.check_ways import dead_ends, said_too_early, unused, without_person
from ivr_flows.errors import FlowError
from ivr_flows.loading import examine
from ivr_flows.model import Flow, targets
from ivr_flows.nodes import BranchNode, HoursNode, MenuNode, SayNode, SetNode, texts
from ivr_flows.session import Prompt
from ivr_flows.texts import Text, said_in

MAX_CHOICES = 5  # more are hard to keep in mind while listening
MAX_LETTERS = 220  # about 15 seconds
SPOKEN = {
    "pl": ("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}

FIXES = {
    "not-a-flow": "mend the file so that it can be read as a flow",
    "duplicate-key": "remove one of the two",
    "unknown-key": "correct its spelling or remove it",
    "wrong-value": "write a value of the kind that is asked for",
    "unknown-node": "correct the name, or add the node",
    "unreachable-node": "lead to it from another node, or remove it",
    "no-person": "lead to a node of type `line`",
    "timeout-under-minimum": "give callers more time",
    "collect-without-limit": "say how many digits there can be: max_digits",
    "secret-leak": "use a secret in `identify` or in a look-up's `secrets` alone",
    "transfer-not-allowed": "choose one of the permitted transfers, or add it to numbers.yaml",
    "dno-caller-id": "show a number that may call",
    "unknown-name": "correct the name, or add it to the house's settings",
    "unknown-flow": "correct the name, or add the flow's file beside this one",
    "sub-flow-cycle": "let one of these flows do without the other",
    "loop-without-wait": "let the loop pass a menu or a line, or end it",
    "dead-end": "let some way lead to a line, a hang-up or a return",
    "unset-variable": "say it where every way has set it, or ask with a branch whether it is known",
    "unused-variable": "remove it, or say it",
    "missing-prompt": "make the sounds: hotline flow prompts build",
    "missing-translation": "add the text in this language, or take the language out of the whole flow",
    "choice-not-said": "say the key in the choice's text",
    "many-choices": "split the menu in two",
    "long-prompt": "shorten it",
}


class Severity(StrEnum):
    ERROR = "error"  # the flow is refused, or a call would break
    WARNING = "warning"


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


def check(path: Path) -> tuple[Finding, ...]:
    """All findings of the file in the order of their places."""
    flow, problems = examine(path)
    found = [_finding(path, problem, Severity.ERROR) for problem in problems]
    if flow is not None and not problems:
        # A loop without a wait has no end either: one mistake is not told twice.
        for rule in (without_person, _certain_loops if any(_certain_loops(flow)) else dead_ends):
            found += [_finding(path, problem, Severity.ERROR) for problem in rule(flow)]
        for rule in (_possible_loops, _untranslated, _unsaid, _long, said_too_early, unused):
            found += [_finding(path, problem, Severity.WARNING) for problem in rule(flow)]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column, finding.rule, finding.message)))


def missing_prompts(path: Path, ready: Callable[[Prompt], bool]) -> Iterator[Finding]:
    """What the flow says before a value is known, and what `ready` says has no sound; nothing for a flow in error."""
    flow, problems = examine(path)
    if flow is None or problems:
        return
    for id_, text in _texts(flow):
        for language, words in text.by_language.items():
            paces = (True,) if flow.accessibility else (False, True)
            if not said_in(words) and not all(ready(Prompt(words, language, pace)) for pace in paces):
                problem = FlowError(f"„{words}” has no sound in `{language}`", flow.places.get(id_), "missing-prompt")
                yield _finding(path, problem, Severity.WARNING)


def _finding(path: Path, problem: FlowError, severity: Severity) -> Finding:
    line, column = (problem.place.line, problem.place.column) if problem.place else (1, 1)
    return Finding(str(path), line, column, problem.rule, severity, problem.message, FIXES[problem.rule])


def _certain_loops(flow: Flow) -> Iterator[FlowError]:
    return _loops(flow, certain=True)


def _possible_loops(flow: Flow) -> Iterator[FlowError]:
    sure = {problem.message for problem in _loops(flow, certain=True)}
    return (problem for problem in _loops(flow, certain=False) if problem.message not in sure)


def _loops(flow: Flow, *, certain: bool) -> Iterator[FlowError]:
    """Nodes that come back to themselves without a wait; through a branch that is possible, not certain."""
    passing = (SayNode, SetNode) if certain else (SayNode, SetNode, BranchNode, HoursNode)
    for id_, node in flow.nodes.items():
        seen: set[str] = set()
        ahead = [id_] if isinstance(node, passing) else []
        while ahead:
            for _, target in targets(flow, flow.nodes[ahead.pop()]):
                if target not in seen and isinstance(flow.nodes[target], passing):
                    seen.add(target)
                    ahead.append(target)
        if id_ in seen:
            yield FlowError(f"`{id_}` leads back to itself without a wait", flow.places[id_], "loop-without-wait")


def _texts(flow: Flow) -> Iterator[tuple[str, Text]]:
    """Every text with the node it stands in; empty for the menus' own words."""
    yield from (("", text) for _, text in texts(flow.words))
    for id_, node in flow.nodes.items():
        yield from ((id_, text) for _, text in texts(node))


def _untranslated(flow: Flow) -> Iterator[FlowError]:
    languages = {language for _, text in _texts(flow) for language in text.by_language}
    for id_, text in _texts(flow):
        for language in sorted(languages - set(text.by_language)):
            words = text.by_language[text.default]
            yield FlowError(f"„{words}” has no text in `{language}`", flow.places.get(id_), "missing-translation")


def _unsaid(flow: Flow) -> Iterator[FlowError]:
    for id_, node in flow.nodes.items():
        if not isinstance(node, MenuNode):
            continue
        for key, choice in node.choices.items():
            for language, words in choice.say.by_language.items():
                if key.isdigit() and language in SPOKEN and SPOKEN[language][int(key)] not in words.lower():
                    message = f"„{words}” does not say its key, {key}"
                    yield FlowError(message, flow.places[id_], "choice-not-said")


def _long(flow: Flow) -> Iterator[FlowError]:
    for id_, node in flow.nodes.items():
        if isinstance(node, MenuNode) and len(node.choices) > MAX_CHOICES:
            yield FlowError(f"{len(node.choices)} choices, more than {MAX_CHOICES}", flow.places[id_], "many-choices")
    for id_, text in _texts(flow):
        for words in text.by_language.values():
            if len(words) > MAX_LETTERS:
                message = f"„{words[:30]}…” has {len(words)} letters, more than {MAX_LETTERS}"
                yield FlowError(message, flow.places.get(id_), "long-prompt")
