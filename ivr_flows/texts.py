"""Texts of a flow in its languages, with `{variable|format}` where a value is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr_flows.spoken import SpokenError, render
from ivr_flows.variables import FORMATS, Kind, Value, format_fits

OPENING = "opening"  # not a variable: when a closed department opens again, known after an `hours` node

_SLOT = re.compile(r"\{([a-z][a-z0-9_-]{0,31})(?:\|([a-z_:]{1,32}))?\}")

ValueOf = Callable[[str, str], Value | None]  # by name and language; None for what is not known


class SecretLeakError(ValueError):
    """A secret would be said, compared or copied."""


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in one or more languages; every slot names its format."""

    by_language: Mapping[str, str]
    default: str  # the flow's own language, or that of a text said in one language to everybody

    def in_language(self, language: str) -> tuple[str, str]:
        """`(language, text)`: in the language asked for, or in the flow's own where there is no translation."""
        chosen = language if language in self.by_language else self.default
        return chosen, self.by_language[chosen]

    def filled(self, language: str, value_of: ValueOf) -> tuple[str, str]:
        """`in_language` with the values in words. Raises SpokenError for one that is missing or cannot be said."""
        chosen, words = self.in_language(language)
        if "{" not in words:
            return chosen, words
        said = _SLOT.sub(lambda slot: _said(slot[1], slot[2], value_of(slot[1], chosen), chosen), words)
        return chosen, said.replace("..", ".")  # a value may end as a sentence does: „at eight a.m.”


def with_formats(words: str, variables: Mapping[str, Kind]) -> str:
    """The text with a format in every slot. Raises ValueError for what is no slot, or can never be said."""
    if set("{}") & set(_SLOT.sub("", words)):
        raise ValueError("braces are for values only, such as {balance} or {balance|amount}")
    return _SLOT.sub(lambda slot: f"{{{slot[1]}|{_form(slot[1], slot[2], variables)}}}", words)


def said_in(words: str) -> frozenset[str]:
    """The names of the values a text says."""
    return frozenset(name for name, _ in _SLOT.findall(words))


def _form(name: str, form: str | None, variables: Mapping[str, Kind]) -> str:
    if name == OPENING and form in (None, "text"):
        return "text"
    if name not in variables:
        raise ValueError(f"there is no variable `{name}`")
    kind = variables[name]
    if kind is Kind.SECRET:
        raise SecretLeakError(f"`{name}` is a secret and cannot be said")
    if kind not in FORMATS:
        raise ValueError(f"`{name}` is of type {kind} and cannot be said")
    if form and not format_fits(kind, form):
        raise ValueError(f"`{name}` is of type {kind}, said as {', '.join(FORMATS[kind])}; not as `{form}`")
    return form or FORMATS[kind][0]


def _said(name: str, form: str, value: Value | None, language: str) -> str:
    if value is None or isinstance(value, bool):
        raise SpokenError(f"`{name}` is not known")
    return render(form, value, language)
