"""The flows that are served: loaded, watched and replaced while calls go on.

Served is the published revision; where none has been published, the folder of the operator's own flows. A set that
cannot be served changes nothing: the one before stays, and log, metrics and console say why. A call keeps the flow it
began with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from ivr_flows import SHIPPED, Flow, FlowError, FlowSet, Known, Prompt, calendar_file
from ivr_flows.loading import examine_set, flow_files
from ivr_flows.numbers_file import NUMBERS
from ivr_flows.prompts import PromptStore, prompts_of
from ivr_flows.revisions import Revisions
from ivr_flows.speech import SpeechError
from telephony import flow_news
from telephony.settings import Settings

log = structlog.get_logger()

LOOK_EVERY_S = 0.25  # a change is taken up at the second look that sees it: nobody is writing any more
TOLD = 5  # mistakes of a broken set that are told at once

Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the flows come from: the current revision, or a folder while nothing has been published."""

    revisions: Revisions
    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> Origin:
        return cls(Revisions(settings.data / "flows"), settings.flows or SHIPPED)

    def mark(self) -> Mark:
        """Differs whenever there may be something else to serve."""
        if current := self.revisions.mark():
            return current
        return tuple(map(_mark, (*flow_files(self.folder), self.folder / NUMBERS)))

    def read(self, known: Known) -> tuple[str, FlowSet]:
        """The name of what is to be served, and its flows. Raises FlowError, OSError."""
        current = self.revisions.current()
        if current is None:
            flows = load_all(self.folder, known)
            return flows.revision, flows
        return current.revision, load_all(
            self.revisions.folder / self.revisions.whole(current.revision).revision, known
        )


@dataclass(frozen=True, slots=True)
class Serving:
    """What calls that begin now get; `problem` is why something newer is not served, in the author's words."""

    revision: str
    flows: FlowSet
    since: float
    problem: str = ""


def load_all(folder: Path, known: Known) -> FlowSet:
    """Every flow of the folder. Raises FlowError for all mistakes at once, up to a bound."""
    for path in flow_files(folder):
        if not path.is_file():  # a pipe, for instance: reading it might never end
            raise FlowError(f"{path}: no plain file")
    found, problems = examine_set(folder, known)
    if found is not None:
        return found
    more = f"\n… and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
    raise FlowError("\n".join(map(str, problems[:TOLD])) + more)


def by_number(flows: FlowSet, numbers: Mapping[str, str]) -> dict[str, Flow]:
    """The flow of each number. Raises FlowError where the set lacks one that a number needs."""
    for did, name in numbers.items():
        if name not in flows.flows:
            there = ", ".join(sorted(flows.flows))
            raise FlowError(f"numbers.{did}.flow in the settings: there is no flow `{name}`; there are {there}")
    return {did: flows.flows[name] for did, name in numbers.items()}


def known_to(settings: Settings) -> Known:
    """What flows may name in this house. Raises FlowError for a calendar that cannot be read."""
    return Known(frozenset(settings.queues), frozenset(calendar_file.load(settings.calendar).departments))


def can_say(flows: FlowSet) -> frozenset[Prompt]:
    """Every prompt of the set that can be made ahead of a call."""
    return frozenset().union(*map(prompts_of, flows.flows.values()))


class FlowShelf:
    """`flow_for` serves; `run` watches. Errors at the start: FlowError, OSError."""

    def __init__(
        self,
        origin: Origin,
        *,
        numbers: Mapping[str, str],
        known: Callable[[], Known],
        prompts: PromptStore,
        clock: Callable[[], float],
    ) -> None:
        """`numbers`: E.164 → flow; `known`: what a flow may name; `prompts`: where those of each set have to be."""
        self._origin = origin
        self._numbers = numbers
        self._known = known
        self._prompts = prompts
        self._clock = clock
        self._asked = asyncio.Event()
        self._stopping = False
        self._publish_news: Callable[[flow_news.News], None] = flow_news.to_nobody
        self._taken = self._seen = origin.mark()
        revision, flows = origin.read(known())
        self._by_number = by_number(flows, numbers)
        self.serving = Serving(revision, flows, clock())
        self.loads, self.failures = 1, 0

    def flow_for(self, did: str) -> Flow:
        """For a call that begins now; raises KeyError for a number that is not ours."""
        return self._by_number[did]

    def reload(self) -> None:
        """Look now, and read even what has not changed."""
        self._taken = ()
        self._asked.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            with flow_news.told_in(self._origin.revisions.folder) as self._publish_news:
                self._tell()
                await self._watch()
        finally:
            self._stopping = True

    async def _watch(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._make_missing())
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), LOOK_EVERY_S)
                self._asked.clear()
                await self.look()

    async def look(self) -> None:
        """Serve what there is now, if it has changed and can be served."""
        before = self._seen
        with suppress(OSError):  # a folder that vanishes while it is looked at: the next look knows more
            self._seen = self._origin.mark()
        mark = self._seen
        if mark == self._taken or mark != before:
            return
        self._taken = mark
        self.loads += 1
        await self._take()
        self._tell()

    async def _take(self) -> None:
        try:
            serving, flows = await asyncio.to_thread(self._read)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with files of others, callers get what they got
            self._refuse(error)
            return
        same = serving.revision == self.serving.revision
        self.serving = replace(serving, since=self.serving.since) if same else serving
        self._by_number = flows
        log.info("flows.served", revision=serving.revision, flows=len(serving.flows.flows))

    def _read(self) -> tuple[Serving, dict[str, Flow]]:
        """In a thread. The prompts first: a set whose words cannot be said would be silence."""
        revision, flows = self._origin.read(self._known())
        found = by_number(flows, self._numbers)
        self._prompts.build(can_say(flows), self._go_on)
        return Serving(revision, flows, self._clock()), found

    def _refuse(self, error: Exception) -> None:
        self.failures += 1
        problem = (
            str(error) if isinstance(error, FlowError | SpeechError | OSError) else f"{type(error).__name__}: {error}"
        )
        self.serving = replace(self.serving, problem=problem)
        log.error("flows.refused", reason=problem, revision=self.serving.revision)

    def _tell(self) -> None:
        self._publish_news(flow_news.News(self.serving.revision, self.loads, self.serving.problem))

    async def _make_missing(self) -> None:
        """At the start calls are served at once: there is nothing else to serve, and prompts are made on demand."""
        try:
            made = await asyncio.to_thread(self._prompts.build, can_say(self.serving.flows), self._go_on)
        except Exception as error:  # noqa: BLE001 - a speech command can fail in any way; callers are served all the same
            log.error("flows.prompts_missing", reason=str(error))  # noqa: TRY400 - the command's words, not a trace
        else:
            if made:
                log.info("flows.prompts_made", prompts=made)

    def _go_on(self, _done: int, _total: int) -> None:
        """A server that stops does not wait until hundreds of prompts are made."""
        if self._stopping:
            raise FlowError("the server stops")


def _mark(path: Path) -> Mark:
    try:
        seen = path.stat()
    except OSError:
        return (path.name,)
    return path.name, seen.st_mtime_ns, seen.st_size, seen.st_ino
