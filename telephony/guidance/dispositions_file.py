"""The dispositions as their author writes them: a YAML file of lists by queue, checked, every error with its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ivr_flows.errors import FlowError
from telephony.core.disposition import Choice
from telephony.core.ids import QueueName
from telephony.core.rules import Rules
from telephony.guidance.strict_file import Strict, printable, read

MOST = 30  # of one queue: more nobody reads after each call

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Title = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(printable)]


class ChoiceEntry(Strict):
    code: Code
    pl: Title
    en: Title


def _each_once(entries: tuple[ChoiceEntry, ...]) -> tuple[ChoiceEntry, ...]:
    codes = [each.code for each in entries]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"`{twice[0]}` stands here twice")
    return entries


Entries = Annotated[tuple[ChoiceEntry, ...], Field(min_length=1, max_length=MOST), AfterValidator(_each_once)]


class DispositionsFile(Strict):
    queues: dict[str, Entries]


Lists = Mapping[QueueName, tuple[Choice, ...]]


def load(path: Path, queues: Collection[str]) -> Lists:
    """The lists by queue. Raises FlowError `file:line:column: …` for the first thing that is wrong."""
    file, known = read(path, DispositionsFile)
    for name in known.queues:
        if name not in queues:
            raise FlowError(f"there is no queue `{name}` in the settings", file.place(("queues", name), of_key=True))
    return {
        QueueName(name): tuple(Choice(each.code, each.pl, each.en) for each in entries)
        for name, entries in known.queues.items()
    }


def asked_for(rules: Rules, lists: Lists, voluntary: Collection[str]) -> Rules:
    """The rules with a disposition required wherever there is a list, but at the `voluntary` queues."""
    queues = {
        name: replace(each, disposition=name in lists and name not in voluntary) for name, each in rules.queues.items()
    }
    return replace(rules, queues=queues)
