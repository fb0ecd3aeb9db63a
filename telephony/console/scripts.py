"""The script of a queue, whole: the page leads through it by itself, so that a lost connection stops nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.notes import CONSULTANTS
from telephony.core.ids import QueueName
from telephony.core.script import Saying, Script, ScriptStep


class SayingTold(Wire):
    pl: str
    en: str


class WayTold(Wire):
    words: SayingTold
    next: str


class StepTold(Wire):
    say: SayingTold
    ways: tuple[WayTold, ...]
    articles: tuple[str, ...]


class ScriptTold(Wire):
    title: SayingTold
    start: str
    steps: Mapping[str, StepTold]


class ScriptsApi:
    def __init__(self, scripts: Mapping[QueueName, Script]) -> None:
        self._scripts = scripts

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "GET",
            "/scripts/{queue}",
            "the script of a queue",
            CONSULTANTS,
            self._read,
            gives=ScriptTold,
            refuses=(404,),
        )

    async def _read(self, asked: Asked) -> ScriptTold:
        script = self._scripts.get(QueueName(asked.path["queue"]))
        if script is None:
            raise ProblemError(404, detail="this queue has no script")
        steps = {name: _step(step) for name, step in script.steps.items()}
        return ScriptTold(title=_saying(script.title), start=script.start, steps=steps)


def _step(step: ScriptStep) -> StepTold:
    ways = tuple(WayTold(words=_saying(way.words), next=way.next) for way in step.ways)
    return StepTold(say=_saying(step.say), ways=ways, articles=step.articles)


def _saying(saying: Saying) -> SayingTold:
    return SayingTold(pl=saying.pl, en=saying.en)
