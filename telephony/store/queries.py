"""The named queries of `queries.sql`: each with its name, what it is for, and its parameters in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"^-- name: ([a-z_]+)\n-- (.+)\n", re.MULTILINE)
_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Query:
    name: str
    purpose: str
    sql: str  # with $1, $2, …
    parameters: tuple[str, ...]

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The values in the order of the placeholders. Errors: TypeError when names do not fit."""
        if set(values) != set(self.parameters):
            raise TypeError(f"{self.name} takes {sorted(set(self.parameters))}, not {sorted(values)}")
        return [values[name] for name in self.parameters]


@cache
def queries() -> Mapping[str, Query]:
    """All queries by name."""
    text = (files("telephony.store") / "queries.sql").read_text("utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = (_query(head[1], head[2], text[head.end() : end]) for head, end in zip(heads, ends, strict=True))
    return {query.name: query for query in found}


def _query(name: str, purpose: str, body: str) -> Query:
    parameters = tuple(dict.fromkeys(_PARAMETER.findall(body)))
    places = {parameter: f"${place}" for place, parameter in enumerate(parameters, start=1)}
    return Query(name, purpose, _PARAMETER.sub(lambda found: places[found[1]], body).strip(), parameters)
