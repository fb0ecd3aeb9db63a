"""Scripts as their authors write them: one YAML file per queue, named after it, every error with its place.

A script is a graph of steps: each step is reached from the first, each way leads to a step that is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ivr_flows import source
from ivr_flows.errors import FlowError, Place
from telephony.core.ids import QueueName
from telephony.core.script import Saying, Script, ScriptStep, Way
from telephony.guidance.strict_file import Strict, paths, printable, read

MOST_STEPS, MOST_WAYS = 100, 9

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, Field(min_length=1, max_length=600), AfterValidator(printable)]


class Both(Strict):
    pl: Words
    en: Words

    @property
    def saying(self) -> Saying:
        return Saying(self.pl, self.en)


class Choice(Both):
    next: str


class StepEntry(Strict):
    say: Both
    next: str | None = None
    choices: tuple[Choice, ...] = Field(default=(), max_length=MOST_WAYS)
    articles: tuple[str, ...] = ()


class ScriptEntry(Strict):
    title: Both
    start: str
    steps: dict[Name, StepEntry] = Field(min_length=1, max_length=MOST_STEPS)


GO_ON = Saying("Dalej", "Next")

Scripts = Mapping[QueueName, Script]


def load(path: Path, queues: Collection[str]) -> Script:
    """One script. Raises FlowError `file:line:column: …` for the first thing that is wrong."""
    if path.stem not in queues:
        raise FlowError(f"a script's file is named after its queue: {path.stem} is none", Place(path.name, 1, 1))
    file, entry = read(path, ScriptEntry)
    if entry.start not in entry.steps:
        raise FlowError(f"there is no step `{entry.start}`", file.place(("start",)))
    for name, step in entry.steps.items():
        _check(file, name, step, entry)
    if lonely := [name for name in entry.steps if name not in _reached(entry)]:
        where = file.place(("steps", lonely[0]), of_key=True)
        raise FlowError(f"no way leads to the step `{lonely[0]}`", where)
    return Script(entry.title.saying, entry.start, {name: _step(step) for name, step in entry.steps.items()})


def load_all(folder: Path, queues: Collection[str]) -> Scripts:
    """Every script of the folder. Raises FlowError for the first that is wrong."""
    return {QueueName(path.stem): load(path, queues) for path in paths(folder, "*.yaml")}


def findings(scripts: Scripts, articles: Collection[str]) -> list[str]:
    """What one script alone cannot know: articles that do not exist."""
    return [
        f"{queue}.yaml: step `{name}`: there is no article `{article}`"
        for queue, script in scripts.items()
        for name, step in script.steps.items()
        for article in step.articles
        if article not in articles
    ]


def _check(file: source.Source, name: str, step: StepEntry, entry: ScriptEntry) -> None:
    if step.next is not None and step.choices:
        raise FlowError("a step has `next` or `choices`, not both", file.place(("steps", name, "next"), of_key=True))
    for where, other in _targets(step):
        if other not in entry.steps:
            raise FlowError(f"there is no step `{other}`", file.place(("steps", name, *where)))


def _targets(step: StepEntry) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if step.next is not None:
        yield ("next",), step.next
    for number, choice in enumerate(step.choices):
        yield ("choices", number, "next"), choice.next


def _reached(entry: ScriptEntry) -> set[str]:
    reached, ahead = {entry.start}, [entry.start]
    while ahead:
        for _, other in _targets(entry.steps[ahead.pop()]):
            if other not in reached:
                reached.add(other)
                ahead.append(other)
    return reached


def _step(step: StepEntry) -> ScriptStep:
    ways = tuple(Way(each.saying, each.next) for each in step.choices)
    go_on = (Way(GO_ON, step.next),) if step.next is not None else ()
    return ScriptStep(step.say.saying, (*go_on, *ways), step.articles)
