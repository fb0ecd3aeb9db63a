"""A call that somebody asks something about: it must be of one's own desk, and most often a talk."""

from __future__ import annotations

from collections.abc import Callable

from telephony.console.api.endpoint import Asked
from telephony.console.api.problems import ProblemError
from telephony.core.ids import AgentId, InteractionId
from telephony.core.views import CallState, CallView

CallOf = Callable[[AgentId, InteractionId], CallView | None]  # of an agent's desk


def own_talk(asked: Asked, call_of: CallOf) -> CallView:
    """The talk that `{interaction}` names. Errors: ProblemError(404) and (409) where it is none, or a colleague's."""
    agent = asked.account.agent
    call = call_of(agent, InteractionId(asked.path["interaction"]))
    if call is None:
        raise ProblemError(404, detail="not a call of this desk")
    if call.state is not CallState.TALKING or call.agent != agent:
        raise ProblemError(409, detail="no talk of this desk")
    return call
