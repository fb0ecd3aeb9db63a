"""The transition tables as Mermaid diagrams: `python -m telephony.core.diagram > docs/states.md`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from telephony.core import agent, call, channels, spans

S = TypeVar("S", bound=StrEnum)
I = TypeVar("I", bound=StrEnum)  # noqa: E741 - the input of a table

HEAD = "# States\n\nGenerated from the tables in `telephony/core`; a test keeps this page current.\n"


def page() -> str:
    """The whole page `docs/states.md`."""
    tables = (
        _diagram("The call", call.TRANSITIONS),
        _diagram("The agent", agent.TRANSITIONS),
        _diagram("A channel of Asterisk", channels.TRANSITIONS),
    )
    return "\n".join([HEAD, *tables, _spans()])


def _diagram(title: str, table: Mapping[S, Mapping[I, S]]) -> str:
    arrows = [f"    {before} --> {after}: {given}" for before, row in table.items() for given, after in row.items()]
    return "\n".join([f"## {title}\n", "```mermaid", "stateDiagram-v2", *arrows, "```\n"])


def _spans() -> str:
    rows = [f"| {kind} | {begins} | {ends} |" for kind, (begins, ends) in spans.MEANING.items()]
    return "\n".join(["## Stretches of a call\n", "| kind | from | until |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - its output is the page
