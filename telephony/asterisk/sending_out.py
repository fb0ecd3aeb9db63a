"""A caller sent to a number outside by a flow: through the dialplan, which alone knows permitted numbers and trunks.

The dialplan's [hotline-out] has an extension for each number of `transfer_numbers` and no other. That a number is an
ordinary Polish one is looked at here once more: neither an emergency nor a premium number is ever dialled for a caller.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from ivr_flows import Result, Status, Transfer
from telephony.asterisk.agi import AgiSession
from telephony.asterisk.config_outside import OUT_RING_S
from telephony.asterisk.handset import Handset
from telephony.core.ids import InteractionId
from telephony.core.promises import callable_number

log = structlog.get_logger()

CONTEXT = "hotline-out"
MOST_TRUNKS = 3  # how many may ring in vain before the dead-man's switch ends it


class SendingOut:
    """One caller's. `reached` tells the core that somebody outside has answered, once for each transfer."""

    def __init__(
        self, session: AgiSession, handset: Handset, interaction: InteractionId, reached: Callable[[], None]
    ) -> None:
        self._session = session
        self._handset = handset
        self._interaction = interaction
        self._reached = reached
        self._under_way = False

    def answered(self) -> None:
        """The manager connection has heard the answer of a dial for this caller."""
        if self._under_way:
            self._under_way = False
            self._reached()

    async def send(self, asked: Transfer) -> Result:
        """OK once the talk is over, REFUSED where nobody was reached. Errors: SessionEndedError, AgiError."""
        number = callable_number(asked.number)
        known = await self._session.variable(f"DIALPLAN_EXISTS({CONTEXT},{number},1)") if number else ""
        if number is None or known != "1":
            log.warning("transfer.not_permitted", interaction=self._interaction)
            return Result(Status.REFUSED)
        await self._handset.renew(OUT_RING_S * MOST_TRUNKS)
        self._under_way = True
        try:
            reply = await self._session.run("GOSUB", CONTEXT, number, "1", takes_s=None)
            if reply.result < 0 or reply.text:  # "abnormal exit": the caller has hung up
                raise self._session.over()
            talked = await self._session.variable("DIALSTATUS") == "ANSWER"
            if talked:
                self.answered()  # where no manager connection heard it
        finally:
            self._under_way = False
            self._handset.lifted()
        log.info("transfer.done" if talked else "transfer.nobody", interaction=self._interaction)
        return Result(Status.OK if talked else Status.REFUSED)
