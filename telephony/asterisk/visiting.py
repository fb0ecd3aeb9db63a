"""A customer whom we have called about a visit, through one AGI session: led by a flow, like a caller.

The leg's Uniqueid is ours and says which call it is; what it is about the house knows.
"""

from __future__ import annotations

from ivr_flows import Facts, Flow
from telephony.asterisk.agi import AgiSession
from telephony.asterisk.agi_wire import AgiError
from telephony.asterisk.calling_back import Leg
from telephony.asterisk.journey import Arrival, Journey
from telephony.asterisk.services import Services, Visit
from telephony.core.views import Direction

SCRIPT = "visit"


class Visiting(Journey):
    """Errors: AgiError for a call that the house does not know (any more): the dialplan hangs up."""

    direction = Direction.VISIT

    def __init__(self, session: AgiSession, services: Services) -> None:
        leg = Leg.of(session.environment)
        visit = services.visit_of(leg.interaction)
        if visit is None:
            raise AgiError("no call about a visit")
        self._visit: Visit = visit
        super().__init__(
            session, Arrival(leg.channel, leg.uniqueid, visit.shown, visit.number), services, leg.interaction
        )

    def _flow(self) -> Flow:
        return self._visit.flow

    async def _facts(self) -> Facts:
        return Facts(self._visit.shown, language=self._visit.language, survey=False)
