"""What the core asks of the shell, and what it makes known.

*Commands* are carried out (`ShowPop`, `Dial`, …); *facts* are published to store, console and metrics, which never
answer back: a result returns only as a new event.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.events import AgentId, InteractionId, Lane, QueueName, Uniqueid


class Outcome(StrEnum):
    """How an interaction ended; each has exactly one (DESIGN.md, principle 7)."""

    ANSWERED = "answered"
    FALLBACK_ANSWERED = "fallback_answered"
    ABANDONED_MENU = "abandoned_menu"
    ABANDONED_LINE = "abandoned_line"
    SELF_SERVED = "self_served"
    CLOSED = "closed"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    TRANSFERRED_OUT = "transferred_out"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


class CallState(StrEnum):
    MENU = "menu"
    LINE = "line"
    OFFERED = "offered"
    RINGING = "ringing"
    TALKING = "talking"
    AFTER_TALK = "after_talk"  # the agent is gone, the caller not yet
    TRANSFERRED_OUT = "transferred_out"  # the agent is gone, the caller talks on outside the house
    SERVED = "served"  # the flow has finished by itself, the hang-up is on its way
    FALLBACK = "fallback"  # Asterisk's own queue has the caller
    FALLBACK_TALK = "fallback_talk"
    ENDED = "ended"


class AgentState(StrEnum):
    OFF = "off"
    AVAILABLE = "available"
    OFFERED = "offered"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    BUSY = "busy"  # the phone is in use by a call of its own


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as everyone outside the core sees it. Times are seconds since the epoch."""

    interaction: InteractionId
    node: str
    channel: str
    uniqueid: Uniqueid
    linkedid: str
    did: str
    caller: str | None
    codec: str
    state: CallState
    lane: Lane
    queue: QueueName | None
    arrived_at: float
    queued_at: float | None
    answered_at: float | None
    ended_at: float | None
    agent: AgentId | None
    attempt: int  # how many times it was offered to an agent
    outcome: Outcome | None
    # Of the last offer: when the pop went out, when a page had painted it, when the phone rang.
    offered_at: float | None = None
    painted_at: float | None = None
    rang_at: float | None = None


@dataclass(frozen=True, slots=True)
class ShowPop:
    """Show the call on the agent's page; answered by `PopPainted`, or the dial follows without it."""

    call: CallView
    agent: AgentId
    attempt: int
    offered_at: float


@dataclass(frozen=True, slots=True)
class HidePop:
    interaction: InteractionId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Dial:
    """Wake the waiting session and let it dial the agent's phone."""

    interaction: InteractionId
    attempt: int
    agent: AgentId
    endpoint: str
    ring_timeout_s: float


@dataclass(frozen=True, slots=True)
class CancelDial:
    """Stop the ringing of this attempt; the caller goes back to the line."""

    interaction: InteractionId
    attempt: int


@dataclass(frozen=True, slots=True)
class CallChanged:
    call: CallView


@dataclass(frozen=True, slots=True)
class PopLate:
    """No page painted the pop within the time allowed; the phone rang all the same."""

    interaction: InteractionId
    agent: AgentId
    attempt: int


@dataclass(frozen=True, slots=True)
class AgentChanged:
    agent: AgentId
    state: AgentState
    reason: str  # of a pause; empty otherwise
    since: float
    interaction: InteractionId | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Why this caller went to this agent, in words a supervisor understands."""

    interaction: InteractionId
    agent: AgentId
    decided_at: float
    rule: str  # accessibility_first, overdue_turn, first_come
    explanation: str
    waiting: int  # callers in line at that moment, the winner among them


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The one outcome record of an interaction (`call.outcome` is set)."""

    call: CallView


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket for an interaction; idempotent on it."""

    interaction: InteractionId
    queue: QueueName | None
    subject: str
    body: str


Fact = CallChanged | PopLate | AgentChanged | Decided | CallEnded | OpenTicket
Command = ShowPop | HidePop | Dial | CancelDial | Fact
