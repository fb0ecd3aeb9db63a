"""A message to another system, as the outbox keeps it: at least once, in order of creation, with an id of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """`target` is the name of a receiver in the settings; `body` the text to be sent, the same at each try."""

    id: str  # the same however often it is sent: whoever receives it twice can tell
    target: str
    body: str
    created_at: float  # seconds since the epoch
    attempts: int = 0
    next_at: float = 0.0
    recipient: str = ""  # a pseudonym of the customer's address; empty: another system


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """What nobody took and was put aside, and why; without what it says."""

    id: str
    target: str
    created_at: float
    dead_at: float
    attempts: int
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a receiver has still to take; `why` the first of it was not taken, empty where it was not tried."""

    target: str
    waiting: int
    since: float  # seconds since the epoch
    why: str
