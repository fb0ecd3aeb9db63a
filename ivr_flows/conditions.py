"""Typed conditions on what is known of a call: no code, no surprises. What is not known fulfils none of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ivr_flows.lookups import Identity
from ivr_flows.texts import SecretLeakError
from ivr_flows.variables import ORDERED, Kind, Value, written


class Operator(StrEnum):
    IS = "is"
    NOT = "not"
    IN = "in"
    LESS = "less"
    MORE = "more"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Condition:
    """`fact operator value`; for `known` the value is a truth value, for `in` a tuple."""

    fact: str
    operator: Operator
    value: Value | tuple[Value, ...]

    def holds(self, fact_of: Callable[[str], Value | None]) -> bool:
        actual = fact_of(self.fact)
        if self.operator is Operator.KNOWN:
            return (actual is not None) is self.value
        if actual is None:
            return False
        return _HOLDS[self.operator](actual, self.value)


# Both values are of one type, and that has an order where one is needed: `conditions` sees to it.
_HOLDS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.IS: operator.eq,
    Operator.NOT: operator.ne,
    Operator.IN: lambda actual, wanted: actual in wanted,
    Operator.LESS: operator.lt,
    Operator.MORE: operator.gt,
}

# What can be asked of every call, besides the flow's own variables.
FACTS: Mapping[str, Kind] = {
    "accessibility": Kind.BOOLEAN,
    "caller_known": Kind.BOOLEAN,
    "repeat": Kind.BOOLEAN,
    "survey": Kind.BOOLEAN,
    "identity": Kind.TEXT,
    "language": Kind.TEXT,
    "did": Kind.TEXT,
    "opening": Kind.TEXT,
}
IDENTITIES = tuple(level.name.lower() for level in Identity)


def conditions(tree: object, variables: Mapping[str, Kind]) -> tuple[Condition, ...]:
    """`{fact: value}` or `{fact: {operator: value}}`, all of which must hold. Raises ValueError for anything else."""
    if not isinstance(tree, dict) or not tree:
        raise ValueError("a condition is written like {identity: pin} or {balance: {more: 0}}")
    return tuple(_condition(str(fact), wanted, variables) for fact, wanted in tree.items())


def _condition(fact: str, wanted: object, variables: Mapping[str, Kind]) -> Condition:
    kind = variables.get(fact) or FACTS.get(fact)
    if kind is None:
        raise ValueError(f"nothing is known as `{fact}`; there are {', '.join((*FACTS, *variables))}")
    if kind is Kind.SECRET:
        raise SecretLeakError(f"`{fact}` is a secret and cannot be compared")
    pair = wanted if isinstance(wanted, dict) else {"is": wanted}
    if len(pair) != 1 or (name := str(next(iter(pair)))) not in set(Operator):
        raise ValueError(f"`{fact}` takes one of {', '.join(Operator)}")
    return Condition(fact, Operator(name), _value(fact, kind, Operator(name), pair[name]))


def _value(fact: str, kind: Kind, compare: Operator, raw: object) -> Value | tuple[Value, ...]:
    if compare in (Operator.LESS, Operator.MORE) and kind not in ORDERED:
        raise ValueError(f"`{fact}` is of type {kind}, which has no more or less")
    if compare is Operator.KNOWN:
        return _one(fact, Kind.BOOLEAN, raw)
    if compare is Operator.IN:
        if not isinstance(raw, list) or not raw:
            raise ValueError(f"`{fact}`: `in` takes a list")
        return tuple(_one(fact, kind, each) for each in raw)
    return _one(fact, kind, raw)


def _one(fact: str, kind: Kind, raw: object) -> Value:
    if not isinstance(raw, str):
        raise ValueError(f"`{fact}`: one {kind} is expected")  # noqa: TRY004 - pydantic tells ValueErrors to the author
    if fact == "identity" and kind is Kind.TEXT and raw not in IDENTITIES:
        raise ValueError(f"`identity` is one of {', '.join(IDENTITIES)}")
    try:
        return written(kind, raw)
    except ValueError as error:
        raise ValueError(f"`{fact}`: {error}") from None
