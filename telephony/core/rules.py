"""What the engine goes by, set by the house's configuration: times and order per queue, and what holds for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from telephony.core.hours import Hours
from telephony.core.ids import QueueName

MAX_BOOST_S = 600.0  # what all boosts of a caller come to at most


class Boost(StrEnum):
    """Why a caller may stand in the line as if the call had come earlier."""

    OUTAGE = "outage"
    REPEAT = "repeat"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Who has waited `after_s` needs `skill` at `level` only (0: not at all); or `instead` at `level` will do, too."""

    after_s: float
    skill: str
    level: int
    instead: str | None = None


class OverflowWhy(StrEnum):
    """Why a caller goes on without having been served."""

    WAITED = "waited"
    AHEAD = "ahead"
    AGENTS = "agents"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class OverflowRule:
    """Who has waited `after_s` here, stands with so many `ahead`, has fewer than `agents_below` on shift, or is likely
    to wait `expected_s`.
    """

    after_s: float | None = None
    ahead: int | None = None
    agents_below: int = 0
    expected_s: float | None = None


class FirstLeg(StrEnum):
    """Whom a call-back rings first."""

    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class CallBackRules:
    first: FirstLeg = FirstLeg.AGENT
    attempts: int = 3  # then nobody is called any more
    pause_s: float = 900.0  # from one try to the next
    ring_s: float = 30.0  # how long the customer's phone rings
    hours: Hours = field(default_factory=Hours)


@dataclass(frozen=True, slots=True)
class QueueRules:
    max_wait_s: float = 1200.0  # who waits longer is overdue
    wrap_up_s: float = 0.0
    ring_timeout_s: float = 20.0
    boosts: Mapping[Boost, float] = field(default_factory=dict)  # seconds
    boost_cap_s: float = MAX_BOOST_S
    relax: tuple[Relaxation, ...] = ()
    reserve: int = 0  # so many free agents trained in accessibility are kept for its callers
    overflow: OverflowRule = OverflowRule()
    call_back: CallBackRules = CallBackRules()
    disposition: bool = False  # one is required before the next call

    def boost_s(self, boosts: frozenset[Boost]) -> float:
        """Those boosts in sum, capped."""
        return min(self.boost_cap_s, sum(self.boosts.get(boost, 0.0) for boost in boosts))


@dataclass(frozen=True, slots=True)
class Rules:
    queues: Mapping[QueueName, QueueRules] = field(default_factory=dict)
    pop_paint_s: float = 0.25  # the dial follows the painted pop, or this time without it
    nodes_out: tuple[str, ...] = ()  # from which customers can be called

    def of(self, queue: QueueName | None) -> QueueRules:
        return (self.queues.get(queue) if queue else None) or QueueRules()
