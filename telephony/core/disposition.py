"""What came of a talk, as a code of its queue's list (disposition); a queue may require one before the next call."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.core.ids import AgentId, InteractionId, QueueName

MISSING = "disposition_missing"  # the reason of a pause that only a disposition ends


@dataclass(frozen=True, slots=True)
class Disposition:
    """Of one agent's part of a call. `code` is None while it is owed; times in seconds since the epoch."""

    interaction: InteractionId
    agent: AgentId
    queue: QueueName
    owed_at: float
    code: str | None = None
    given_at: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a queue's list: a code for figures, and its words."""

    code: str
    pl: str
    en: str
