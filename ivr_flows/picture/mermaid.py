"""A flow as Mermaid flowchart text, for documents and reviews that draw it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr_flows.model import Flow
from ivr_flows.picture.view import Box, view
from ivr_flows.picture.words import Group, Language

_SHAPES: Mapping[Group, tuple[str, str]] = {
    Group.SAY: ("[", "]"),
    Group.ASK: ("[/", "/]"),
    Group.DECIDE: ("{{", "}}"),
    Group.PERSON: ("([", "])"),
    Group.OWN: ("[[", "]]"),
    Group.END: ("(((", ")))"),
    Group.NOTE: ("[", "]"),
}
_LOOKS: Mapping[Group, str] = {
    Group.SAY: "fill:#e3f0fb,stroke:#0b4f8a,color:#14202a",
    Group.ASK: "fill:#f1e8fc,stroke:#5a2ca0,color:#14202a",
    Group.DECIDE: "fill:#fdf1d8,stroke:#7a4b00,color:#14202a",
    Group.PERSON: "fill:#dff5e6,stroke:#125c35,color:#14202a",
    Group.OWN: "fill:#eceff1,stroke:#3e4c57,color:#14202a",
    Group.END: "fill:#fce6e6,stroke:#94202a,color:#14202a",
    Group.NOTE: "fill:#ffffff,stroke:#44525e,color:#14202a,stroke-dasharray:5 4",
}


def mermaid(flow: Flow, language: Language = Language.EN) -> str:
    """The text of the diagram; nodes are numbered, because their own names could be words of Mermaid's."""
    return "\n".join([*_lines(flow, language), ""])


def _lines(flow: Flow, language: Language) -> Iterator[str]:
    seen = view(flow, language)
    names = {box.id: f"n{number}" for number, box in enumerate(seen.boxes, 1)}
    yield "flowchart TD"
    yield f"    accTitle: {_plain(seen.title)}"
    for box in seen.boxes:
        opening, closing = _SHAPES[box.group]
        yield f'    {names[box.id]}{opening}"{_words(box)}"{closing}:::{box.group}x'
    for arrow in seen.arrows:
        label = f'|"{"<br/>".join(map(_escaped, arrow.labels))}"|' if arrow.labels else ""
        line = "-.->" if arrow.built_in else "-->"
        yield f"    {names[arrow.source]} {line}{label} {names[arrow.target]}"
    for group in sorted({box.group for box in seen.boxes}):
        yield f"    classDef {group}x {_LOOKS[group]}"


def _words(box: Box) -> str:
    first = f"{_escaped(box.type)}{f' ({_escaped(box.person)})' if box.person else ''}"
    said = [f"„{_escaped(box.said)}”"] if box.said else []
    name = [f"<b>{_escaped(box.id)}</b>"] if box.id else []
    return "<br/>".join([first, *name, *said, *map(_escaped, box.details)])


def _escaped(words: str) -> str:
    """Letters and the commonest signs as they are, everything else by Mermaid's `#number;`."""
    return "".join(letter if letter.isalnum() or letter in " ,.:!?()…_-=" else f"#{ord(letter)};" for letter in words)


def _plain(words: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " _-" else " " for letter in words)
