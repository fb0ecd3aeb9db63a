"""What a caller needs an agent to be able to do, and how that is relaxed while the caller waits.

A need is a set of alternatives, each a set of (skill, lowest level): after 60 s a lower level will do, after 180 s
another department may help. Whoever has waited longer never needs more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from telephony.core.rules import Relaxation

Skill = tuple[str, int]  # a skill and its lowest level
Alternatives = frozenset[frozenset[Skill]]


def personal(agent: str) -> str:
    """The skill to be this agent, which nobody else has; a queue's name never begins so."""
    return f"@{agent}"


def required(skills: Mapping[str, int]) -> Alternatives:
    """All of them; a level of 0 asks nothing."""
    return frozenset({_skills(skills)})


def relaxed(need: Alternatives, relaxations: Iterable[Relaxation]) -> Alternatives:
    """The need after these relaxations, one after another."""
    for relaxation in relaxations:
        need = frozenset(each for skills in need for each in _relax(skills, relaxation))
    return need


def meets(skills: Mapping[str, int], need: Alternatives) -> bool:
    """Whether an agent with these skills will do."""
    return any(all(skills.get(skill, 0) >= level for skill, level in each) for each in need)


def _relax(skills: frozenset[Skill], rule: Relaxation) -> tuple[frozenset[Skill], ...]:
    levels = dict(skills)
    before = levels.pop(rule.skill, None)
    if before is None:
        return (skills,)
    if rule.instead is None:
        return (_skills(levels | {rule.skill: min(before, rule.level)}),)
    return skills, _skills(levels | {rule.instead: max(levels.get(rule.instead, 0), rule.level)})


def _skills(levels: Mapping[str, int]) -> frozenset[Skill]:
    return frozenset((skill, level) for skill, level in levels.items() if level > 0)
