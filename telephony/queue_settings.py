"""The settings of the line: numbers that customers call, queues, skills of consultants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from telephony.core.hours import Hours
from telephony.core.rules import (
    MAX_BOOST_S,
    Boost,
    CallBackRules,
    FirstLeg,
    OverflowRule,
    QueueRules,
    Relaxation,
)
from telephony.settings_types import E164, CallHours, Frozen, Name


class Number(Frozen):
    """A number customers call, and what answers it."""

    flow: Name
    accessibility: bool = False
    language: Literal["pl", "en", "uk"] = "pl"  # what its callers are spoken to in


class Relax(Frozen):
    """Who has waited `after_s` needs `skill` at `level` only; or `instead` at that level will do, too."""

    after_s: float = Field(gt=0, allow_inf_nan=False)
    skill: Name
    level: int = Field(default=1, ge=0, le=10)  # 0: not at all
    instead: Name | None = None


class Overflow(Frozen):
    """When callers whose flow knows another way go on with it."""

    after_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    ahead: int | None = Field(default=None, ge=1)
    agents_below: int = Field(default=0, ge=0)
    expected_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class CallBack(Frozen):
    """How those who asked for it are called back (docs/call-backs.md)."""

    first: FirstLeg = FirstLeg.AGENT
    attempts: int = Field(default=3, ge=1, le=20)
    pause_s: float = Field(default=900.0, ge=30, le=86_400)
    ring_s: float = Field(default=30.0, ge=5, le=120)
    hours: CallHours = Hours()

    @property
    def rules(self) -> CallBackRules:
        return CallBackRules(self.first, self.attempts, self.pause_s, self.ring_s, self.hours)


class Queue(Frozen):
    title: str
    max_wait_s: float = Field(default=1200.0, gt=0, allow_inf_nan=False)
    wrap_up_s: float = Field(default=10.0, ge=0, allow_inf_nan=False)
    ring_timeout_s: float = Field(default=20.0, ge=5, le=120)
    boosts: Mapping[Boost, Annotated[float, Field(ge=0, le=MAX_BOOST_S)]] = Field(default_factory=dict)  # seconds
    boost_cap_s: float = Field(default=MAX_BOOST_S, ge=0, le=MAX_BOOST_S)
    relax: tuple[Relax, ...] = ()
    reserve: int = Field(default=0, ge=0, le=1000)  # free agents trained in accessibility, kept for its callers
    overflow: Overflow = Overflow()  # docs/flows.md
    call_back: CallBack = CallBack()
    number: E164 | None = None  # of ours, shown to whom its consultants call; the first of ours where it is not set
    disposition_required: bool = True  # before the next call, where the queue has a list of them

    @property
    def rules(self) -> QueueRules:
        relax = sorted(self.relax, key=lambda each: each.after_s)
        return QueueRules(
            self.max_wait_s,
            self.wrap_up_s,
            self.ring_timeout_s,
            self.boosts,
            self.boost_cap_s,
            tuple(Relaxation(each.after_s, each.skill, each.level, each.instead) for each in relax),
            self.reserve,
            OverflowRule(**self.overflow.model_dump()),
            self.call_back.rules,
        )


class AgentSkills(Frozen):
    """What a consultant can do, in place of what the account says."""

    skills: Mapping[Name, Annotated[int, Field(ge=1, le=10)]]
