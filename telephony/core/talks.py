"""The talks under way on one node: who is on hold, when an agent's phone has left, and who talks on outside.

Pure. It outlives the AGI session of a call, which ends with a transfer while the caller lives on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from telephony.core.channels import ChannelInput, Channels, Entered, Fact, Gone, Seen
from telephony.core.events import AgentLeft, CallHeld, CallLeftHouse
from telephony.core.ids import InteractionId, Uniqueid

News = AgentLeft | CallHeld | CallLeftHouse

_HOLDS = {ChannelInput.HOLD: True, ChannelInput.UNHOLD: False}


@dataclass(frozen=True, slots=True)
class Talk:
    """A caller and the agent's phone that answered."""

    interaction: InteractionId
    attempt: int
    caller: Uniqueid
    agent: Uniqueid


class Talks:
    def __init__(self) -> None:
        self.channels = Channels()
        self._by_caller: dict[Uniqueid, Talk] = {}
        self._by_agent: dict[Uniqueid, Uniqueid] = {}  # the agent's channel → the caller's
        self._alone: set[Uniqueid] = set()  # callers whose agent has left

    def __len__(self) -> int:
        return len(self._by_caller)

    def answered(self, interaction: InteractionId, attempt: int, caller: Uniqueid, agent: Uniqueid) -> None:
        """The agent's phone of this attempt has answered the caller."""
        if self.channels.cause(caller) is None and self.channels.cause(agent) is None:
            self._forget(caller)
            self._by_caller[caller] = Talk(interaction, attempt, caller, agent)
            self._by_agent[agent] = caller

    def begin_anew(self, caller: Uniqueid) -> list[News]:
        """The caller has been handed over to a number of ours: whatever was before, a new talk will follow.

        That may be heard before the end of the agent's phone, which would then be nobody's.
        """
        talk = self._by_caller.get(caller)
        left = talk is not None and caller not in self._alone
        self._forget(caller)
        return [AgentLeft(talk.interaction, talk.attempt)] if talk and left else []

    def hear(self, fact: Fact) -> list[News]:
        """Take a fact in; what it means for the talks."""
        self.channels.hear(fact)
        news: list[News] = []
        if isinstance(fact, Seen) and fact.given in _HOLDS and (talk := self._talk_of_agent(fact.uniqueid)):
            news.append(CallHeld(talk.interaction, talk.attempt, _HOLDS[fact.given]))
        if isinstance(fact, Gone):
            self._forget(fact.uniqueid)
            if (caller := self._by_agent.pop(fact.uniqueid, None)) is not None:
                self._alone.add(caller)
                talk = self._by_caller[caller]
                news.append(AgentLeft(talk.interaction, talk.attempt))
        return news + self._outside()

    def met(self, fact: Fact, dialled_for: Callable[[Uniqueid], bool]) -> tuple[Uniqueid, Uniqueid] | None:
        """A caller for whom a dial is under way, and whoever is in the bridge with that caller: after a pickup, or an
        answer that was lost, nothing else tells of it. None where this is known, or not so.
        """
        if not isinstance(fact, Entered):
            return None
        for caller in (fact.uniqueid, *self.channels.partners(fact.uniqueid)):
            others = sorted(self.channels.partners(caller))
            if others and caller not in self._by_caller and dialled_for(caller):
                return caller, others[0]
        return None

    def keep_only(self, uniqueids: frozenset[Uniqueid]) -> list[News]:
        """A snapshot's channels: what is not among them has gone unheard."""
        self.channels.keep_only(uniqueids)
        ends = {*self._by_caller, *self._by_agent} - uniqueids
        callers_first = sorted(ends, key=lambda each: each not in self._by_caller)
        return [news for uniqueid in callers_first for news in self.hear(Gone(uniqueid, 0))]

    def _outside(self) -> list[News]:
        out = [self._by_caller[caller] for caller in self._alone if self._talks_outside(caller)]
        for talk in out:
            self._forget(talk.caller)  # there is nothing more to learn
        return [CallLeftHouse(talk.interaction, talk.attempt) for talk in out]

    def _forget(self, caller: Uniqueid) -> None:
        if talk := self._by_caller.pop(caller, None):
            self._by_agent.pop(talk.agent, None)
            self._alone.discard(caller)

    def _talk_of_agent(self, agent: Uniqueid) -> Talk | None:
        caller = self._by_agent.get(agent)
        return self._by_caller[caller] if caller is not None else None

    def _talks_outside(self, caller: Uniqueid) -> bool:
        partners = (self.channels.get(each) for each in self.channels.partners(caller))
        return any(partner.outside for partner in partners if partner)
