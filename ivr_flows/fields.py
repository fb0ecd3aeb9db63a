"""The kinds of fields that nodes are made of, and what they are checked against while a file is read.

Every check that needs to know the rest of the file (a variable's type, the flow's language, numbers that may be called)
finds it in the `Scope`, so that each mistake is told at its own place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from ivr_flows import conditions
from ivr_flows.spoken import LANGUAGES
from ivr_flows.texts import SecretLeakError, Text, with_formats
from ivr_flows.variables import Kind, written

MAX_LETTERS = 600
NAME = r"^[a-z][a-z0-9_-]{0,31}$"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a file may refer to; None where nobody has said what there is, so that anything may be meant."""

    language: str
    variables: Mapping[str, Kind]
    transfers: frozenset[str] = frozenset()
    receive_only: frozenset[str] = frozenset()  # numbers of the do-not-originate list
    queues: frozenset[str] | None = None
    departments: frozenset[str] | None = None


ANYTHING = Scope("pl", {})

ALWAYS = "always_"  # and a language: in this one to everybody, such as the offer of it


class Target(str):
    """The name of a node that another node leads to."""

    __slots__ = ()


def wrong(rule: str, message: str) -> PydanticCustomError:
    """A mistake with the checker's own name for it."""
    return PydanticCustomError(rule, "{message}", {"message": message})


def scope_of(info: ValidationInfo) -> Scope:
    """The file's; a node that is built without one may name anything."""
    return cast("Scope | None", info.context) or ANYTHING


def _text(value: object, info: ValidationInfo) -> Text:
    """A plain text is the text in the flow's own language; `always_en` alone is said in English to everybody."""
    if isinstance(value, Text):
        return value
    scope = scope_of(info)
    said = {scope.language: value} if isinstance(value, str) else value
    if not isinstance(said, dict) or not said:
        raise ValueError("a text, or a text for each language, is expected")
    own = scope.language
    if len(said) == 1 and (always := str(next(iter(said)))).startswith(ALWAYS):
        own = always.removeprefix(ALWAYS)
        said = {own: said[always]}
    if unknown := [language for language in said if language not in LANGUAGES]:
        raise ValueError(f"nothing can be said in `{unknown[0]}`; there are {', '.join(LANGUAGES)}")
    if own not in said:
        raise ValueError(f"no text in the flow's own language ({scope.language})")
    texts = {language: _sentence(words, scope) for language, words in said.items()}
    return Text(MappingProxyType(texts), own)


def _sentence(value: object, scope: Scope) -> str:
    words = " ".join(value.split()) if isinstance(value, str) else ""
    if not words or len(words) > MAX_LETTERS:
        raise ValueError(f"a text of 1 to {MAX_LETTERS} letters is expected")
    if not words.isprintable():
        raise ValueError("contains a control character")
    try:
        return with_formats(words, scope.variables)
    except SecretLeakError as error:
        raise wrong("secret-leak", str(error)) from None


def _conditions(value: object, info: ValidationInfo) -> tuple[conditions.Condition, ...]:
    try:
        return conditions.conditions(value, scope_of(info).variables)
    except SecretLeakError as error:
        raise wrong("secret-leak", str(error)) from None


def _values(value: object, info: ValidationInfo) -> object:
    """Constants for variables, each of its variable's type."""
    if not isinstance(value, dict):
        raise ValueError("variables and their values are expected")  # noqa: TRY004 - told to the author
    return {name: written(_kind(name, scope_of(info)), str(text)) for name, text in value.items()}


def variable(*kinds: Kind) -> AfterValidator:
    """The field names a variable of one of these types; of any but a secret where none is given."""

    def check(name: str, info: ValidationInfo) -> str:
        kind = _kind(name, scope_of(info))
        if kind is Kind.SECRET and kind not in kinds:
            raise wrong("secret-leak", f"`{name}` is a secret and cannot be used here")
        if kinds and kind not in kinds:
            raise ValueError(f"`{name}` is of type {kind}; {' or '.join(kinds)} is needed here")
        return name

    return AfterValidator(check)


def _kind(name: object, scope: Scope) -> Kind:
    if name not in scope.variables:
        raise ValueError(f"there is no variable `{name}`")
    return scope.variables[str(name)]


def _one_of(what: str, known: Callable[[Scope], Iterable[str] | None], rule: str = "unknown-name") -> AfterValidator:
    def check(name: str, info: ValidationInfo) -> str:
        names = known(scope_of(info))
        if names is not None and name not in names:
            raise wrong(rule, f"there is no {what} `{name}`; there are {', '.join(sorted(names)) or 'none'}")
        return name

    return AfterValidator(check)


def _may_call(number: str, info: ValidationInfo) -> str:
    if number in scope_of(info).receive_only:
        raise wrong("dno-caller-id", f"{number} is registered as receive-only and must not be shown as a caller")
    return number


def _choice_key(value: str) -> str:
    if value in ("0", "*"):
        raise ValueError("0 (a person) and * (repeat) are built into every menu and cannot be given another meaning")
    return value


Name = Annotated[str, StringConstraints(pattern=NAME)]
Next = Annotated[str, StringConstraints(pattern=NAME), AfterValidator(Target)]
Words = Annotated[
    Text,
    BeforeValidator(_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": MAX_LETTERS},
                {
                    "type": "object",
                    "propertyNames": {"enum": sorted([*LANGUAGES, *(ALWAYS + each for each in LANGUAGES)])},
                    "additionalProperties": {"type": "string", "minLength": 1, "maxLength": MAX_LETTERS},
                    "minProperties": 1,
                },
            ],
            "description": "What is said: in the flow's language, or one text per language; {name|format} says a "
            "value; always_en alone is said in English to everybody, such as the offer of it",
        }
    ),
]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$"), AfterValidator(_choice_key)]
Reason = Annotated[str, StringConstraints(min_length=10, max_length=200)]
Queue = Annotated[str, StringConstraints(pattern=NAME), _one_of("queue", lambda scope: scope.queues)]
DepartmentName = Annotated[str, StringConstraints(pattern=NAME), _one_of("department", lambda scope: scope.departments)]
TransferName = Annotated[
    str,
    StringConstraints(pattern=NAME),
    _one_of("permitted transfer", lambda scope: scope.transfers, "transfer-not-allowed"),
]
CallerId = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$"), AfterValidator(_may_call)]
Levels = dict[Name, Annotated[int, Field(ge=1, le=10)]]
_CONDITION_SCHEMA = {"type": "object", "minProperties": 1, "description": "fact: value, or fact: {operator: value}"}
If = Annotated[tuple[conditions.Condition, ...], BeforeValidator(_conditions), WithJsonSchema(_CONDITION_SCHEMA)]
Constants = Annotated[dict[str, str | int | bool], BeforeValidator(_values)]
