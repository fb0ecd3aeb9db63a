"""What helps a consultant during a call, put together from the settings: dispositions, scripts, articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Iterator

from telephony.core.commands import Command, DispositionChanged
from telephony.core.events import DispositionsRecovered
from telephony.core.rules import Rules
from telephony.guidance import dispositions_file, script_file, ticket_rules_file
from telephony.knowledge import Knowledge
from telephony.settings import Settings
from telephony.store.store import Store


class DuringCall:
    """Errors: FlowError for a file that is wrong, with its place."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self.dispositions = dispositions_file.load(settings.dispositions, settings.queues)
        self.ticket_rules = ticket_rules_file.load(settings.ticket_rules, settings.queues)
        self.scripts = script_file.load_all(settings.scripts, settings.queues)
        self.knowledge = Knowledge(settings.articles, store.articles)
        self._given: Counter[tuple[str, ...]] = Counter(
            {(queue, each.code): 0 for queue, choices in self.dispositions.items() for each in choices}
        )
        self._owed: set[tuple[str, str]] = set()

    @property
    def rules(self) -> Rules:
        """What the core needs to know, dispositions included."""
        voluntary = {name for name, queue in self._settings.queues.items() if not queue.disposition_required}
        return dispositions_file.asked_for(self._settings.rules, self.dispositions, voluntary)

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        yield self.knowledge.run()

    async def recovered(self) -> DispositionsRecovered:
        """Errors: StoreError."""
        owed = await self._store.dispositions.owed()
        self._owed.update((each.interaction, each.agent) for each in owed)
        return DispositionsRecovered(owed)

    def publish(self, command: Command, _now: float) -> None:
        """A subscriber of the pump: counts for the metrics."""
        if not isinstance(command, DispositionChanged):
            return
        known = command.disposition
        if known.code is None:
            self._owed.add((known.interaction, known.agent))
        else:
            self._owed.discard((known.interaction, known.agent))
            self._given[known.queue, known.code] += 1

    def given(self) -> dict[tuple[str, ...], float]:
        """How often each was given since the start, by queue and code."""
        return {key: float(count) for key, count in self._given.items()}

    def owed(self) -> float:
        return float(len(self._owed))
