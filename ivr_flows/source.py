"""A flow file read as YAML 1.1 with the place of every value, safely: bounded size and depth, no anchors, no tags.

Every scalar stays a string (PyYAML's base loader), so `no`, `0123` and `1:30` mean what the author sees; the schema
turns them into numbers and truth values.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml

from ivr_flows.errors import FlowError, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

NOT_A_MAPPING = "a flow is a mapping; it starts with a line such as `flow: general`"

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml is ten times as fast, where PyYAML was built with it

Tree = str | list["Tree"] | dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: its values as plain data, and where each of them stands."""

    name: str
    tree: dict[str, Tree]
    root: yaml.MappingNode
    revision: str  # of the exact text

    def place(self, where: tuple[str | int, ...], *, of_key: bool = False) -> Place:
        """The place of the value (or, with `of_key`, of the key) under `where`; steps that do not exist are skipped."""
        node: yaml.Node = self.root
        found: yaml.Node = node
        for step in where:
            key, value = _child(node, step)
            if value is not None:
                node, found = value, (key if of_key and key is not None else value)
        return _place(self.name, found.start_mark)


def read(path: Path) -> Source:
    """The file as data with places; raises FlowError for anything but one small, plain mapping."""
    return parse(path.name, text(path))


def parse(name: str, text: str) -> Source:
    """The same, of a text that stands in the file of this name."""
    try:
        _refuse_tricks(name, text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FlowError(f"not valid YAML: {error.problem or error}", _place(name, mark)) from error
    except yaml.YAMLError as error:
        raise FlowError(f"not valid YAML: {error}", Place(name, 1, 1)) from error
    if not isinstance(root, yaml.MappingNode):
        raise FlowError(NOT_A_MAPPING, Place(name, 1, 1))
    tree = _plain(name, root)
    if not isinstance(tree, dict):  # pragma: no cover - a mapping node gives a dict
        raise FlowError(NOT_A_MAPPING, Place(name, 1, 1))
    return Source(name, tree, root, hashlib.sha256(text.encode()).hexdigest()[:12])


def text(path: Path) -> str:
    """A small regular file of UTF-8; raises FlowError for anything else."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would let us wait for ever
            raise FlowError(f"{path}: cannot be read: not a file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FlowError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise FlowError(f"larger than {MAX_BYTES // 1024} KiB; split the flow", Place(path.name, 1, 1))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise FlowError("not UTF-8 text; save the file as UTF-8", Place(path.name, line, column)) from error


def _refuse_tricks(name: str, text: str) -> None:
    """Refuse what makes a small file large or deep, before anything is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FlowError("anchors and aliases (& and *) are not allowed; quote a lone * as '*'", _at(name, event))
        if getattr(event, "tag", None) is not None:
            raise FlowError("tags (!) are not allowed", _at(name, event))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise FlowError(f"nested deeper than {MAX_DEPTH} levels", _at(name, event))


def _plain(name: str, node: yaml.Node) -> Tree:
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(name, node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(name, item) for item in node.value]
    return str(node.value)


def _pairs(name: str, node: yaml.MappingNode) -> Iterator[tuple[str, Tree]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise FlowError("a key must be a plain word", _place(name, key.start_mark))
        if key.value in seen:
            raise FlowError(f"`{key.value}` stands here twice", _place(name, key.start_mark), "duplicate-key")
        seen.add(key.value)
        yield key.value, _plain(name, value)


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None


def _at(name: str, event: yaml.Event) -> Place:
    return _place(name, event.start_mark)


class _Mark(Protocol):
    """What the two kinds of PyYAML marks (Python and libyaml) have in common; both count from 0."""

    line: int
    column: int


def _place(name: str, mark: _Mark | None) -> Place:
    if mark is None:
        return Place(name, 1, 1)
    return Place(name, mark.line + 1, mark.column + 1)
