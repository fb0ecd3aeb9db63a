"""Where in a TOML file [TOML 1.0] a value stands, for error messages: tomllib itself keeps no places."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\")\s*[.=]")


def line_of(text: str, place: Sequence[str | int]) -> int:
    """The line, from 1, of the value at `place` (keys and, in arrays of tables, numbers from 0); of what does not stand
    there, the line of the innermost table around it that does; 1 where there is none.
    """
    wanted = tuple(map(str, place))
    table: tuple[str, ...] = ()
    seen: dict[str, int] = {}
    best, best_depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        here = table
        if header := _TABLE.match(line):
            table = here = _table(header[1] == "[[", header[2], seen)
        elif key := _KEY.match(line):
            here = (*table, key[1].strip('"'))
        depth = _common(here, wanted)
        if depth == len(here) and depth > best_depth:
            best, best_depth = number, depth
    return best


def _table(many: bool, name: str, seen: dict[str, int]) -> tuple[str, ...]:  # noqa: FBT001 - private
    keys = tuple(part.strip().strip('"') for part in name.split("."))
    if not many:
        return keys
    seen[name] = seen.get(name, -1) + 1
    return (*keys, str(seen[name]))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
