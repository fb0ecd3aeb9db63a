"""The agents: one table-driven record each, and the wishes (pause, sign out) that wait for the end of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from telephony.core.agent import AWAY, IN_CALL, Agent, AgentInput
from telephony.core.commands import AgentChanged, PhoneChanged
from telephony.core.devices import FREE_DEVICE, Devices, in_use
from telephony.core.ids import AgentId, InteractionId
from telephony.core.needs import personal
from telephony.core.views import AgentState


class Roster:
    """`changed` receives each visible change, in order."""

    def __init__(self, changed: Callable[[AgentChanged | PhoneChanged], None]) -> None:
        self._agents: dict[AgentId, Agent] = {}
        self._at: dict[str, dict[AgentId, None]] = {}  # endpoint → whose phone it is, in order
        self._devices = Devices()  # told before anybody signs in there, too
        self._shown: dict[str, str] = {}  # endpoint → what was last made known of it
        self._changed = changed
        self.shifts = 0  # how often somebody has signed in or out
        self._freed: Callable[[Agent], None] = lambda _: None
        self._taken: Callable[[AgentId], None] = lambda _: None

    def look_on(self, freed: Callable[[Agent], None], taken: Callable[[AgentId], None]) -> None:
        """From now on, who becomes free (or is, with other skills) and who is free no more is told at once."""
        self._freed, self._taken = freed, taken

    def all(self) -> tuple[Agent, ...]:
        return tuple(self._agents.values())

    def get(self, agent: AgentId | None) -> Agent | None:
        return self._agents.get(agent) if agent else None

    def serving(self, agent: AgentId | None, interaction: InteractionId) -> Agent | None:
        """The agent, if this very call is the one in hand."""
        found = self.get(agent)
        return found if found and found.interaction == interaction else None

    def sign_in(self, agent: AgentId, endpoint: str, skills: Mapping[str, int], now: float) -> None:
        """Signing in again during a call takes the wish to sign out back."""
        known = self._agents.get(agent) or Agent(agent, endpoint, idle_since=now, since=now)
        wish = None if known.wish is AgentInput.SIGN_OUT else known.wish
        device = self._devices.state(endpoint)
        own = dict(skills) | {personal(agent): 1}
        self._put(known, replace(known, endpoint=endpoint, skills=own, device=device, wish=wish))
        self.step(agent, AgentInput.SIGN_IN, now, reason="signed_in")

    def device(self, node: str, endpoint: str, state: str, now: float) -> bool:
        """Whether a phone that was in use is so no more, at no node."""
        used = in_use(self._devices.state(endpoint))
        self._devices.changed(node, endpoint, state)
        self._look_at((endpoint,), now)
        return used and not in_use(self._devices.state(endpoint))

    def node_lost(self, node: str, now: float) -> None:
        """What this node said of phones gives way to what others say."""
        self._look_at(self._devices.lost(node), now)

    def node_of(self, agent: Agent, near: str) -> str:
        """Where the agent's phone is registered; `near` where it may be there, or nobody knows."""
        return self._devices.node_of(agent.endpoint, near)

    def _look_at(self, endpoints: Iterable[str], now: float) -> None:
        for endpoint in endpoints:
            state = self._devices.state(endpoint)
            if self._shown.get(endpoint) != state:
                self._shown[endpoint] = state
                self._changed(PhoneChanged(endpoint, state))
            for agent in self._of_phone(endpoint):
                self._put(agent, agent.with_device(state, now))

    def step(
        self,
        agent: AgentId,
        given: AgentInput,
        now: float,
        *,
        reason: str = "",
        interaction: InteractionId | None = None,
    ) -> bool:
        """Give one input; False where the table does not name it."""
        before = self._agents.get(agent)
        after = before.step(given, now, reason=reason) if before else None
        if before is None or after is None:
            return False
        kept = interaction or before.interaction
        self._put(before, replace(after, interaction=kept if after.state in IN_CALL else None))
        return True

    def at(self, endpoint: str) -> AgentId | None:
        """Whose phone this is; who has signed out last of all."""
        there = self._of_phone(endpoint)
        return max(there, key=lambda agent: agent.state is not AgentState.OFF).agent if there else None

    def _of_phone(self, endpoint: str) -> list[Agent]:
        return [self._agents[agent] for agent in self._at.get(endpoint, ())]

    def talks(self, agent: AgentId, interaction: InteractionId, now: float) -> bool:
        """The agent's phone has this caller now; True when it came without an offer."""
        before = self._agents.get(agent)
        if before is None or before.interaction == interaction:
            self.step(agent, AgentInput.RING, now)  # the ringing may have been missed
            self.step(agent, AgentInput.ANSWER, now)
            return False
        if before.state in AWAY:  # what it was before, it will be again
            self.wish(agent, AgentInput.PAUSE, before.reason)
        return self.step(agent, AgentInput.PICK_UP, now, interaction=interaction)

    def take(self, agent: AgentId, now: float) -> bool:
        """Have the agent available for a call of the agent's own; whoever was away is so again after it."""
        before = self._agents.get(agent)
        if before is None or before.state in IN_CALL or before.device not in FREE_DEVICE:
            return False
        if before.state in AWAY:
            self.wish(agent, AgentInput.PAUSE, before.reason)
        return before.state is AgentState.AVAILABLE or self.step(agent, AgentInput.READY, now)

    def wish(self, agent: AgentId, given: AgentInput | None, reason: str = "") -> None:
        """Remember what is to happen after the call in hand; None takes it back."""
        self._agents[agent] = replace(self._agents[agent], wish=given, wish_reason=reason)

    def grant_wish(self, agent: AgentId, now: float) -> bool:
        known = self._agents[agent]
        if known.wish is None:
            return False
        self.wish(agent, None)
        return self.step(agent, known.wish, now, reason=known.wish_reason)

    def _put(self, before: Agent, after: Agent) -> None:
        self._agents[after.agent] = after
        if before.endpoint != after.endpoint:
            self._at[before.endpoint].pop(after.agent, None)
        self._at.setdefault(after.endpoint, {})[after.agent] = None
        self.shifts += before.on_shift is not after.on_shift
        self._tell_free(before, after)
        shown = (after.shown_state, after.reason, after.interaction)
        if shown != (before.shown_state, before.reason, before.interaction):
            self._changed(AgentChanged(after.agent, *shown[:2], after.since, after.interaction))

    def _tell_free(self, before: Agent, after: Agent) -> None:
        if not after.free:
            self._taken(after.agent)
        elif not before.free or before.skills != after.skills or before.idle_since != after.idle_since:
            self._freed(after)
