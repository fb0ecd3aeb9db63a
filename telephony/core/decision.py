"""A decision of the line, written down: who was chosen by which rule, who comes next, and why the others wait on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from telephony.core.agent import Agent
from telephony.core.ids import InteractionId
from telephony.core.place import Choice, Orders, Place, Rule
from telephony.core.views import Lane
from telephony.core.waiting import Waiting

MOST_NEXT = 4


class Reason(StrEnum):
    """Why a caller was not the one for this agent."""

    LATER = "later"
    AFTER_ACCESSIBILITY = "after_accessibility"
    NOT_THIS_TURN = "not_this_turn"
    SKILLS = "skills"
    RESERVE = "reserve"


@dataclass(frozen=True, slots=True)
class Contender:
    waiting: Waiting
    key: float  # when the call counts as having come: the first arrival minus the boosts
    overdue: bool
    relaxed: bool  # less is required by now than at first
    reason: Reason | None = None  # None: the winner


@dataclass(frozen=True, slots=True)
class Decision:
    rule: Rule
    winner: Contender
    agent: Agent
    following: tuple[Contender, ...]  # the next in the order, four at most
    rest: Mapping[Reason, int]  # how many more wait, and why

    @property
    def waiting(self) -> int:
        """Callers in the line at that moment, the winner among them."""
        return 1 + len(self.following) + sum(self.rest.values())


@dataclass(frozen=True, slots=True)
class Judge:
    """Says of each caller in the line why it was not the one."""

    choice: Choice
    bit: int  # the agent
    able: bytearray  # of each need, whether the agent will do
    reserved: int  # the agents in reserve

    def reason(self, lane: Lane, *, overdue: bool) -> Reason:
        """Of those for whom the agent would do."""
        if lane is Lane.STANDARD and not overdue and self.reserved & self.bit:
            return Reason.RESERVE
        if self.choice.rule is Rule.OVERDUE_TURN and not overdue:
            return Reason.NOT_THIS_TURN
        if self.choice.rule is Rule.ACCESSIBILITY_FIRST and lane is Lane.STANDARD:
            return Reason.AFTER_ACCESSIBILITY
        return Reason.LATER

    def reason_of(self, place: Place) -> Reason:
        able = place.need.mask & self.bit
        return self.reason(place.waiting.lane, overdue=place.overdue) if able else Reason.SKILLS

    def contender(self, place: Place) -> Contender:
        reason = None if place.waiting is self.choice.waiting else self.reason_of(place)
        return Contender(place.waiting, place.key[0], place.overdue, place.relaxed, reason)

    def decision(self, orders: Orders, places: Mapping[InteractionId, Place]) -> Decision:
        winner = self.choice.waiting.interaction
        lanes = orders.leading(MOST_NEXT + 1)
        others = [places[key[2]] for key in lanes if key[2] != winner][:MOST_NEXT]
        following = tuple(map(self.contender, others))
        rest = Counter[Reason]()
        for order, lane, overdue in orders.kinds():
            able = order.able(self.able)
            rest[self.reason(lane, overdue=overdue)] += able
            rest[Reason.SKILLS] += len(order) - able
        won = places[winner]
        rest.subtract([self.reason_of(won), *(each.reason for each in following if each.reason)])
        return Decision(self.choice.rule, self.contender(won), self.choice.agent, following, +rest)
