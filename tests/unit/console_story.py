"""One call, one agent, told to the console's parts."""

from __future__ import annotations

from telephony.core.ids import AgentId, InteractionId, QueueName, Uniqueid
from telephony.core.views import CallState, CallView, Lane

ANNA = AgentId("anna")
CALLER = "+48500000123"

WAITING = CallView(
    interaction=InteractionId("i1"),
    node="node-1",
    channel="PJSIP/trunk-1",
    uniqueid=Uniqueid("u1"),
    linkedid="u1",
    did="+48220000100",
    caller=CALLER,
    codec="alaw",
    state=CallState.LINE,
    lane=Lane.ACCESSIBILITY,
    queue=QueueName("support"),
    arrived_at=1000.0,
    queued_at=1005.0,
    answered_at=None,
    ended_at=None,
    agent=None,
    attempt=0,
    outcome=None,
)
