"""What Asterisk's own logs say of a call that we did not see the end of, and the outcome that follows from it.

Pure. What we saw ourselves stands: the logs only add what happened after we had gone.
"""

from __future__ import annotations

from dataclasses import replace

from telephony.core.call import OUTCOMES, SPOKEN_FOR
from telephony.core.ids import InteractionId
from telephony.core.logged import LoggedCall
from telephony.core.views import CallState, CallView, Lane, Outcome


def as_logged(call: CallView, log: LoggedCall) -> CallView:
    """The end of a call that we knew, as the logs tell it."""
    outcome = _outcome_of_known(call, log)
    answered = call.answered_at is None and outcome in {Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED}
    return replace(
        call,
        state=CallState.ENDED,
        outcome=outcome,
        answered_at=log.answered_at if answered else call.answered_at,
        agent=(log.agent if answered else None) or call.agent,
        ended_at=max(log.ended_at, call.answered_at or call.arrived_at),
    )


def from_log(log: LoggedCall, interaction: InteractionId, lane: Lane) -> CallView:
    """A call that no server of ours ever saw."""
    return CallView(
        interaction=interaction,
        node=log.node,
        channel=log.channel,
        uniqueid=log.uniqueid,
        linkedid=log.linkedid,
        did=log.did,
        caller=log.caller,
        codec="unknown",
        state=CallState.ENDED,
        lane=lane,
        queue=None,
        arrived_at=log.arrived_at,
        queued_at=log.queued_at,
        answered_at=log.answered_at,
        ended_at=log.ended_at,
        agent=log.agent,
        attempt=0,
        outcome=_told(log) or (Outcome.ABANDONED_LINE if log.queued_at else Outcome.ABANDONED_MENU),
    )


def _outcome_of_known(call: CallView, log: LoggedCall) -> Outcome:
    if not log.complete:
        return Outcome.INTERRUPTED
    if call.state in SPOKEN_FOR:
        left = log.left_house and call.state in {CallState.TALKING, CallState.AFTER_TALK}
        return Outcome.TRANSFERRED_OUT if left else OUTCOMES[call.state]
    if told := _told(log):
        return told
    if call.answered_at is not None:
        return Outcome.ANSWERED
    in_menu = call.queued_at is None and log.queued_at is None
    return Outcome.ABANDONED_MENU if in_menu else Outcome.ABANDONED_LINE


def _told(log: LoggedCall) -> Outcome | None:
    """What the log alone decides; None for a caller who gave up."""
    if not log.complete:
        return Outcome.INTERRUPTED
    if log.answered_at is None:
        return None
    if log.left_house:
        return Outcome.TRANSFERRED_OUT
    return Outcome.FALLBACK_ANSWERED if log.by_fallback else Outcome.ANSWERED
