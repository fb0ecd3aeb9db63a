"""Which interactions need a ticket, as the operator writes it: a YAML file, checked, every error placed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ivr_flows.errors import FlowError
from telephony.core.ids import QueueName
from telephony.core.ticket_rules import TicketRule
from telephony.core.views import Lane, Outcome
from telephony.guidance.dispositions_file import Code
from telephony.guidance.strict_file import Strict, printable, read

MOST = 200  # rules: more nobody can follow

Subject = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(printable)]
Topic = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Step = Annotated[str, Field(pattern=r"^[a-z0-9_*?-]+\.[a-z0-9_*?-]+$")]


class RuleEntry(Strict):
    """Conditions that are not named hold always. `subject: null` means that no ticket is opened."""

    subject: Subject | None
    topic: Topic | None = None
    closed: bool = False
    outcomes: frozenset[Outcome] = frozenset()
    queues: frozenset[str] = frozenset()
    lanes: frozenset[Lane] = frozenset()
    dispositions: frozenset[Code] = frozenset()
    path: tuple[Step, ...] = ()
    waited_s: float = Field(default=0.0, ge=0)
    mos_below: float | None = Field(default=None, ge=1, le=5)


class TicketRulesFile(Strict):
    rules: Annotated[tuple[RuleEntry, ...], Field(max_length=MOST)]


def load(path: Path, queues: Collection[str]) -> tuple[TicketRule, ...]:
    """The rules in order. Raises FlowError `file:line:column: …` for the first thing that is wrong."""
    file, known = read(path, TicketRulesFile)
    for at, rule in enumerate(known.rules):
        if unknown := sorted(rule.queues.difference(queues)):
            raise FlowError(f"there is no queue `{unknown[0]}` in the settings", file.place(("rules", at, "queues")))
    return tuple(_rule(each) for each in known.rules)


def findings(path: Path, dispositions: Collection[str]) -> Iterator[str]:
    """Codes that no list of dispositions has: their rules never apply, and nothing else is wrong with them."""
    file, known = read(path, TicketRulesFile)
    for at, rule in enumerate(known.rules):
        if unknown := sorted(rule.dispositions.difference(dispositions)):
            place = file.place(("rules", at, "dispositions"))
            yield f"{place}: no queue has the disposition `{unknown[0]}`"


def _rule(entry: RuleEntry) -> TicketRule:
    given = {name: getattr(entry, name) for name in RuleEntry.model_fields}
    return TicketRule(**{**given, "queues": frozenset(map(QueueName, entry.queues))})
