"""The places in the line: each caller's key and need, the orders they stand in, and what a choice among them is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from telephony.core.agent import Agent
from telephony.core.free_agents import Need
from telephony.core.needs import Alternatives
from telephony.core.order import Key, Order
from telephony.core.views import Lane
from telephony.core.waiting import Waiting

OVERDUE_TURN = 3  # every third assignment, while someone is overdue


class Rule(StrEnum):
    ACCESSIBILITY_FIRST = "accessibility_first"
    OVERDUE_TURN = "overdue_turn"
    FIRST_COME = "first_come"


@dataclass(frozen=True, slots=True)
class Choice:
    waiting: Waiting
    agent: Agent
    rule: Rule


@dataclass(slots=True)
class Place:
    """Where a caller stands: `key` among those of the lane, `need` as relaxed by now."""

    waiting: Waiting
    key: Key
    need: Need
    asked: Alternatives  # before anything was relaxed
    changes: list[float]  # when it will be overdue or need less; the next one last
    overdue: bool = False

    @property
    def relaxed(self) -> bool:
        return self.need.alternatives != self.asked

    @property
    def age_key(self) -> Key:
        return self.waiting.first_arrival, self.waiting.sequence, self.waiting.interaction


@dataclass(slots=True)
class Orders:
    """The callers of each lane; of the standard lane, those who are overdue stand apart, and once more by age."""

    accessibility: Order = field(default_factory=Order)
    standard: Order = field(default_factory=Order)
    overdue: Order = field(default_factory=Order)
    oldest: Order = field(default_factory=Order)
    _due: set[Need] = field(default_factory=set)  # whose turn it is

    def of(self, place: Place) -> Order:
        if place.waiting.lane is Lane.ACCESSIBILITY:
            return self.accessibility
        return self.overdue if place.overdue else self.standard

    def add(self, place: Place) -> None:
        self.of(place).add(place.key, place.need)
        if place.overdue:
            self.oldest.add(place.age_key, place.need)

    def remove(self, place: Place) -> None:
        self.of(place).remove(place.key, place.need)
        if place.overdue:
            self.oldest.remove(place.age_key, place.need)
            if place.need not in self.oldest.needs():
                self.count(place.need, 0)

    def due(self, free: int) -> int:
        """The free agents of whom an overdue caller has the next: those before who would have done went to others."""
        due = 0
        for need in self._due:
            due |= need.mask & free
        return due

    def given(self, able: bytearray, *, overdue: bool) -> None:
        """An agent who is `able` to meet these needs has got a caller, `overdue` or not."""
        for need in self.oldest.needs():
            if not able[need.number]:
                continue
            if overdue:
                self.count(need, 0)
            else:
                need.passed_by += 1
                if need.passed_by == OVERDUE_TURN - 1:  # from then on it is due; no call for each of the others
                    self._due.add(need)

    def count(self, need: Need, passed_by: int) -> None:
        need.passed_by = passed_by
        if passed_by >= OVERDUE_TURN - 1:
            self._due.add(need)
        else:
            self._due.discard(need)

    def kinds(self) -> tuple[tuple[Order, Lane, bool], ...]:
        """Each order of callers, with its lane and whether they are overdue."""
        return (
            (self.accessibility, Lane.ACCESSIBILITY, False),
            (self.standard, Lane.STANDARD, False),
            (self.overdue, Lane.STANDARD, True),
        )

    def leading(self, most: int) -> list[Key]:
        """The first callers, lane by lane."""
        first = self.accessibility.leading(most)
        left = most - len(first)
        return first + sorted(self.standard.leading(left) + self.overdue.leading(left))[:left]
