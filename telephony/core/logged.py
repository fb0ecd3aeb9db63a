"""What was read of Asterisk's own logs: how far, and what they tell of a call."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.core.ids import AgentId, Uniqueid


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a log file has been read."""

    file: str  # fingerprint of its first line
    bytes: int


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A customer's call from its arrival to its end. Times are seconds since the epoch."""

    node: str
    channel: str
    uniqueid: Uniqueid
    linkedid: str
    did: str  # E.164
    caller: str | None  # E.164 as claimed by the network; proves nothing
    arrived_at: float
    queued_at: float | None  # when Asterisk's own queue took the caller
    answered_at: float | None
    by_fallback: bool  # who answered was called by Asterisk's own queue, not by us
    agent: AgentId | None
    left_house: bool  # at the end the caller talked with somebody behind a trunk
    ended_at: float
    complete: bool = True  # false: Asterisk died before the call's end
