"""The life of an agent as a table, and the agent's record.

Whether the phone is free is not a state but a fact beside it (`device`): an available agent whose phone is in use is
shown as busy, or as unreachable where the phone has lost its registration, and gets no call; when the phone is free,
the agent is available again without anyone's doing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from telephony.core.devices import FREE_DEVICE, NO_DEVICE
from telephony.core.ids import AgentId, InteractionId
from telephony.core.views import AgentState

S = AgentState


class AgentInput(StrEnum):
    SIGN_IN = "sign_in"
    READY = "ready"
    PAUSE = "pause"
    SIGN_OUT = "sign_out"
    OFFER = "offer"
    RING = "ring"
    PICK_UP = "pick_up"
    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    RELEASE = "release"
    SET_ASIDE = "set_aside"
    FINISH_TALK = "finish_talk"
    WRAPPED_UP = "wrapped_up"


I = AgentInput  # noqa: E741 - the table below reads best narrow

TRANSITIONS: dict[AgentState, dict[AgentInput, AgentState]] = {
    S.OFF: {I.SIGN_IN: S.PAUSED},
    S.PAUSED: {I.READY: S.AVAILABLE, I.PAUSE: S.PAUSED, I.PICK_UP: S.TALKING, I.SIGN_OUT: S.OFF},
    # Picked up: the phone has taken a call that was offered to another, or that a server before us had offered.
    S.AVAILABLE: {I.OFFER: S.OFFERED, I.PICK_UP: S.TALKING, I.PAUSE: S.PAUSED, I.SIGN_OUT: S.OFF},
    # Pausing or signing out during a call is kept as a wish and done after it (`Agent.wish`).
    S.OFFERED: {I.RING: S.RINGING, I.RELEASE: S.AVAILABLE, I.SET_ASIDE: S.NOT_ANSWERING},
    S.RINGING: {I.ANSWER: S.TALKING, I.RELEASE: S.AVAILABLE, I.SET_ASIDE: S.NOT_ANSWERING},
    S.TALKING: {I.HOLD: S.HOLDING, I.FINISH_TALK: S.WRAP_UP},
    S.HOLDING: {I.RESUME: S.TALKING, I.FINISH_TALK: S.WRAP_UP},
    S.NOT_ANSWERING: {I.READY: S.AVAILABLE, I.PAUSE: S.PAUSED, I.PICK_UP: S.TALKING, I.SIGN_OUT: S.OFF},
    S.WRAP_UP: {
        I.WRAPPED_UP: S.AVAILABLE,
        I.READY: S.AVAILABLE,
        I.PICK_UP: S.TALKING,
        I.PAUSE: S.PAUSED,
        I.SIGN_OUT: S.OFF,
    },
}

IN_TALK = frozenset({S.TALKING, S.HOLDING})
IN_CALL = IN_TALK | {S.OFFERED, S.RINGING}
AWAY = frozenset({S.PAUSED, S.NOT_ANSWERING})  # signed in, and not to be offered anything


@dataclass(frozen=True, slots=True)
class Agent:
    agent: AgentId
    endpoint: str
    skills: Mapping[str, int] = field(default_factory=dict)
    state: AgentState = S.OFF
    reason: str = ""
    since: float = 0.0
    idle_since: float = 0.0
    interaction: InteractionId | None = None
    device: str = ""  # Asterisk's last word on the phone; empty: none yet
    wish: AgentInput | None = None  # PAUSE or SIGN_OUT, asked for during a call
    wish_reason: str = ""

    @property
    def free(self) -> bool:
        return self.state is S.AVAILABLE and self.device in FREE_DEVICE

    @property
    def on_shift(self) -> bool:
        return self.state is not S.OFF

    @property
    def shown_state(self) -> AgentState:
        if self.state is not S.AVAILABLE or self.free:
            return self.state
        return S.UNREACHABLE if self.device in NO_DEVICE else S.BUSY

    def can_serve(self, requires: Mapping[str, int]) -> bool:
        """Whether every required skill is there at its level or above."""
        return all(self.skills.get(skill, 0) >= level for skill, level in requires.items())

    def with_device(self, device: str, now: float) -> Agent:
        """The phone as it is now. A call of the phone's own was no idleness: who comes from it has just become idle."""
        after = replace(self, device=device)
        worked = self.state is S.AVAILABLE and self.shown_state is S.BUSY and after.free
        return replace(after, idle_since=now) if worked else after

    def step(self, given: AgentInput, now: float, *, reason: str = "") -> Agent | None:
        """The agent after this input, or None where it means nothing in this state."""
        state = TRANSITIONS[self.state].get(given)
        if state is None:
            return None
        return replace(
            self,
            state=state,
            reason=reason,
            since=now,
            idle_since=now if state is S.AVAILABLE and given is not I.RELEASE else self.idle_since,
        )
