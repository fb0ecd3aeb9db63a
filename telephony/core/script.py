"""A queue's script as the console shows it, step by step: what to say, where it may go on, what to read up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Saying:
    """The same words in both languages of the pages."""

    pl: str
    en: str


@dataclass(frozen=True, slots=True)
class Way:
    """From a step to the one named `next`."""

    words: Saying
    next: str


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """Without ways the script ends here; `articles` are ids of the knowledge base."""

    say: Saying
    ways: tuple[Way, ...]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    title: Saying
    start: str
    steps: Mapping[str, ScriptStep]
