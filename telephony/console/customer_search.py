"""Finding a customer by the last digits of a number, the customer number or the name, and taking a caller for one.

What is searched for stands in no address and no log. Who searched how, and whom a caller was taken for, is logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import structlog
from pydantic import Field

from telephony.console.api.endpoint import Asked, Endpoint, Wire
from telephony.console.api.problems import ProblemError
from telephony.core.account import Account, Role
from telephony.core.card_fields import CardRules
from telephony.core.customer import Card, Customer, Identity
from telephony.core.ids import AgentId, InteractionId
from telephony.core.rate_limit import RateLimit

log = structlog.get_logger()

CONSULTANTS = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMIN})
MOST = 12
AT_ONCE, EVERY_S = 30, 2.0  # searches of one person: nobody copies the directory by hand


class Sought(Wire):
    text: str = Field(min_length=2, max_length=80)


class FoundCustomer(Wire):
    """Empty is what this person may not see of somebody who has proven nothing."""

    number: str
    name: str
    address: str
    services: tuple[str, ...]


class Found(Wire):
    customers: tuple[FoundCustomer, ...]
    more: bool  # there are others, whom a longer text would leave out


class Chosen(Wire):
    number: str = Field(min_length=1, max_length=40)


Search = Callable[[str, int], Awaitable[tuple[Customer, ...]]]
Choose = Callable[[AgentId, InteractionId, str], bool]


class CustomerSearchApi:
    """`search` raises ProblemError(503) while the directory is away; `choose` is false for a call of another desk."""

    def __init__(self, search: Search, choose: Choose, rules: CardRules, clock: Callable[[], float]) -> None:
        self._search = search
        self._choose = choose
        self._rules = rules
        self._clock = clock
        self._limit = RateLimit(AT_ONCE, EVERY_S)

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "POST", "/customers/search", "find customers by number or name", CONSULTANTS, self._find,
            takes=Sought, gives=Found, refuses=(429, 503),
        )  # fmt: skip
        yield Endpoint(
            "PUT", "/calls/{interaction}/customer", "take the caller for this customer", CONSULTANTS, self._take,
            takes=Chosen, refuses=(404,),
        )  # fmt: skip

    async def _find(self, asked: Asked) -> Found:
        if not self._limit.take(asked.account.login, self._clock()):
            raise ProblemError(429)
        text = asked.body_as(Sought).text
        found = await self._search(text, MOST + 1)
        by = "digits" if any(map(str.isdigit, text)) else "name"
        log.info("customers.searched", agent=asked.account.agent, by=by, characters=len(text), found=len(found))
        return Found(customers=tuple(self._seen(each, asked.account) for each in found[:MOST]), more=len(found) > MOST)

    def _seen(self, customer: Customer, account: Account) -> FoundCustomer:
        seen = self._rules.shown(Card(customer, identity=Identity.NUMBER), account).card.customer
        assert seen
        return FoundCustomer(number=seen.number, name=seen.name, address=seen.address, services=seen.services)

    async def _take(self, asked: Asked) -> None:
        interaction, number = InteractionId(asked.path["interaction"]), asked.body_as(Chosen).number
        if not self._choose(asked.account.agent, interaction, number):
            raise ProblemError(404, detail="not a call of this desk")
        log.info("customers.chosen", agent=asked.account.agent, interaction=interaction, customer=number)
