"""The agents that are free, and who of them will do for a need: one bit for each agent, one mask for each need.

So "is anybody free for this need?" is one AND however many agents there are, and the longest idle one with the best
fit is found without looking at them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_

from telephony.core.agent import Agent
from telephony.core.ids import AgentId
from telephony.core.needs import Alternatives, Skill, meets, required
from telephony.core.sorted_keys import SortedKeys

ACCESSIBILITY_SKILL = "accessibility"  # what an agent trained in accessibility has


@dataclass(slots=True, eq=False)
class Need:
    """`mask`: the agents, free or not, who will do. `number`: the how-manieth need this is. `passed_by`: how many of
    them in a row were given to others while somebody of this need was overdue.
    """

    alternatives: Alternatives
    number: int
    mask: int = 0
    passed_by: int = 0

    def rivals(self, other: Need) -> bool:
        """Whether one agent will do for both."""
        return self is other or self.mask & other.mask != 0


class FreeAgents:
    def __init__(self) -> None:
        self._bits: dict[AgentId, int] = {}  # the place of each agent's bit; kept for good
        self._skills: dict[AgentId, Mapping[str, int]] = {}
        self._names: list[AgentId] = []
        self._with: dict[Skill, int] = {}  # who has it, at that level or above
        self._all = 0
        self._needs: dict[Alternatives, Need] = {}
        self._numbered: list[Need] = []
        self._able: dict[AgentId, bytearray] = {}  # as far as it was asked for
        self._free: dict[AgentId, Agent] = {}
        self._idle: SortedKeys[tuple[float, AgentId]] = SortedKeys()  # the longest idle one first
        self._trained = self.need(required({ACCESSIBILITY_SKILL: 1}))
        self.mask = 0

    def add(self, agent: Agent) -> None:
        """This agent is free, with these skills, since `idle_since`."""
        self.remove(agent.agent)
        if self._skills.get(agent.agent) != agent.skills:
            self._learn(agent)
        self._free[agent.agent] = agent
        self._idle.add((agent.idle_since, agent.agent))
        self.mask |= 1 << self._bits[agent.agent]

    def remove(self, agent: AgentId) -> None:
        if known := self._free.pop(agent, None):
            self._idle.remove((known.idle_since, agent))
            self.mask &= ~(1 << self._bits[agent])

    def need(self, alternatives: Alternatives) -> Need:
        """The one record of this need."""
        need = self._needs.get(alternatives)
        if need is None:
            need = self._needs[alternatives] = Need(alternatives, len(self._needs))
            self._numbered.append(need)
            for skills in alternatives:
                need.mask |= reduce(and_, map(self._having, skills), self._all)
        return need

    def bit(self, agent: AgentId) -> int:
        """The agent as a mask of one."""
        return 1 << self._bits[agent]

    def able(self, agent: AgentId) -> bytearray:
        """Of each need, by its number, whether the agent will do: 1 or 0."""
        able, bit = self._able.setdefault(agent, bytearray()), self._bits[agent]
        able.extend(need.mask >> bit & 1 for need in self._numbered[len(able) :])
        return able

    def reserved(self, queue: Need, least: int) -> int:
        """The free agents of the queue who are trained in accessibility, where they are no more than `least`."""
        trained = self.mask & queue.mask & self._trained.mask
        return trained if trained.bit_count() <= least else 0

    def best(self, able: int, wishes: Mapping[str, int]) -> Agent:
        """Of those free in `able` (not empty): who meets most wishes, and of these the longest idle one."""
        best = self._most_wishes(able & self.mask, wishes)
        return self._free[self._longest_idle(best)]

    def _most_wishes(self, able: int, wishes: Mapping[str, int]) -> int:
        tiers = [able]  # tiers[n]: who meets n wishes or more
        for wish in wishes.items():
            having = self._having(wish)
            tiers = [able, *(more | fewer & having for fewer, more in zip(tiers, [*tiers[1:], 0], strict=True))]
        return next(tier for tier in reversed(tiers) if tier)

    def _longest_idle(self, able: int) -> AgentId:
        """Few are looked at one by one; of many, one of the longest idle will be among them."""
        if able.bit_count() ** 2 <= len(self._idle):
            names = (self._names[bit] for bit in _bits(able))
            return min(names, key=lambda name: (self._free[name].idle_since, name))
        return next(name for _, name in self._idle if able >> self._bits[name] & 1)

    def _having(self, skill: Skill) -> int:
        """Who has the skill at this level or above."""
        mask = self._with.get(skill)
        if mask is None:
            able = (self._bits[agent] for agent, skills in self._skills.items() if _has(skills, skill))
            mask = self._with[skill] = sum(1 << bit for bit in able)
        return mask

    def _learn(self, agent: Agent) -> None:
        """New skills: the masks of all skills and needs that are known."""
        bit = self._bits.setdefault(agent.agent, len(self._names))
        if bit == len(self._names):
            self._names.append(agent.agent)
            self._all |= 1 << bit
        self._skills[agent.agent] = skills = dict(agent.skills)
        self._able.pop(agent.agent, None)
        for skill, mask in self._with.items():
            self._with[skill] = mask & ~(1 << bit) | _has(skills, skill) << bit
        for need in self._needs.values():
            need.mask = need.mask & ~(1 << bit) | meets(skills, need.alternatives) << bit


def _has(skills: Mapping[str, int], skill: Skill) -> bool:
    return skills.get(skill[0], 0) >= skill[1]


def _bits(mask: int) -> list[int]:
    places = []
    while mask:
        lowest = mask & -mask
        places.append(lowest.bit_length() - 1)
        mask ^= lowest
    return places
