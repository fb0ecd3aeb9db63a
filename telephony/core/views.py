"""A call and its states as everyone outside the core sees them; behaviour is elsewhere (`call`, `agent`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid


class Lane(StrEnum):
    """The two lanes of the line; accessibility is served first (DESIGN.md, principle 2)."""

    ACCESSIBILITY = "accessibility"
    STANDARD = "standard"


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
    NOT_REACHED = "not_reached"  # we have called, and called again, and spoken with nobody


class Direction(StrEnum):
    """Who has begun a call."""

    IN = "in"
    CALL_BACK = "call_back"  # we, because somebody has asked for it
    OUT = "out"  # a consultant
    VISIT = "visit"  # we, about a visit: the customer is led by a flow like any caller


class CallState(StrEnum):
    MENU = "menu"
    PLANNED = "planned"  # a call-back before its hour, or between two tries
    LINE = "line"
    OFFERED = "offered"
    RINGING = "ringing"
    CALLING = "calling"  # a call-back whose customer's phone rings, or who waits for the agent's
    TALKING = "talking"
    AFTER_TALK = "after_talk"  # the agent is gone, the caller not yet
    TRANSFERRED_OUT = "transferred_out"  # the agent is gone, the caller talks on outside the house
    SERVED = "served"  # the flow has finished by itself, the hang-up is on its way
    CLOSED = "closed"  # likewise, because nobody works now
    CALLBACK = "callback"  # we have promised to call; the caller may go on
    VOICEMAIL = "voicemail"  # a message was left; the caller may go on
    FALLBACK = "fallback"  # Asterisk's own queue has the caller
    FALLBACK_TALK = "fallback_talk"
    ENDED = "ended"


class AgentState(StrEnum):
    OFF = "off"
    AVAILABLE = "available"
    OFFERED = "offered"
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"  # talking, the caller on hold
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    NOT_ANSWERING = "not_answering"  # set aside after an offer that was not answered, until ready again
    BUSY = "busy"  # shown: the phone is in use by a call of its own
    UNREACHABLE = "unreachable"  # shown: there is no phone that Asterisk could ring


class SpanKind(StrEnum):
    """What a stretch of a call's time was (`spans`); all but the first: why nothing is known of it."""

    HOLD = "hold"
    LINK = "link"
    DISTRUST = "distrust"
    OVERFLOW = "overflow"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Span:
    kind: SpanKind
    from_at: float
    to_at: float | None = None  # under way


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
    spans: tuple[Span, ...] = ()  # in the order in which they began
    direction: Direction = Direction.IN
    follows: InteractionId | None = None  # what this call came of
    verified: str | None = None  # the customer number whose PIN the caller has given
    path: tuple[str, ...] = ()  # where the caller has been in the menu, `flow.node`, in order
