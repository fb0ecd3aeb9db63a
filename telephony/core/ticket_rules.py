"""Which interactions need a ticket, and about what: rules in order, the first that applies decides.

What is about the same thing (`topic`) and of the same person as an open ticket is entered there instead of opened
twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from telephony.core.ids import QueueName
from telephony.core.views import CallView, Lane, Outcome


@dataclass(frozen=True, slots=True)
class EndedCall:
    """What is known of an interaction that has ended. `mos` is the worst that was measured, None where none was."""

    call: CallView
    dispositions: tuple[str, ...] = ()
    mos: float | None = None

    @property
    def waited_s(self) -> float:
        """From entering the line, or else arriving, to the answer, or else the end."""
        call = self.call
        since = call.queued_at or call.arrived_at
        return (call.answered_at or call.ended_at or since) - since


@dataclass(frozen=True, slots=True)
class TicketRule:
    """Applies where every condition that it names holds. Without a `subject` there is no ticket.

    `path` are patterns of `flow.node` [fnmatch], one of which the caller has passed.
    """

    subject: str | None = None
    topic: str | None = None  # None: that of the queue
    closed: bool = False  # nothing is left to be done
    outcomes: frozenset[Outcome] = frozenset()
    queues: frozenset[QueueName] = frozenset()
    lanes: frozenset[Lane] = frozenset()
    dispositions: frozenset[str] = frozenset()
    path: tuple[str, ...] = ()
    waited_s: float = 0.0  # at least
    mos_below: float | None = None

    def applies(self, ended: EndedCall) -> bool:
        call = ended.call
        return (
            (not self.outcomes or call.outcome in self.outcomes)
            and (not self.queues or call.queue in self.queues)
            and (not self.lanes or call.lane in self.lanes)
            and (not self.dispositions or not self.dispositions.isdisjoint(ended.dispositions))
            and (not self.path or any(fnmatchcase(step, wanted) for wanted in self.path for step in call.path))
            and ended.waited_s >= self.waited_s
            and (self.mos_below is None or (ended.mos is not None and ended.mos < self.mos_below))
        )


def decide(ended: EndedCall, rules: Sequence[TicketRule]) -> TicketRule | None:
    """The rule whose ticket it gets, or None."""
    rule = next((each for each in rules if each.applies(ended)), None)
    return rule if rule and rule.subject else None
