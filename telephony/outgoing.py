"""Calls that consultants begin: whom they may call, under which of our numbers, and when.

The rules are those of call-backs [docs/call-backs.md]: ordinary Polish numbers alone, the department's permitted hours,
and a number of ours that is not on the do-not-originate list.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from telephony.console.api.problems import ProblemError
from telephony.core.customer import Customer
from telephony.core.events import Event, OutgoingAsked
from telephony.core.hours import Hours
from telephony.core.ids import AgentId, InteractionId, QueueName
from telephony.core.promises import CallBackRequest, callable_number
from telephony.core.views import Lane

log = structlog.get_logger()

_BETWEEN = re.compile(r"[\s().-]+")

Of = Callable[[str], Awaitable[Customer | None]]


class OutgoingCalls:
    """`own` are our numbers, the usual one first; `shown` and `hours` by queue; `of` gives the customer of a number."""

    def __init__(
        self,
        *,
        own: Collection[str],
        receive_only: Callable[[], Collection[str]],
        shown: Mapping[str, str | None],
        hours: Mapping[str, Hours],
        of: Of,
        submit: Callable[[Event], None],
        new_id: Callable[[], InteractionId],
        clock: Callable[[], float],
    ) -> None:
        self._own = tuple(own)
        self._receive_only = receive_only
        self._shown = shown
        self._hours = hours
        self._of = of
        self._submit = submit
        self._new_id = new_id
        self._clock = clock

    async def begin(self, agent: AgentId, queue: str, number: str, customer: str) -> InteractionId:
        """Errors: ProblemError."""
        hours, now = self._hours.get(queue), self._clock()
        if hours is None:
            raise ProblemError(422, detail=f"no such queue; there are {', '.join(sorted(self._hours))}")
        called = callable_number(_BETWEEN.sub("", number or await self._number_of(customer)))
        if called is None or called in self._own:
            raise ProblemError(422, "never_called")
        if not hours.allow(now):
            raise ProblemError(409, "not_at_this_hour")
        interaction = self._new_id()
        request = CallBackRequest(
            interaction, QueueName(queue), Lane.STANDARD, called, self._shown_for(queue), now, now, interaction
        )
        log.info("call.outgoing", interaction=interaction, agent=agent, queue=queue)
        self._submit(OutgoingAsked(request, agent))
        return interaction

    async def _number_of(self, customer: str) -> str:
        """The first of the customer's that may be called; who calls never learns the others."""
        known = await self._of(customer)
        return next((each for each in known.phones if callable_number(each)), "") if known else ""

    def _shown_for(self, queue: str) -> str:
        usual = [each for each in self._own if each not in self._receive_only()]
        wanted = self._shown.get(queue)
        if not usual:
            raise ProblemError(409, "never_called", detail="no number of ours may be shown as the caller")
        return wanted if wanted in usual else usual[0]
