"""Calls as Zammad's generic CTI takes them: newCall, answer, hangup [Zammad documentation, Generic CTI].

Numbers go without `+`. Zammad knows an agent by the number that answers, which is looked up among its users' fields.
"""

from __future__ import annotations

import json

from telephony.core.views import CallView, Direction, Outcome

ANONYMOUS = "anonymous"
# Zammad marks a call as missed by its cause.
_CAUSES = {
    Outcome.ANSWERED: "normalClearing",
    Outcome.FALLBACK_ANSWERED: "normalClearing",
    Outcome.SELF_SERVED: "normalClearing",
    Outcome.VOICEMAIL: "normalClearing",
    Outcome.CALLBACK: "normalClearing",
    Outcome.TRANSFERRED_OUT: "forwarded",
    Outcome.NOT_REACHED: "noAnswer",
    Outcome.INTERRUPTED: "congestion",
    Outcome.REFUSED: "busy",
    Outcome.CLOSED: "busy",
}


def new_call(call: CallView) -> str:
    return _text({"event": "newCall", **_ends(call), **({"queue": call.queue} if call.queue else {})})


def answer(call: CallView) -> str:
    return _text({"event": "answer", **_ends(call), "answeringNumber": call.agent or ""})


def hangup(call: CallView) -> str:
    """Errors: ValueError for a call that has not ended."""
    if call.outcome is None:
        raise ValueError("the call has not ended")
    answered = {"answeringNumber": call.agent} if call.answered_at is not None and call.agent else {}
    return _text({"event": "hangup", **_ends(call), "cause": _CAUSES.get(call.outcome, "cancel"), **answered})


def _ends(call: CallView) -> dict[str, object]:
    """Who has called whom; of a call-back the house has called."""
    other, ours = _number(call.caller), _number(call.did)
    out = call.direction is not Direction.IN
    return {
        "from": ours if out else other,
        "to": other if out else ours,
        "direction": "out" if out else "in",
        "callId": call.interaction,
    }


def _number(e164: str | None) -> str:
    return e164.removeprefix("+") if e164 else ANONYMOUS


def _text(body: dict[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
