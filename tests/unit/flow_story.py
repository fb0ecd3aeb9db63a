"""Flows for the tests of single nodes, and a caller who plays them with literal times."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ivr_flows import Facts, Flow, Given, Say, Step, load, resume, start
from ivr_flows.calendar import Calendar

A = TypeVar("A")

HEAD = """\
flow: test
start: {start}
person: person
menu_words: {{closing: "Zero.", wrong_key: "Nie ma.", collecting: "Krzyżyk.", wrong_digits: "Źle."}}
variables:
  {variables}
nodes:
  person: {{type: line, queue: support}}
"""
DID = "+48221000100"
STANDARD = Facts(DID)
KNOWN = Facts(DID, customer="100200")


def flow_of(folder: Path, nodes: str, start_at: str = "first", variables: str = "spare: text", **others: str) -> Flow:
    """A flow of these nodes and a line `person`; `others` are whole flow files beside it, by name."""
    for name, text in others.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    path = folder / "test.yaml"
    text = HEAD.format(start=start_at, variables=variables.replace("; ", "\n  ")) + nodes
    path.write_text(text, encoding="utf-8")
    return load(path)


@dataclass
class Caller:
    """Plays one call; `step` is what the engine said last."""

    flow: Flow
    facts: Facts = STANDARD
    calendar: Calendar = field(default_factory=lambda: Calendar({}))
    now: float = 1000.0
    step: Step = field(init=False)

    def __post_init__(self) -> None:
        self.step = start(self.flow, self.facts, self.now, self.calendar)

    def gives(self, given: Given) -> Step:
        self.now += 1.0
        self.step = resume(self.flow, self.step.session, given, self.now, self.calendar)
        return self.step

    @property
    def node(self) -> str:
        return self.step.session.node

    @property
    def said(self) -> list[str]:
        return [prompt.text for action in self.step.actions if isinstance(action, Say) for prompt in action.prompts]

    def did(self, kind: type[A]) -> list[A]:
        """The actions of this kind in the last step."""
        return [action for action in self.step.actions if isinstance(action, kind)]
