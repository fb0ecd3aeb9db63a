"""Who may see which part of a customer's card, as the operator writes it: a YAML file, checked, every error placed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from telephony.core.account import Role
from telephony.core.card_fields import CardField, CardRules, FieldRule, Look
from telephony.core.customer import Identity
from telephony.guidance.strict_file import Strict, read

Department = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class RuleEntry(Strict):
    """`departments` says whose consultants see it, where not all of them do; supervisors belong to every department."""

    roles: frozenset[Role]
    departments: frozenset[Department] = frozenset()
    identity: Identity = Identity.UNKNOWN


def _all_named(fields: dict[CardField, RuleEntry]) -> dict[CardField, RuleEntry]:
    """A part that was forgotten would silently be nobody's."""
    if missing := [each for each in CardField if each not in fields]:
        raise ValueError(f"`{missing[0]}` is missing: who may see it?")
    return fields


class CardFieldsFile(Strict):
    fields: Annotated[dict[CardField, RuleEntry], AfterValidator(_all_named)]


def load(path: Path, seen: Callable[[Look], None] = lambda _: None) -> CardRules:
    """`seen` is told of each look at a customer.

    Raises FlowError `file:line:column: …` for the first thing that is wrong.
    """
    _, known = read(path, CardFieldsFile)
    rules = {name: FieldRule(each.roles, each.departments, each.identity) for name, each in known.fields.items()}
    return CardRules(rules, seen)
