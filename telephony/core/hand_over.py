"""A caller whom a consultant hands over: to a colleague first, or to whoever of a queue is free first."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.views import Lane

ONLY_S = 45.0  # how long a caller waits for the colleague alone: the ringing, and some time to finish what is in hand


@dataclass(frozen=True, slots=True)
class HandOver:
    """What became of a talk: its caller waits again, at the first arrival's place, in `queue`.

    `agent`: who is to take the caller, and nobody else for `ONLY_S`, or until the phone was not answered.
    """

    interaction: InteractionId  # the talk that it ended
    queue: QueueName
    lane: Lane
    path: tuple[str, ...]
    agent: AgentId | None = None
