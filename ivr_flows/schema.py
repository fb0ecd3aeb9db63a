"""The flow file as its author writes it: pydantic models of the keys that are allowed, and nothing else.

Only the loader sees these; the engine works on the frozen records of `model`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MIN_TIMEOUT_S = 3.0
BUILT_IN_KEYS = "0*"


def _by_language(value: object) -> object:
    """A plain text is the text in the flow's own language; the loader replaces the empty name."""
    return {"": value} if isinstance(value, str) else value


def _clean(value: str) -> str:
    text = " ".join(value.split())
    if not text.isprintable():
        raise ValueError("contains a control character")
    return text


def _choice_key(value: str) -> str:
    if value in BUILT_IN_KEYS:
        raise ValueError("0 (a person) and * (repeat) are built into every menu and cannot be given another meaning")
    return value


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Language = Annotated[str, Field(pattern=r"^([a-z]{2})?$")]
Sentence = Annotated[str, Field(min_length=1, max_length=600), AfterValidator(_clean)]
Text = Annotated[dict[Language, Sentence], Field(min_length=1), BeforeValidator(_by_language)]
Key = Annotated[str, Field(pattern=r"^[0-9*#]$"), AfterValidator(_choice_key)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(_Strict):
    say: Text
    next: Name


class Say(_Strict):
    type: Literal["say"]
    say: Text
    next: Name


class Menu(_Strict):
    type: Literal["menu"]
    say: Text | None = None
    choices: dict[Key, Choice] = Field(min_length=1)
    timeout_s: float = Field(default=6.0, ge=MIN_TIMEOUT_S, le=60.0)
    attempts: int = Field(default=2, ge=1, le=5)
    on_timeout: Name | None = None  # the person of the flow unless it says otherwise


class ToLine(_Strict):
    type: Literal["line"]
    say: Text | None = None
    queue: Name
    accessibility: bool = False
    requires: dict[Name, Annotated[int, Field(ge=1, le=10)]] = Field(default_factory=dict)


class Branch(_Strict):
    type: Literal["branch"]
    on: Literal["accessibility", "caller_known"]
    yes: Name
    no: Name


class Set(_Strict):
    type: Literal["set"]
    accessibility: bool
    next: Name


class HangUp(_Strict):
    type: Literal["hang_up"]
    say: Text | None = None
    reason: Name = "flow_end"


class MenuWords(_Strict):
    """What every menu of the flow says by itself."""

    closing: Text
    wrong_key: Text


Node = Annotated[Say | Menu | ToLine | Branch | Set | HangUp, Field(discriminator="type")]


class FlowFile(_Strict):
    flow: Name
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "pl"
    accessibility: bool = False
    start: Name
    person: Name
    menu_words: MenuWords
    nodes: dict[Name, Node] = Field(min_length=1, max_length=500)
