"""The rules of `hotline flow check`: what each means, how grave it is, how to mend it; shown in docs/flow-checks.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # the flow is refused, or a call would break
    WARNING = "warning"
    INFO = "info"  # what a reviewer should know


@dataclass(frozen=True, slots=True)
class Rule:
    grave: str  # error, warning, info, or several with what decides
    means: str
    fix: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the flow of this name; `where` is the way down its file."""

    rule: str
    severity: Severity
    flow: str
    where: tuple[str | int, ...]
    message: str


RULES: Mapping[str, Rule] = {
    "not-a-flow": Rule("error", "the file cannot be read as a flow", "mend the file so that it can be read as a flow"),
    "duplicate-key": Rule("error", "a key stands twice, such as two choices `1`", "remove one of the two"),
    "unknown-key": Rule("error", "a key that the language does not have", "correct its spelling or remove it"),
    "wrong-value": Rule(
        "error", "a value of the wrong kind, missing or out of range", "write a value of the kind that is asked for"
    ),
    "unknown-node": Rule("error", "an exit leads to no node", "correct the name, or add the node"),
    "unreachable-node": Rule("error", "no way leads to the node", "lead to it from another node, or remove it"),
    "dead-end": Rule(
        "error",
        "callers go round for ever: no line, hang-up, transfer or return can be reached",
        "lead from here, or from where it leads, to a line or a hang-up",
    ),
    "no-person": Rule(
        "error where callers are asked for keys or silence hangs up; else, and at the start, warning",
        "no person can be reached from the node, with sub-flows and where they return to",
        "lead to a node of type `line`",
    ),
    "timeout-under-minimum": Rule("error", "less time than the accessible minimum", "give callers more time"),
    "collect-without-limit": Rule("error", "digits without an end", "say how many digits there can be: max_digits"),
    "secret-leak": Rule(
        "error",
        "a secret would be said, compared, copied or stored",
        "use a secret in `identify` or in a look-up's `secrets` alone",
    ),
    "transfer-not-allowed": Rule(
        "error",
        "a transfer to a name that is not in numbers.yaml",
        "choose one of the permitted transfers, or add it to numbers.yaml",
    ),
    "dno-caller-id": Rule("error", "a receive-only number would be shown as the caller", "show a number that may call"),
    "unknown-name": Rule(
        "error",
        "a queue or a department that the house does not have",
        "correct the name, or add it to the house's settings",
    ),
    "unknown-flow": Rule(
        "error", "a sub-flow without a file", "correct the name, or add the flow's file beside this one"
    ),
    "sub-flow-cycle": Rule(
        "error", "sub-flows call one another in a ring", "let one of these flows do without the other"
    ),
    "loop-without-wait": Rule(
        "error when every call goes round; warning when some can",
        "a node comes back to itself, also through sub-flows, and nothing is awaited on the way",
        "let the loop pass a menu or a line, or end it",
    ),
    "missing-translation": Rule(
        "warning",
        "a text lacks a language that other texts of the flow have",
        "add the text in this language, or take the language out of the whole flow",
    ),
    "missing-prompt": Rule(
        "warning", "with `--prompts`: the sound of a text has not been made", "run `hotline flow prompts build`"
    ),
    "unset-variable": Rule(
        "warning",
        "a variable is said, compared or dialled, and on some way to here nothing has set it",
        "set it on every way to here, or branch on `known` before",
    ),
    "unused-variable": Rule(
        "warning",
        "a variable that no flow of the folder says, compares or hands on",
        "use the variable, or take it out",
    ),
    "choice-gap": Rule(
        "warning", "the keys of a menu leave one out; 9 may stand apart", "number the choices from 1 without a gap"
    ),
    "choice-not-said": Rule("warning", "the text of a choice does not say its key", "say the key in the choice's text"),
    "many-choices": Rule("warning", "more choices than callers keep in mind", "split the menu in two"),
    "long-prompt": Rule("warning", "a text of more than 15 seconds or so", "shorten it"),
    "without-person": Rule(
        "info",
        "`0` does not reach a person here, for the reason told",
        "take `without_person` out unless the reason holds",
    ),
    "without-repeat": Rule(
        "info", "`*` does not repeat here, for the reason told", "take `without_repeat` out unless the reason holds"
    ),
}


def table() -> Iterator[str]:
    """The rules as lines of a Markdown table."""
    yield "| rule | severity | what is wrong | how to mend it |"
    yield "|---|---|---|---|"
    yield from (f"| `{name}` | {rule.grave} | {rule.means} | {rule.fix} |" for name, rule in RULES.items())
