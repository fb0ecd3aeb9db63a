"""The life of a call as a table: what each input makes of each state, and which outcome each state ends in.

What the table does not name changes nothing: a late or doubled event never moves a call backwards. The one way back,
from an unanswered offer to the line, needs the number of the attempt it belongs to.
"""

from __future__ import annotations

from enum import StrEnum

from telephony.core.events import CallArrived
from telephony.core.views import CallState, CallView, Direction, Lane, Outcome

S = CallState


class CallInput(StrEnum):
    QUEUE = "queue"
    SERVE = "serve"
    CLOSE = "close"
    PROMISE = "promise"
    LEAVE_MESSAGE = "leave_message"
    SEND_OUT = "send_out"
    OVERFLOW = "overflow"
    OFFER = "offer"
    DIAL = "dial"
    ANSWER = "answer"
    ANSWER_AFTER_ALL = "answer_after_all"  # of a dial we had given up in the same moment
    RETURN = "return"
    FINISH_TALK = "finish_talk"
    LEAVE_HOUSE = "leave_house"
    LOSE_SESSION = "lose_session"
    FALLBACK_ANSWER = "fallback_answer"
    HANG_UP = "hang_up"
    PLAN = "plan"
    CALL_OUT = "call_out"


I = CallInput  # noqa: E741 - the table below reads best narrow

TRANSITIONS: dict[CallState, dict[CallInput, CallState]] = {
    S.MENU: {
        I.QUEUE: S.LINE,
        I.ANSWER_AFTER_ALL: S.TALKING,  # let go from the line meanwhile
        I.SERVE: S.SERVED,
        I.CLOSE: S.CLOSED,
        I.PROMISE: S.CALLBACK,
        I.LEAVE_MESSAGE: S.VOICEMAIL,
        I.SEND_OUT: S.TRANSFERRED_OUT,
        I.LOSE_SESSION: S.FALLBACK,
        I.HANG_UP: S.ENDED,
    },
    # A call-back. What was begun before a restart may still be answered.
    S.PLANNED: {I.QUEUE: S.LINE, I.ANSWER: S.TALKING, I.HANG_UP: S.ENDED},
    S.LINE: {
        I.OFFER: S.OFFERED,
        I.ANSWER_AFTER_ALL: S.TALKING,
        I.OVERFLOW: S.MENU,
        I.PLAN: S.PLANNED,
        I.LOSE_SESSION: S.FALLBACK,
        I.HANG_UP: S.ENDED,
    },
    S.OFFERED: {
        I.DIAL: S.RINGING,
        I.CALL_OUT: S.CALLING,
        I.RETURN: S.LINE,
        I.PLAN: S.PLANNED,
        I.LOSE_SESSION: S.FALLBACK,
        I.HANG_UP: S.ENDED,
    },
    S.RINGING: {
        I.ANSWER: S.TALKING,
        I.CALL_OUT: S.CALLING,
        I.RETURN: S.LINE,
        I.PLAN: S.PLANNED,
        I.LOSE_SESSION: S.FALLBACK,
        I.HANG_UP: S.ENDED,
    },
    S.CALLING: {
        I.DIAL: S.RINGING,
        I.ANSWER: S.TALKING,
        I.RETURN: S.LINE,
        I.PLAN: S.PLANNED,
        I.LOSE_SESSION: S.FALLBACK,
        I.HANG_UP: S.ENDED,
    },
    # A talk goes on in Asterisk when our session is lost.
    S.TALKING: {I.FINISH_TALK: S.AFTER_TALK, I.HANG_UP: S.ENDED},
    # The caller may have been handed over: to another phone of ours, or out of the house; or asks for a person again,
    # in the survey.
    S.AFTER_TALK: {I.QUEUE: S.LINE, I.LEAVE_HOUSE: S.TRANSFERRED_OUT, I.HANG_UP: S.ENDED},
    S.TRANSFERRED_OUT: {I.HANG_UP: S.ENDED},
    S.SERVED: {I.HANG_UP: S.ENDED},
    S.CLOSED: {I.HANG_UP: S.ENDED},
    # What was promised holds, whatever becomes of the rest of the call; who wants a person after all waits for one.
    S.CALLBACK: {I.QUEUE: S.LINE, I.HANG_UP: S.ENDED},
    S.VOICEMAIL: {I.QUEUE: S.LINE, I.PROMISE: S.CALLBACK, I.HANG_UP: S.ENDED},
    # A dial under way when the session was lost may still be answered.
    S.FALLBACK: {I.ANSWER: S.TALKING, I.FALLBACK_ANSWER: S.FALLBACK_TALK, I.HANG_UP: S.ENDED},
    S.FALLBACK_TALK: {I.HANG_UP: S.ENDED},
    S.ENDED: {},
}

OUTCOMES: dict[CallState, Outcome] = {
    S.MENU: Outcome.ABANDONED_MENU,
    S.PLANNED: Outcome.NOT_REACHED,
    S.LINE: Outcome.ABANDONED_LINE,
    S.OFFERED: Outcome.ABANDONED_LINE,
    S.RINGING: Outcome.ABANDONED_LINE,
    S.CALLING: Outcome.NOT_REACHED,
    S.TALKING: Outcome.ANSWERED,
    S.AFTER_TALK: Outcome.ANSWERED,
    S.TRANSFERRED_OUT: Outcome.TRANSFERRED_OUT,
    S.SERVED: Outcome.SELF_SERVED,
    S.CLOSED: Outcome.CLOSED,
    S.CALLBACK: Outcome.CALLBACK,
    S.VOICEMAIL: Outcome.VOICEMAIL,
    S.FALLBACK: Outcome.ABANDONED_LINE,
    S.FALLBACK_TALK: Outcome.FALLBACK_ANSWERED,
}


# Somebody has spoken with the caller, or nobody had to: that outlives our server, and no log knows better.
SPOKEN_FOR = frozenset(
    {S.TALKING, S.AFTER_TALK, S.TRANSFERRED_OUT, S.SERVED, S.CLOSED, S.CALLBACK, S.VOICEMAIL, S.FALLBACK_TALK}
)

LED_LIKE_CALLERS = frozenset({Direction.IN, Direction.VISIT})

# How a flow may end without a person, and what that is to the table.
SERVED_AS: dict[Outcome, CallInput] = {
    Outcome.SELF_SERVED: I.SERVE,
    Outcome.CLOSED: I.CLOSE,
    Outcome.CALLBACK: I.PROMISE,
    Outcome.VOICEMAIL: I.LEAVE_MESSAGE,
    Outcome.TRANSFERRED_OUT: I.SEND_OUT,
}


def outcome_of(call: CallView) -> Outcome:
    """How it ends where it stands now. Who has talked with somebody was answered, even while waiting for another; who
    has waited in vain has left the line, whatever the flow offered instead.
    """
    outcome = OUTCOMES[call.state]
    if call.direction not in LED_LIKE_CALLERS and outcome is Outcome.ABANDONED_LINE:
        outcome = Outcome.NOT_REACHED
    if outcome is Outcome.ABANDONED_MENU and call.queued_at is not None:
        outcome = Outcome.ABANDONED_LINE
    return Outcome.ANSWERED if call.answered_at is not None and outcome is Outcome.ABANDONED_LINE else outcome


def arrived(event: CallArrived, now: float, before: CallView | None = None) -> CallView:
    """A call as it begins: in the menu. Whom an agent has handed over (`before`) keeps the first arrival, and whatever
    has been proven.
    """
    return CallView(
        interaction=event.interaction,
        node=event.node,
        channel=event.channel,
        uniqueid=event.uniqueid,
        linkedid=event.linkedid,
        did=event.did,
        caller=event.caller,
        codec=event.codec,
        state=S.MENU,
        lane=Lane.STANDARD,
        queue=None,
        arrived_at=before.arrived_at if before else now,
        queued_at=None,
        answered_at=None,
        ended_at=None,
        agent=None,
        attempt=0,
        outcome=None,
        direction=event.direction,
        follows=before.interaction if before else None,
        verified=before.verified if before else None,
    )


def step(state: CallState, given: CallInput) -> CallState | None:
    """The next state, or None where this input means nothing in this state."""
    return TRANSITIONS[state].get(given)
