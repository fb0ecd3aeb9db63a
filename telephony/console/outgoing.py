"""A consultant calls somebody: a number that was typed or is on the card, or a customer who was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, Self

from pydantic import Field, model_validator

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.console.notes import CONSULTANTS
from telephony.core.ids import AgentId, InteractionId
from telephony.core.rate_limit import RateLimit

AT_ONCE, EVERY_S = 10, 20.0  # calls of one person


class Wanted(Wire):
    """Either a `number`, nine Polish digits with or without +48, or the number of a `customer`."""

    queue: str = Field(min_length=1, max_length=40)  # for which department, whose number is shown
    number: str = Field(default="", max_length=30)
    customer: str = Field(default="", max_length=40)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.number) is bool(self.customer):
            raise ValueError("either a number or a customer")
        return self


class Begun(Wire):
    interaction: InteractionId


class Calls(Protocol):
    """Errors: ProblemError, with why nobody is called."""

    async def begin(self, agent: AgentId, queue: str, number: str, customer: str) -> InteractionId: ...


class OutgoingApi:
    """`hindered` is a word of problem.json where somebody cannot call just now; empty: nothing is in the way."""

    def __init__(self, calls: Calls, hindered: Callable[[AgentId], str], clock: Callable[[], float]) -> None:
        self._calls = calls
        self._hindered = hindered
        self._clock = clock
        self._limit = RateLimit(AT_ONCE, EVERY_S)

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "POST", "/calls", "call somebody: one's own phone rings first", CONSULTANTS, self._begin,
            takes=Wanted, gives=Begun, refuses=(409, 429, 503),
        )  # fmt: skip

    async def _begin(self, asked: Asked) -> Begun:
        wanted, agent = asked.body_as(Wanted), asked.account.agent
        if why := self._hindered(agent):
            raise ProblemError(409, why)
        if not self._limit.take(agent, self._clock()):
            raise ProblemError(429)
        return Begun(interaction=await self._calls.begin(agent, wanted.queue, wanted.number, wanted.customer))
