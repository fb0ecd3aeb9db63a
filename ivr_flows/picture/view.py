"""A flow as boxes and arrows, before anything has a place: the same for every kind of picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr_flows.model import Flow, person_by_key, reaches_person, targets
from ivr_flows.nodes import BranchNode, MenuNode, Node, Where, texts
from ivr_flows.picture.words import GROUPS, Group, Language, condition, word

NOTE = ""  # the id of the note, which no node can have
SAID_LETTERS = 60
CHOICE_LETTERS = 22
# What a node is about, where it has a field of this name.
_DETAILS = (
    "queue", "department", "of", "what", "kind", "by", "purpose", "to", "flow", "into", "reason", "accessibility",
    "language", "values",
)  # fmt: skip
_FORMAT = re.compile(r"\|[a-z_:]+}")  # how a value is said matters less here
_SILENT = frozenset({"next"})  # exits that need no word


@dataclass(frozen=True, slots=True)
class Box:
    id: str
    type: str  # in words
    group: Group
    details: tuple[str, ...]
    said: str  # the beginning of what is said; empty for nothing
    person: str = ""  # the sign of a way to the person that is built in: `0` by key, `!` when the node fails
    start: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """All exits from one box to another, each with its line of words."""

    source: str
    target: str
    labels: tuple[str, ...]
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class View:
    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    summary: str  # the same in words, for who does not see the picture


def view(flow: Flow, language: Language) -> View:
    """The flow's own nodes; a sub-flow is one box. Ways to the person that are built in become one note."""
    boxes = [_box(flow, id_, node, language) for id_, node in flow.nodes.items()]
    arrows = [arrow for id_, node in flow.nodes.items() for arrow in _arrows(flow, id_, node, language)]
    signs = {box.person for box in boxes} - {""}
    if signs:
        boxes.append(_note(signs, language))
        arrows.append(Arrow(NOTE, flow.person, (), built_in=True))
    title = f"{word('flow', language)} {flow.id}"
    return View(title, tuple(boxes), tuple(arrows), _summary(boxes, arrows, language))


def _box(flow: Flow, id_: str, node: Node, language: Language) -> Box:
    said = next((text.in_language(flow.language)[1] for where, text in texts(node) if where[0] != "choices"), "")
    by_key = person_by_key(node)
    person = "0" if by_key else "!" if reaches_person(node) else ""
    said = shortened(_FORMAT.sub("}", said), SAID_LETTERS)
    group = GROUPS.get(node.type, Group.OWN)
    details = tuple(_details(node))
    return Box(id_, word(node.type, language), group, details, said, person, id_ == flow.start)


def _details(node: Node) -> Iterator[str]:
    for name in _DETAILS:
        match getattr(node, name) if name in node.model_fields_set else None:
            case None:
                pass
            case Mapping() as given:  # the variables it fills
                yield f"{name}: {', '.join(map(str, given if name == 'values' else given.values()))}"
            case bool(value):
                yield f"{name}: {str(value).lower()}"
            case value:
                yield f"{name}: {value}"


def _note(signs: set[str], language: Language) -> Box:
    meaning = {"0": "person_by_key", "!": "person_by_itself"}
    details = tuple(f"{sign}: {word(meaning[sign], language)}" for sign in sorted(signs, reverse=True))
    return Box(NOTE, word("note", language), Group.NOTE, details, "")


def _arrows(flow: Flow, id_: str, node: Node, language: Language) -> Iterator[Arrow]:
    """One arrow to each node it leads to, in the order of the file."""
    labels: dict[str, list[str]] = {}
    for where, target in targets(flow, node):
        if where:
            words = _label(flow, node, where, language)
            labels.setdefault(target, []).extend([words] if words else [])
    return (Arrow(id_, target, tuple(words)) for target, words in labels.items())


def _label(flow: Flow, node: Node, where: Where, language: Language) -> str:
    """What leads there: a key and its choice, a condition, or the exit's name."""
    match node, where:
        case MenuNode(), ("choices", str(key), *_):
            said = node.choices[key].say.in_language(flow.language)[1]
            return f"{key} {shortened(said.partition(':')[0], CHOICE_LETTERS)}"
        case BranchNode(), ("when", int(place), *_):
            return shortened(", ".join(condition(each, language) for each in node.when[place].if_), SAID_LETTERS)
    named = [step for step in where if isinstance(step, str) and step not in _SILENT]
    return " ".join(word(name, language) for name in named)


def _summary(boxes: list[Box], arrows: list[Arrow], language: Language) -> str:
    return " ".join(_sentence(box, [arrow for arrow in arrows if arrow.source == box.id], language) for box in boxes)


def _sentence(box: Box, arrows: list[Arrow], language: Language) -> str:
    name = f"{box.id} ({box.type})" if box.id else f"{box.type} ({'; '.join(box.details)})"
    ways = [f"{arrow.target} ({', '.join(arrow.labels)})" if arrow.labels else arrow.target for arrow in arrows]
    return f"{name} {word('leads_to', language)}: {', '.join(ways)}." if ways else f"{name}."


def shortened(words: str, letters: int) -> str:
    """At most so many letters, cut between words where there is one near the end."""
    if len(words) <= letters:
        return words
    cut = words[: letters - 1]
    at = cut.rfind(" ")
    return f"{cut[:at] if at > letters // 2 else cut}…"
